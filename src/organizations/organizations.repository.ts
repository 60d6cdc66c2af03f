import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { writing } from '../database/recording.js';
import { ChangeFeed } from '../database/change-feed.js';
import { DATABASE, Prisma, type Database, type Organization } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
import { RowTurns } from '../database/row-turns.js';
import {
  checkpointPage,
  invalidCheckpoint,
  isCheckpointTime,
  type CheckpointPage,
  type OffsetPage,
  type Page,
} from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import { newId } from '../identifiers.js';
import type { OrganizationConnection } from '../organization-connections/domain/organization-connection.js';
import { RemovalService } from '../removal/removal.service.js';
import type { OrganizationChanges, OrganizationDraft, OrganizationOrder } from './domain/organization.js';
import { organizationExists } from './organizations.statements.js';

/** The rows of `organizations`. */
@Injectable()
export class OrganizationsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly reads: ReadConnection,
    private readonly turns: RowTurns,
    private readonly feed: ChangeFeed,
    private readonly removal: RemovalService,
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

  get(id: string): Promise<Organization | null> {
    return this.database.organization.findUnique({ where: { id } });
  }

  getByName(name: string): Promise<Organization | null> {
    return this.database.organization.findUnique({ where: { name } });
  }

  exists(id: string): Promise<boolean> {
    return organizationExists(this.reads, id);
  }

  /** What a new organization's connections are, without the options, of which each may have 256 KB. */
  async connectionsOf(ids: readonly string[]) {
    if (ids.length === 0) return [];
    const select = { id: true, name: true, strategy: true, strategyKind: true } as const;
    return this.database.connection.findMany({ where: { id: { in: [...ids] } }, select });
  }

  /** With its connections, or not at all. */
  create(
    actor: Actor,
    draft: OrganizationDraft,
    connections: readonly OrganizationConnection[],
  ): Promise<Organization> {
    const data = {
      ...jsonNulls(draft),
      id: newId('org'),
      organizationConnections: {
        createMany: { data: connections.map(({ strategy: _, connectionName: __, ...row }) => row) },
      },
    };
    return writing(this.database, actor, ({ organization }) => organization.create({ data }));
  }

  /** Undefined: there is none, or not as it was asked for. */
  async update(
    actor: Actor,
    id: string,
    changes: OrganizationChanges,
    { versions }: Preconditions,
  ): Promise<Organization | undefined> {
    const [updated] = await this.changing(id, () =>
      writing(this.database, actor, ({ organization }) =>
        organization.updateManyAndReturn({ where: { id, version: versions }, data: jsonNulls(changes) }),
      ),
    );
    return updated;
  }

  /** Takes everything it owns along. @returns whether there was such an organization, as it was asked for */
  async remove(actor: Actor, id: string, { versions }: Preconditions): Promise<boolean> {
    return this.changing(id, async () => {
      if (await this.removal.isLarge('organizations', id))
        return this.removal.hide(actor, 'organizations', id, versions);
      const where = { id, version: versions };
      const { count } = await writing(this.database, actor, ({ organization }) => organization.deleteMany({ where }));
      return count > 0;
    });
  }

  private changing<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.feed.announcing(`organizations ${id}`, () => this.turns.take(`organizations ${id}`, work));
  }

  private select(rest: Prisma.Sql): Promise<Organization[]> {
    return this.database.$queryRaw<Organization[]>`
      SELECT id, name, display_name AS "displayName", branding, metadata, token_quota AS "tokenQuota",
             third_party_client_access::text AS "thirdPartyClientAccess",
             is_app_entitlement_active AS "isAppEntitlementActive",
             created_at AS "createdAt", updated_at AS "updatedAt", version, deleted_at AS "deletedAt"
        FROM organizations WHERE deleted_at IS NULL ${rest}`;
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
  return Prisma.sql`AND (${column}, id) ${beyond} (${value}::${type}, ${id})`;
}

const orNull = <Value>(value: Value | null) => (value === null ? Prisma.DbNull : value);

/** Prisma tells "no value" from JSON's own null by a symbol. */
function jsonNulls<T extends OrganizationChanges>(changes: T) {
  const { branding, metadata, tokenQuota, ...rest } = changes;
  return { ...rest, branding: orNull(branding), metadata: orNull(metadata), tokenQuota: orNull(tokenQuota) };
}
