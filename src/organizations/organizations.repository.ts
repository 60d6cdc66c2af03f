import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { Prisma, type Organization } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import {
  checkpointPage,
  invalidCheckpoint,
  isCheckpointTime,
  type CheckpointPage,
  type OffsetPage,
  type Page,
} from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import type { OrganizationConnection } from '../organization-connections/domain/organization-connection.js';
import { RemovalService } from '../removal/removal.service.js';
import type { OrganizationChanges, OrganizationDraft, OrganizationOrder } from './domain/organization.js';

/** The rows of `organizations`. */
@Injectable()
export class OrganizationsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly removal: RemovalService,
  ) {}

  async list(order: OrganizationOrder, page: OffsetPage | CheckpointPage): Promise<Page<Organization>> {
    const key = SORT_KEYS[order.by];
    const direction = order.descending ? Prisma.sql`DESC` : Prisma.sql`ASC`;
    const ordered = Prisma.sql`ORDER BY ${key.column} ${direction}, id ${direction}`;
    if (page.kind === 'offset') {
      const rows = await this.select(Prisma.sql`${ordered} LIMIT ${page.limit} OFFSET ${page.offset}`);
      const total = page.includeTotals ? await this.prisma.client.organization.count() : rows.length;
      return { kind: 'offset', rows, total, page };
    }
    const after = page.after === undefined ? Prisma.empty : afterCheckpoint(order, page.after);
    const fetched = await this.select(Prisma.sql`${after} ${ordered} LIMIT ${page.limit + 1}`);
    return checkpointPage(fetched, page, (row) => [nameOf(order), key.valueOf(row), row.id]);
  }

  get(id: string): Promise<Organization | null> {
    return this.prisma.client.organization.findUnique({ where: { id } });
  }

  getByName(name: string): Promise<Organization | null> {
    return this.prisma.client.organization.findUnique({ where: { name } });
  }

  /** Reads the connections for a new organization, without their options of up to 256 KB. */
  async connectionsOf(ids: readonly string[]) {
    if (ids.length === 0) return [];
    const select = { id: true, name: true, strategy: true, strategyKind: true } as const;
    return this.prisma.client.connection.findMany({ where: { id: { in: [...ids] } }, select });
  }

  /** Creates an organization with its connections, or nothing. */
  create(
    actor: Actor,
    id: string,
    draft: OrganizationDraft,
    connections: readonly OrganizationConnection[],
  ): Promise<Organization> {
    const data = {
      ...jsonNulls(draft),
      id,
      organizationConnections: {
        createMany: {
          data: connections.map(({ organizationId: _, connectionName: __, strategy: ___, ...row }) => row),
        },
      },
    };
    return this.prisma.write(actor, ({ organization }) => organization.create({ data }));
  }

  /** Returns undefined when no organization with these versions exists. */
  async update(
    actor: Actor,
    id: string,
    changes: OrganizationChanges,
    { versions }: Preconditions,
  ): Promise<Organization | undefined> {
    const where = { id, version: versions };
    const [updated] = await this.prisma.write(
      actor,
      ({ organization }) => organization.updateManyAndReturn({ where, data: jsonNulls(changes) }),
      { row: `organizations ${id}` },
    );
    return updated;
  }

  /** Removes an organization and everything that it owns. Returns whether one with these versions existed. */
  async remove(actor: Actor, id: string, { versions }: Preconditions): Promise<boolean> {
    if (await this.removal.isLarge('organizations', id)) return this.removal.hide(actor, 'organizations', id, versions);
    const where = { id, version: versions };
    const { count } = await this.prisma.write(actor, ({ organization }) => organization.deleteMany({ where }), {
      row: `organizations ${id}`,
    });
    return count > 0;
  }

  private select(rest: Prisma.Sql): Promise<Organization[]> {
    return this.prisma.client.$queryRaw<Organization[]>`
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

/** Rows with the same key are ordered by id. */
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

/** The name of the order in a checkpoint, because a checkpoint of another order would skip or repeat rows. */
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

/** Prisma needs a symbol for SQL's NULL, to distinguish it from JSON's null. */
function jsonNulls<T extends OrganizationChanges>(changes: T) {
  const { branding, metadata, tokenQuota, ...rest } = changes;
  return { ...rest, branding: orNull(branding), metadata: orNull(metadata), tokenQuota: orNull(tokenQuota) };
}
