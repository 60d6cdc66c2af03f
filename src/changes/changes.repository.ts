import { Injectable } from '@nestjs/common';
import type { ActorFacts } from '../actor.js';
import type { Prisma } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { checkpointPage, invalidCheckpoint, type CheckpointPage, type Page } from '../http/pagination.js';
import { OPERATIONS, type Change, type Operation, type RecordedRow, type RecordedTable } from './domain/change.js';

export interface ChangeFilter {
  readonly row?: RowName;
  readonly since?: Date;
  readonly until?: Date;
  /** The subject of a token. */
  readonly actor?: string;
  readonly operation?: Operation;
}

export interface RowName {
  readonly table: RecordedTable;
  readonly rowId: string;
}

/** The table `changes`, which only triggers write. */
@Injectable()
export class ChangesRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The changes of one organization, newest first. */
  async list(organizationId: string, filter: ChangeFilter, page: CheckpointPage): Promise<Page<Change>> {
    const rows = await this.prisma.client.change.findMany({
      where: {
        organizationId,
        ...(filter.row && { tableName: filter.row.table, rowId: filter.row.rowId }),
        sequence: page.after && { lt: sequenceIn(page.after) },
        changedAt: { gte: filter.since, lt: filter.until },
        ...(filter.actor !== undefined && { actor: { path: ['subject'], equals: filter.actor } }),
        ...(filter.operation && { operation: keyOf(filter.operation) }),
      },
      orderBy: { sequence: 'desc' },
      take: page.limit + 1,
    });
    return checkpointPage(rows.map(changeOf), page, ({ sequence }) => [String(sequence)]);
  }

  /** @param row finds only changes of this row; undefined finds any change of the organization */
  async get(organizationId: string, sequence: bigint, row?: RowName): Promise<Change | undefined> {
    const found = await this.prisma.client.change.findFirst({
      where: { organizationId, sequence, ...(row && { tableName: row.table, rowId: row.rowId }) },
    });
    return found ? changeOf(found) : undefined;
  }

  /** The latest change of a row. */
  async latest(organizationId: string, { table, rowId }: RowName): Promise<Change | undefined> {
    const found = await this.prisma.client.change.findFirst({
      where: { organizationId, tableName: table, rowId },
      orderBy: { sequence: 'desc' },
    });
    return found ? changeOf(found) : undefined;
  }
}

export type ChangeRow = Prisma.ChangeGetPayload<object>;

export const changeOf = (row: ChangeRow): Change => ({
  sequence: row.sequence,
  changedAt: row.changedAt,
  organizationId: row.organizationId,
  table: row.tableName as RecordedTable,
  rowId: row.rowId,
  operation: OPERATIONS[row.operation],
  actor: row.actor as ActorFacts | null,
  before: row.before as RecordedRow | null,
  after: row.after as RecordedRow | null,
});

const keyOf = (operation: Operation) =>
  (Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]).find((key) => OPERATIONS[key] === operation);

/** Eighteen digits fit into a bigint of Postgres. */
function sequenceIn([sequence, ...rest]: readonly string[]): bigint {
  if (sequence === undefined || rest.length > 0 || !/^\d{1,18}$/.test(sequence)) throw invalidCheckpoint();
  return BigInt(sequence);
}
