import { Inject, Injectable } from '@nestjs/common';
import { ChangeFeed } from '../database/change-feed.js';
import { DATABASE, Prisma, type Connection, type Database } from '../database/database.js';
import { repeatAfterDeadlock } from '../database/deadlock.js';
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
import type { ConnectionChanges, NewConnection } from './domain/new-connection.js';
import { EncryptedOptions } from './encrypted-options.js';

export interface ConnectionFilter {
  /** Any of these; undefined: all. */
  readonly strategies?: readonly string[];
  readonly name?: string;
}

const WITH_SECRETS = { secrets: { select: { jwe: true } } } as const satisfies Prisma.ConnectionInclude;

type Row = Prisma.ConnectionGetPayload<{ include: typeof WITH_SECRETS }>;

/** The rows of `connections`, with the secrets of their options in place. */
@Injectable()
export class ConnectionsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly turns: RowTurns,
    private readonly feed: ChangeFeed,
    private readonly options: EncryptedOptions,
  ) {}

  /** Ordered by id. */
  async list(filter: ConnectionFilter, page: OffsetPage | CheckpointPage): Promise<Page<Connection>> {
    const where: Prisma.ConnectionWhereInput = {
      strategy: filter.strategies && { in: [...filter.strategies] },
      name: filter.name,
    };
    const orderBy = { id: 'asc' } as const;
    if (page.kind === 'offset') {
      const rows = await this.database.connection.findMany({
        where,
        orderBy,
        skip: page.offset,
        take: page.limit,
        include: WITH_SECRETS,
      });
      const total = page.includeTotals ? await this.database.connection.count({ where }) : rows.length;
      return { kind: 'offset', rows: await this.showAll(rows), total, page };
    }
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const after = page.after && { id: { gt: page.after[0] } };
    const fetched = await this.database.connection.findMany({
      where: { AND: [where, after ?? {}] },
      orderBy,
      take: page.limit + 1,
      include: WITH_SECRETS,
    });
    return checkpointPage(await this.showAll(fetched), page, ({ id }) => [id]);
  }

  async get(id: string): Promise<Connection | null> {
    const row = await this.database.connection.findUnique({ where: { id }, include: WITH_SECRETS });
    return row && this.show(row);
  }

  async create(connection: NewConnection): Promise<Connection> {
    const id = newId('con');
    const { options, secrets } = await this.options.keep(id, connection.options);
    const created = await this.database.connection.create({
      data: { ...connection, id, options, secrets: secrets && { create: secrets } },
    });
    return { ...created, options: connection.options as Prisma.JsonObject };
  }

  /** Undefined: there is none, or not as it was asked for. */
  async update(id: string, changes: ConnectionChanges, { versions }: Preconditions): Promise<Connection | undefined> {
    const kept = changes.options && (await this.options.keep(id, changes.options));
    return this.changing(id, () =>
      this.database.$transaction(async ({ connection, connectionSecrets }) => {
        // Before the secrets, so that whoever writes them has locked the connection.
        const [updated] = await connection.updateManyAndReturn({
          where: { id, version: versions },
          data: { ...changes, options: kept?.options },
        });
        if (updated === undefined) return undefined;
        if (kept?.secrets) {
          const { secrets } = kept;
          await connectionSecrets.upsert({
            where: { connectionId: id },
            create: { connectionId: id, ...secrets },
            update: secrets,
          });
        } else if (kept) {
          await connectionSecrets.deleteMany({ where: { connectionId: id } });
        }
        return this.show({ ...updated, secrets: await connectionSecrets.findUnique({ where: { connectionId: id } }) });
      }),
    );
  }

  /** Takes its organization connections along. @returns whether there was such a connection, as it was asked for */
  async remove(id: string, { versions }: Preconditions): Promise<boolean> {
    const { count } = await this.changing(id, () =>
      repeatAfterDeadlock(() => this.database.connection.deleteMany({ where: { id, version: versions } })),
    );
    return count > 0;
  }

  private changing<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.feed.announcing(`connections ${id}`, () => this.turns.take(`connections ${id}`, work));
  }

  private async show({ secrets, ...row }: Row): Promise<Connection> {
    return { ...row, options: (await this.options.show(row.options as object, secrets)) as Prisma.JsonObject };
  }

  private showAll(rows: readonly Row[]): Promise<Connection[]> {
    return Promise.all(rows.map((row) => this.show(row)));
  }
}
