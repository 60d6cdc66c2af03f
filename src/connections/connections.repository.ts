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
import { RemovalService } from '../removal/removal.service.js';
import type { ConnectionChanges, NewConnection } from './domain/new-connection.js';

export interface ConnectionFilter {
  /** Any of these; undefined: all. */
  readonly strategies?: readonly string[];
  readonly name?: string;
}

/** The rows of `connections`. */
@Injectable()
export class ConnectionsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly turns: RowTurns,
    private readonly feed: ChangeFeed,
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
      return { kind: 'offset', rows, total, page };
    }
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const after = page.after && { id: { gt: page.after[0] } };
    const fetched = await this.database.connection.findMany({
      where: { AND: [where, after ?? {}] },
      orderBy,
      take: page.limit + 1,
    });
    return checkpointPage(fetched, page, ({ id }) => [id]);
  }

  get(id: string): Promise<Connection | null> {
    return this.database.connection.findUnique({ where: { id } });
  }

  create(connection: NewConnection): Promise<Connection> {
    return this.database.connection.create({ data: { ...connection, id: newId('con') } });
  }

  /** Undefined: there is none, or not as it was asked for. */
  async update(id: string, changes: ConnectionChanges, { versions }: Preconditions): Promise<Connection | undefined> {
    const [updated] = await this.changing(id, () =>
      this.database.connection.updateManyAndReturn({ where: { id, version: versions }, data: changes }),
    );
    return updated;
  }

  /** Takes its organization connections and users along. @returns whether there was such a connection, as it was asked for */
  async remove(id: string, { versions }: Preconditions): Promise<boolean> {
    return this.changing(id, async () => {
      if (await this.removal.isLarge('connections', id)) return this.removal.hide('connections', id, versions);
      const where = { id, version: versions };
      const { count } = await repeatAfterDeadlock(() => this.database.connection.deleteMany({ where }));
      return count > 0;
    });
  }

  private changing<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.feed.announcing(`connections ${id}`, () => this.turns.take(`connections ${id}`, work));
  }
}
