import { Injectable } from '@nestjs/common';
import { Prisma } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import type { OffsetPage } from '../http/pagination.js';
import { changeOf, type ChangeRow } from './changes.repository.js';
import { OPERATIONS } from './domain/change.js';
import { DESCRIPTIONS, type LogEntry } from './domain/log-entry.js';
import type { LogTerm } from './domain/log-query.js';

/** The most results of a search that can be paged through and are counted. */
export const MAX_RESULTS = 1000;

@Injectable()
export class LogsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Ordered by sequence number. */
  search(terms: readonly LogTerm[], { offset, limit }: OffsetPage, isAscending: boolean): Promise<LogEntry[]> {
    const direction = isAscending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
    return this.select(Prisma.sql`${whereOf(terms)} ORDER BY c.sequence ${direction} LIMIT ${limit} OFFSET ${offset}`);
  }

  /** At most {@link MAX_RESULTS}. */
  async count(terms: readonly LogTerm[]): Promise<number> {
    const [found] = await this.prisma.client.$queryRaw<{ total: bigint }[]>`
      SELECT count(*) AS total FROM (SELECT ${FROM} WHERE ${whereOf(terms)} LIMIT ${MAX_RESULTS}) counted`;
    return Number(found!.total);
  }

  /** The entries after this one, oldest first. */
  after(sequence: bigint, limit: number): Promise<LogEntry[]> {
    return this.select(Prisma.sql`${IS_LOGGED} AND c.sequence > ${sequence} ORDER BY c.sequence LIMIT ${limit}`);
  }

  async get(sequence: bigint): Promise<LogEntry | undefined> {
    const [found] = await this.select(Prisma.sql`${IS_LOGGED} AND c.sequence = ${sequence}`);
    return found;
  }

  private async select(rest: Prisma.Sql): Promise<LogEntry[]> {
    const rows = await this.prisma.client.$queryRaw<(ChangeRow & { clientName: string | null })[]>`
      SELECT c.organization_id AS "organizationId", c.sequence, c.changed_at AS "changedAt", c.table_name AS "tableName",
             c.row_id AS "rowId", c.operation::text AS operation, c.actor, c.before, c.after, m.name AS "clientName"
             ${FROM} WHERE ${rest}`;
    return rows.map(({ clientName, ...row }) => ({ change: changeOf(row), clientName }));
  }
}

const FROM = Prisma.sql`FROM changes c LEFT JOIN machine_clients m ON m.client_id = c.actor ->> 'client_id'`;

/** Excludes changes by the command line and by SQL, which have no HTTP method. */
const IS_LOGGED = Prisma.sql`c.actor ? 'method'`;

function whereOf(terms: readonly LogTerm[]): Prisma.Sql {
  return Prisma.join([IS_LOGGED, ...terms.map(conditionOf)], ' AND ');
}

function conditionOf(term: LogTerm): Prisma.Sql {
  if (term.field === 'date') {
    const { from, to } = term;
    const bounds = [from && Prisma.sql`c.changed_at >= ${from}`, to && Prisma.sql`c.changed_at < ${to}`];
    return Prisma.join([Prisma.sql`true`, ...bounds.filter((bound) => bound !== undefined)], ' AND ');
  }
  const { text, isPrefix } = term;
  const is = (value: Prisma.Sql) =>
    isPrefix ? Prisma.sql`starts_with(${value}, ${text})` : Prisma.sql`${value} = ${text}`;
  switch (term.field) {
    case 'type':
      return is(Prisma.sql`'sapi'`);
    case 'log_id':
      return is(Prisma.sql`c.sequence::text`);
    case 'client_name':
      return is(Prisma.sql`m.name`);
    case 'description':
      return isOneOf(changesDescribed(text, isPrefix));
    case 'client_id':
    case 'hostname':
    case 'ip':
    case 'user_agent':
    case 'user_id':
      return is(Prisma.sql`c.actor ->> ${ACTOR_FIELDS[term.field]}`);
  }
}

const ACTOR_FIELDS = {
  client_id: 'client_id',
  hostname: 'host',
  ip: 'ip',
  user_agent: 'user_agent',
  user_id: 'subject',
} as const;

/** Every table and operation with a matching description. */
const changesDescribed = (text: string, isPrefix: boolean): [table: string, operation: string][] =>
  Object.entries(DESCRIPTIONS).flatMap(([table, descriptions]) =>
    Object.entries(OPERATIONS)
      .filter(([, name]) => (isPrefix ? descriptions[name].startsWith(text) : descriptions[name] === text))
      .map(([operation]): [string, string] => [table, operation]),
  );

function isOneOf(changes: readonly [table: string, operation: string][]): Prisma.Sql {
  const conditions = changes.map(
    ([table, operation]) => Prisma.sql`c.table_name = ${table} AND c.operation = ${operation}::change_operation`,
  );
  return Prisma.join([Prisma.sql`(false`, ...conditions], ' OR ', '', ')');
}
