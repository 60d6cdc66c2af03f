import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { PrismaService } from '../database/prisma.service.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import type { StrategyKind } from '../connections/domain/strategy.js';
import type { Api, OrganizationConnectionKey, StoredOrganizationConnection } from './domain/organization-connection.js';
import type { Settings } from './domain/settings.js';
import { ADD, changedValues, GET, LIST, REMOVE, UPDATE, valuesOf } from './organization-connections.hot.js';

/** The facts that decide whether a connection can be added to an organization. */
export interface AddFacts {
  readonly organizationExists: boolean;
  /** Undefined when the connection does not exist. */
  readonly strategyKind: StrategyKind | undefined;
  /** Undefined when the organization does not have the connection yet. */
  readonly isEnabled: boolean | undefined;
  readonly otherConnections: number;
}

/** The rows of `organization_connections`. Every method reads and writes the rows of one organization. */
@Injectable()
export class OrganizationConnectionsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Ordered by connection id. */
  async list(
    organizationId: string,
    page: OffsetPage,
    isEnabled?: boolean,
  ): Promise<Page<StoredOrganizationConnection>> {
    const { offset, limit } = page;
    const rows = await this.prisma.hot.read(LIST, [organizationId, isEnabled ?? null, limit, offset]);
    const total = rows[0]?.total ?? (await this.count(organizationId, isEnabled));
    return { kind: 'offset', rows, total, page };
  }

  async get(key: OrganizationConnectionKey, api: Api): Promise<StoredOrganizationConnection | undefined> {
    const [row] = await this.prisma.hot.read(GET, targetOf(key, api));
    return row;
  }

  /**
   * Changes only what `changes` has. Returns undefined when no row with these versions exists.
   *
   * @throws DomainError by a constraint when the row would break a rule
   */
  async update(
    actor: Actor,
    key: OrganizationConnectionKey,
    changes: Partial<Settings>,
    api: Api,
    { versions }: Preconditions,
  ): Promise<StoredOrganizationConnection | undefined> {
    const values = [...targetOf(key, api), ...versionsOf(versions), String(actor), ...changedValues(changes)];
    const [row] = await this.prisma.hot.write(UPDATE, values, rowOf(key));
    return row;
  }

  /**
   * Returns undefined when the row was not added. {@link explainAdd} then finds the reason.
   *
   * @param limit how many connections an organization may have
   * @throws DomainError by a constraint when the row would break a rule
   */
  async add(
    actor: Actor,
    key: OrganizationConnectionKey,
    settings: Settings,
    api: Api,
    limit: number,
  ): Promise<StoredOrganizationConnection | undefined> {
    const values = [...targetOf(key, api), limit, String(actor), ...valuesOf(settings)];
    const [row] = await this.prisma.hot.write(ADD, values, `organizations ${key.organizationId}`);
    return row;
  }

  explainAdd({ organizationId, connectionId }: OrganizationConnectionKey): Promise<AddFacts> {
    return this.prisma.snapshot(async ({ organization, connection, organizationConnection }) => ({
      organizationExists: (await organization.count({ where: { id: organizationId } })) > 0,
      strategyKind: (await connection.findUnique({ where: { id: connectionId }, select: { strategyKind: true } }))
        ?.strategyKind,
      isEnabled: (
        await organizationConnection.findUnique({
          where: { organizationId_connectionId: { organizationId, connectionId } },
          select: { isEnabled: true },
        })
      )?.isEnabled,
      otherConnections: await organizationConnection.count({
        where: { organizationId, connectionId: { not: connectionId } },
      }),
    }));
  }

  /** Returns whether a row with these versions existed. */
  async remove(actor: Actor, key: OrganizationConnectionKey, api: Api, { versions }: Preconditions): Promise<boolean> {
    const values = [...targetOf(key, api), ...versionsOf(versions), String(actor)];
    return (await this.prisma.hot.write(REMOVE, values, rowOf(key))).length > 0;
  }

  private count(organizationId: string, isEnabled: boolean | undefined): Promise<number> {
    return this.prisma.client.organizationConnection.count({ where: { organizationId, isEnabled } });
  }
}

/** The parameters `$1` to `$3`: the row, and whether only an enabled row exists. */
const targetOf = ({ organizationId, connectionId }: OrganizationConnectionKey, api: Api) => [
  organizationId,
  connectionId,
  api === 'enabled-connections',
];

const versionsOf = (versions: Preconditions['versions']) => [versions.in ?? null, versions.notIn ?? null];

const rowOf = ({ organizationId, connectionId }: OrganizationConnectionKey) =>
  `organization_connections ${organizationId} ${connectionId}`;
