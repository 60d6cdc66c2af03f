import { Inject, Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { DATABASE, Prisma, type Database, type Organization } from '../database/database.js';
import { repeatAfterDeadlock } from '../database/deadlock.js';
import { refusal, type Refusal } from '../errors/refusal.js';
import {
  checkpointPage,
  invalidCheckpoint,
  isCheckpointTime,
  type CheckpointPage,
  type OffsetPage,
  type Page,
} from '../http/pagination.js';
import { newId } from '../identifiers.js';
import type { NewRow, OrganizationConnection } from '../organization-connections/domain/organization-connection.js';
import { judgeTerms } from '../organization-connections/domain/terms.js';
import type { OrganizationChanges, OrganizationDraft, OrganizationOrder } from './domain/organization.js';

export interface CreatedOrganization {
  readonly organization: Organization;
  readonly connections: readonly OrganizationConnection[];
}

type NotFound = Refusal<'organization_not_found'>;

/** The rows of `organizations`. */
@Injectable()
export class OrganizationsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  async list(order: OrganizationOrder, page: OffsetPage | CheckpointPage): Promise<Page<Organization>> {
    const key = SORT_KEYS[order.by];
    const direction = order.descending ? Prisma.sql`DESC` : Prisma.sql`ASC`;
    const ordered = Prisma.sql`ORDER BY ${key.column} ${direction}, id ${direction}`;
    if (page.kind === 'offset') {
      const rows = await this.select(Prisma.sql`${ordered} LIMIT ${page.limit} OFFSET ${page.offset}`);
      const total = page.includeTotals ? await this.database.organization.count() : rows.length;
      return { kind: 'offset', rows, total, page };
    }
    const after = page.after === undefined ? Prisma.empty : afterCheckpoint(order, page.after);
    const fetched = await this.select(Prisma.sql`${after} ${ordered} LIMIT ${page.limit + 1}`);
    return checkpointPage(fetched, page, (row) => [nameOf(order), key.valueOf(row), row.id]);
  }

  async get(id: string): Promise<Organization | NotFound> {
    return (await this.database.organization.findUnique({ where: { id } })) ?? refusal('organization_not_found');
  }

  async getByName(name: string): Promise<Organization | NotFound> {
    return (await this.database.organization.findUnique({ where: { name } })) ?? refusal('organization_not_found');
  }

  /** With its connections, or not at all. */
  async create(
    draft: OrganizationDraft,
    initial: readonly NewRow[],
  ): Promise<
    | CreatedOrganization
    | Refusal<
        | 'connection_in_body_unknown'
        | 'signup_not_supported'
        | 'hidden_button_not_supported'
        | 'connection_limit_reached'
      >
  > {
    const ids = initial.map(({ connectionId }) => connectionId);
    const found = await this.connectionsOf(ids);
    const connections: OrganizationConnection[] = [];
    for (const settings of initial) {
      const connection = found.find(({ id }) => id === settings.connectionId);
      if (!connection) return refusal('connection_in_body_unknown');
      const verdict = judgeTerms(connection.strategyKind, settings);
      if (verdict !== 'allowed') return refusal(verdict);
      const { strategyKind, strategy, name: connectionName } = connection;
      connections.push({ ...settings, strategyKind, strategy, connectionName });
    }
    const limit = this.config.maxConnectionsPerOrganization;
    if (connections.length > limit) return refusal('connection_limit_reached', String(limit));
    // One nested write is one transaction. A connection that is deleted meanwhile fails the foreign key.
    const organization = await this.database.organization.create({
      data: {
        ...jsonNulls(draft),
        id: newId('org'),
        organizationConnections: {
          createMany: { data: connections.map(({ strategy: _, connectionName: __, ...row }) => row) },
        },
      },
    });
    return { organization, connections };
  }

  async update(id: string, changes: OrganizationChanges): Promise<Organization | NotFound> {
    const [updated] = await this.database.organization.updateManyAndReturn({ where: { id }, data: jsonNulls(changes) });
    return updated ?? refusal('organization_not_found');
  }

  /** Takes everything it owns along. */
  async remove(id: string): Promise<'removed' | NotFound> {
    const { count } = await repeatAfterDeadlock(() => this.database.organization.deleteMany({ where: { id } }));
    return count > 0 ? 'removed' : refusal('organization_not_found');
  }

  /** Without the options, of which each may have 256 KB. */
  private connectionsOf(ids: readonly string[]) {
    if (ids.length === 0) return [];
    const select = { id: true, name: true, strategy: true, strategyKind: true } as const;
    return this.database.connection.findMany({ where: { id: { in: [...ids] } }, select });
  }

  private select(rest: Prisma.Sql): Promise<Organization[]> {
    return this.database.$queryRaw<Organization[]>`
      SELECT id, name, display_name AS "displayName", branding, metadata, token_quota AS "tokenQuota",
             third_party_client_access::text AS "thirdPartyClientAccess",
             is_app_entitlement_active AS "isAppEntitlementActive",
             created_at AS "createdAt", updated_at AS "updatedAt"
        FROM organizations ${rest}`;
  }
}

interface SortKey {
  readonly column: Prisma.Sql;
  readonly type: Prisma.Sql;
  valueOf(row: Organization): string;
}

/** The id comes second in every order, so that rows with the same key have a place of their own. */
const SORT_KEYS: Readonly<Record<OrganizationOrder['by'], SortKey>> = {
  name: { column: Prisma.sql`name`, type: Prisma.sql`text`, valueOf: (row) => row.name },
  display_name: {
    column: Prisma.sql`coalesce(display_name, '')`,
    type: Prisma.sql`text`,
    valueOf: (row) => row.displayName ?? '',
  },
  created_at: {
    column: Prisma.sql`created_at`,
    type: Prisma.sql`timestamptz`,
    valueOf: (row) => row.createdAt.toISOString(),
  },
};

/** As a checkpoint names it: one of another order would skip or repeat rows. */
const nameOf = ({ by, descending }: OrganizationOrder) => `${by}:${descending ? -1 : 1}`;

/** Keyset paging: the cost of a page does not depend on how many rows come before it. */
function afterCheckpoint(order: OrganizationOrder, [name, value, id, ...rest]: readonly string[]): Prisma.Sql {
  if (name !== nameOf(order) || value === undefined || id === undefined || rest.length > 0) throw invalidCheckpoint();
  if (order.by === 'created_at' && !isCheckpointTime(value)) throw invalidCheckpoint();
  const { column, type } = SORT_KEYS[order.by];
  const beyond = order.descending ? Prisma.sql`<` : Prisma.sql`>`;
  return Prisma.sql`WHERE (${column}, id) ${beyond} (${value}::${type}, ${id})`;
}

/** Prisma tells "no value" from JSON's own null by a symbol. */
function jsonNulls<T extends OrganizationChanges>(changes: T) {
  const { tokenQuota, ...rest } = changes;
  return { ...rest, tokenQuota: tokenQuota === null ? Prisma.DbNull : tokenQuota };
}
