import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import type { Connection, Prisma, Transaction } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import {
  checkpointPage,
  invalidCheckpoint,
  type CheckpointPage,
  type OffsetPage,
  type Page,
} from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import { newId } from '../identifiers.js';
import { RemovalService } from '../removal/removal.service.js';
import type { ConnectionChanges, NewConnection } from './domain/new-connection.js';
import { EncryptedOptions, hasSecrets } from './encrypted-options.js';

export interface ConnectionFilter {
  /** Undefined for all strategies. */
  readonly strategies?: readonly string[];
  readonly name?: string;
}

/** How often a connection is read again that other requests keep changing. */
const MAX_REREADS = 10;

/** The table `connections`; options include their secrets. */
@Injectable()
export class ConnectionsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly options: EncryptedOptions,
    private readonly removal: RemovalService,
  ) {}

  /** Ordered by id. */
  async list(filter: ConnectionFilter, page: OffsetPage | CheckpointPage): Promise<Page<Connection>> {
    const where: Prisma.ConnectionWhereInput = {
      strategy: filter.strategies && { in: [...filter.strategies] },
      name: filter.name,
    };
    const orderBy = { id: 'asc' } as const;
    if (page.kind === 'offset') {
      const window = { skip: page.offset, take: page.limit };
      const rows = await this.prisma.client.connection.findMany({ where, orderBy, ...window });
      const total = page.includeTotals ? await this.prisma.client.connection.count({ where }) : rows.length;
      return { kind: 'offset', rows: await this.shown(rows), total, page };
    }
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const after = page.after && { id: { gt: page.after[0] } };
    const fetched = await this.prisma.client.connection.findMany({
      where: { AND: [where, after ?? {}] },
      orderBy,
      take: page.limit + 1,
    });
    const found = checkpointPage(fetched, page, ({ id }) => [id]);
    return { ...found, rows: await this.shown(found.rows) };
  }

  async get(id: string): Promise<Connection | null> {
    const row = await this.prisma.client.connection.findUnique({ where: { id } });
    return row && ((await this.shown([row]))[0] ?? null);
  }

  async create(actor: Actor, connection: NewConnection): Promise<Connection> {
    const id = newId('con');
    const { options, secrets } = await this.options.encrypt(id, connection.options);
    const data = { ...connection, id, options, secrets: secrets && { create: secrets } };
    const created = await this.prisma.write(actor, (transaction) => transaction.connection.create({ data }));
    return withOptions(created, connection.options);
  }

  /** Returns the changed row, or undefined when no connection has this id and one of these versions. */
  async update(
    actor: Actor,
    id: string,
    changes: ConnectionChanges,
    { versions }: Preconditions,
  ): Promise<Connection | undefined> {
    const encrypted = changes.options && (await this.options.encrypt(id, changes.options));
    const work = async ({ connection, connectionSecrets }: Transaction) => {
      // Changed before its secrets, so that the row lock covers both.
      const [updated] = await connection.updateManyAndReturn({
        where: { id, version: versions },
        data: { ...changes, options: encrypted?.options },
      });
      if (updated === undefined) return undefined;
      const where = { connectionId: id };
      if (encrypted === undefined) {
        const secrets = hasSecrets(updated) ? await connectionSecrets.findUnique({ where }) : null;
        return withOptions(updated, await this.options.decrypt(updated, secrets?.jwe));
      }
      const { secrets } = encrypted;
      if (secrets === undefined) await connectionSecrets.deleteMany({ where });
      else await connectionSecrets.upsert({ where, create: { ...where, ...secrets }, update: secrets });
      return withOptions(updated, changes.options);
    };
    return this.prisma.write(actor, work, { row: `connections ${id}` });
  }

  /** Removes the organization connections and users too. Returns whether a connection had this id and version. */
  async remove(actor: Actor, id: string, { versions }: Preconditions): Promise<boolean> {
    if (await this.removal.isLarge('connections', id)) return this.removal.hide(actor, 'connections', id, versions);
    const where = { id, version: versions };
    const { count } = await this.prisma.write(actor, ({ connection }) => connection.deleteMany({ where }), {
      row: `connections ${id}`,
    });
    return count > 0;
  }

  /** Adds the secrets. Connections that were changed meanwhile are read again, and omitted when deleted. */
  private async shown(rows: readonly Connection[], rereads = MAX_REREADS): Promise<Connection[]> {
    const options = await this.options.decryptAll(rows);
    const changed = rows.filter((_, at) => options[at] === undefined).map(({ id }) => id);
    if (changed.length === 0 || rereads === 0) return rows.map((row, at) => withOptions(row, options[at]));
    const read = await this.prisma.client.connection.findMany({ where: { id: { in: changed } } });
    const now = new Map((await this.shown(read, rereads - 1)).map((row) => [row.id, row]));
    return rows.flatMap((row, at) =>
      options[at] === undefined ? (now.get(row.id) ?? []) : withOptions(row, options[at]),
    );
  }
}

/** @param options undefined when a secret is missing */
function withOptions(row: Connection, options: object | undefined): Connection {
  if (options === undefined) throw new Error(`Secrets of the connection ${row.id} are missing`);
  return { ...row, options };
}
