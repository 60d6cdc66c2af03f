import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { writing } from '../database/recording.js';
import { ChangeFeed } from '../database/change-feed.js';
import { DATABASE, Prisma, type Connection, type Database } from '../database/database.js';
import { RowTurns } from '../database/row-turns.js';
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
  /** Any of these; undefined: all. */
  readonly strategies?: readonly string[];
  readonly name?: string;
}

/** How often a connection is read again that somebody changes again and again. */
const READ_AGAIN = 10;

/** The rows of `connections`, with the secrets of their options in place. */
@Injectable()
export class ConnectionsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly turns: RowTurns,
    private readonly feed: ChangeFeed,
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
      const rows = await this.database.connection.findMany({ where, orderBy, skip: page.offset, take: page.limit });
      const total = page.includeTotals ? await this.database.connection.count({ where }) : rows.length;
      return { kind: 'offset', rows: await this.shown(rows), total, page };
    }
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const after = page.after && { id: { gt: page.after[0] } };
    const fetched = await this.database.connection.findMany({
      where: { AND: [where, after ?? {}] },
      orderBy,
      take: page.limit + 1,
    });
    const found = checkpointPage(fetched, page, ({ id }) => [id]);
    return { ...found, rows: await this.shown(found.rows) };
  }

  async get(id: string): Promise<Connection | null> {
    const row = await this.database.connection.findUnique({ where: { id } });
    return row && ((await this.shown([row]))[0] ?? null);
  }

  async create(actor: Actor, connection: NewConnection): Promise<Connection> {
    const id = newId('con');
    const { options, secrets } = await this.options.keep(id, connection.options);
    const data = { ...connection, id, options, secrets: secrets && { create: secrets } };
    const created = await writing(this.database, actor, (transaction) => transaction.connection.create({ data }));
    return withOptions(created, connection.options);
  }

  /** Undefined: there is none, or not as it was asked for. */
  async update(
    actor: Actor,
    id: string,
    changes: ConnectionChanges,
    { versions }: Preconditions,
  ): Promise<Connection | undefined> {
    return this.changing(id, () => this.write(actor, { id, version: versions }, changes));
  }

  /** Takes its organization connections and users along. @returns whether there was such a connection, as it was asked for */
  async remove(actor: Actor, id: string, { versions }: Preconditions): Promise<boolean> {
    return this.changing(id, async () => {
      if (await this.removal.isLarge('connections', id)) return this.removal.hide(actor, 'connections', id, versions);
      const where = { id, version: versions };
      const { count } = await writing(this.database, actor, ({ connection }) => connection.deleteMany({ where }));
      return count > 0;
    });
  }

  private changing<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.feed.announcing(`connections ${id}`, () => this.turns.take(`connections ${id}`, work));
  }

  /** @returns the row as this write left it, whoever writes next */
  private async write(actor: Actor, where: RowOfVersion, changes: ConnectionChanges): Promise<Connection | undefined> {
    const kept = changes.options && (await this.options.keep(where.id, changes.options));
    return writing(this.database, actor, async ({ connection, connectionSecrets }) => {
      // Before the secrets, so that whoever writes them has locked the connection.
      const [updated] = await connection.updateManyAndReturn({
        where,
        data: { ...changes, options: kept?.options },
      });
      if (updated === undefined) return undefined;
      const ofIt = { connectionId: where.id };
      if (kept === undefined) {
        const secrets = hasSecrets(updated) ? await connectionSecrets.findUnique({ where: ofIt }) : null;
        return withOptions(updated, await this.options.whole(updated, secrets?.jwe));
      }
      const { secrets } = kept;
      if (secrets === undefined) await connectionSecrets.deleteMany({ where: ofIt });
      else await connectionSecrets.upsert({ where: ofIt, create: { ...ofIt, ...secrets }, update: secrets });
      return withOptions(updated, changes.options);
    });
  }

  /** With their secrets. Those that were changed meanwhile are shown as they are now, and left out when they are gone. */
  private async shown(rows: readonly Connection[], again = READ_AGAIN): Promise<Connection[]> {
    const options = await this.options.show(rows);
    const changed = rows.filter((_, at) => options[at] === undefined).map(({ id }) => id);
    if (changed.length === 0 || again === 0) return rows.map((row, at) => withOptions(row, options[at]));
    const read = await this.database.connection.findMany({ where: { id: { in: changed } } });
    const now = new Map((await this.shown(read, again - 1)).map((row) => [row.id, row]));
    return rows.flatMap((row, at) =>
      options[at] === undefined ? (now.get(row.id) ?? []) : withOptions(row, options[at]),
    );
  }
}

interface RowOfVersion {
  readonly id: string;
  readonly version: Preconditions['versions'];
}

/** @param options undefined: those that are kept lack a secret */
function withOptions(row: Connection, options: object | undefined): Connection {
  if (options === undefined) throw new Error(`Of the connection ${row.id} secrets are missing`);
  return { ...row, options };
}
