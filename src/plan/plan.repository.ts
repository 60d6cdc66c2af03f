import { Injectable } from '@nestjs/common';
import type { Prisma } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { settingsOf } from '../organization-connections/domain/settings.js';
import type { Kinds, PresentOrganization } from './domain/organization-plan.js';

const PAGE = 500;

const WITH_CONNECTIONS = {
  organizationConnections: {
    where: { connection: { deletedAt: null } },
    include: { connection: { select: { name: true } } },
    orderBy: { connection: { name: 'asc' } },
  },
} as const satisfies Prisma.OrganizationInclude;

type Row = Prisma.OrganizationGetPayload<{ include: typeof WITH_CONNECTIONS }>;

@Injectable()
export class PlanRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The existing organizations with these names. */
  async present(names: readonly string[]): Promise<ReadonlyMap<string, PresentOrganization>> {
    const rows = await this.prisma.snapshot(({ organization }) =>
      organization.findMany({ where: { name: { in: [...names] } }, include: WITH_CONNECTIONS }),
    );
    return new Map(rows.map((row) => [row.name, presentOf(row)]));
  }

  /** The kinds of the existing connections with these names. */
  async kinds(names: readonly string[]): Promise<Kinds> {
    const rows = await this.prisma.client.connection.findMany({
      where: { name: { in: [...new Set(names)] } },
      select: { name: true, strategyKind: true },
    });
    return new Map(rows.map(({ name, strategyKind }) => [name, strategyKind]));
  }

  async inTransaction(work: () => Promise<void>): Promise<void> {
    const transaction = await this.prisma.beginRequest();
    try {
      await transaction.run(work);
      await transaction.commit();
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }

  /** All organizations, ordered by name, read in pages. */
  async *all(): AsyncGenerator<PresentOrganization> {
    for (let after = ''; ;) {
      const page = { where: { name: { gt: after } }, orderBy: { name: 'asc' }, take: PAGE } as const;
      const rows: Row[] = await this.prisma.snapshot(({ organization }) =>
        organization.findMany({ ...page, include: WITH_CONNECTIONS }),
      );
      for (const row of rows) yield presentOf(row);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.name;
    }
  }
}

function presentOf({ id, name, displayName, branding, metadata, organizationConnections }: Row): PresentOrganization {
  return {
    id,
    name,
    displayName,
    branding,
    metadata,
    connections: organizationConnections.map((row) => ({ name: row.connection.name, ...settingsOf(row) })),
  };
}
