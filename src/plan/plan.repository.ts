import { Injectable } from '@nestjs/common';
import type { Prisma } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
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

/** Organizations together with their connections, many at a time. */
@Injectable()
export class PlanRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Those of these names that there are. */
  async present(names: readonly string[]): Promise<ReadonlyMap<string, PresentOrganization>> {
    const rows = await this.prisma.snapshot(({ organization }) =>
      organization.findMany({ where: { name: { in: [...names] } }, include: WITH_CONNECTIONS }),
    );
    return new Map(rows.map((row) => [row.name, presentOf(row)]));
  }

  /** Those of these names that there are. */
  async kinds(names: readonly string[]): Promise<Kinds> {
    const rows = await this.prisma.client.connection.findMany({
      where: { name: { in: [...new Set(names)] } },
      select: { name: true, strategyKind: true },
    });
    return new Map(rows.map(({ name, strategyKind }) => [name, strategyKind]));
  }

  /** Does all of the work as one transaction, or nothing of it. */
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

  /** All of them, by name, a page at a time. */
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
    connections: organizationConnections.map((row) => ({
      name: row.connection.name,
      assignMembershipOnLogin: row.assignMembershipOnLogin,
      isSignupEnabled: row.isSignupEnabled,
      showAsButton: row.showAsButton,
      isEnabled: row.isEnabled,
      organizationAccessLevel: row.organizationAccessLevel,
      organizationConnectionName: row.organizationConnectionName,
    })),
  };
}
