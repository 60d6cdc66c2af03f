import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { Prisma, type Transaction } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { keyOf, type Difference } from './domain/difference.js';
import type { MoveFacts, SomeOrganizations } from './domain/move.js';
import type { Operation, OperationFacts } from './domain/operations.js';
import type {
  ConnectionFacts,
  OrganizationConnection,
  OrganizationConnectionKey,
  StoredOrganizationConnection,
} from './domain/organization-connection.js';
import { finder, type Reference } from './domain/reference.js';
import type { ReplacementFacts } from './domain/replacement.js';
import { SETTING_NAMES, SETTINGS, toWireNames } from './domain/settings.js';
import { ROW, SETTING_COLUMNS } from './organization-connections.hot.js';

/** The number of organizations that an error names. */
const LISTED_AT_MOST = 100;

/** The columns of a set of rows that a statement gets as one JSON parameter. */
const ROWS_TYPE = Prisma.raw(
  `(organization_id text, connection_id text, strategy_kind strategy_kind,
    ${SETTING_NAMES.map((name) => `${SETTINGS[name].name} ${SETTINGS[name].type}`).join(', ')})`,
);
const [row, settingColumns] = [Prisma.raw(ROW), Prisma.raw(SETTING_COLUMNS)];
const assignments = Prisma.raw(
  SETTING_NAMES.map((name) => `${SETTINGS[name].name} = wanted.${SETTINGS[name].name}`).join(', '),
);

/**
 * Changes many rows of `organization_connections` in one transaction, by statements on sets. Every method locks
 * organizations, connections and rows in this order, each by id, as cascading deletions do, to avoid deadlocks. See
 * docs/decisions/0028.
 */
@Injectable()
export class RowSetsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Replaces the rows of an organization, which stay locked from the decision to the change. Returns undefined when the
   * organization does not exist.
   *
   * @param decide returns the changes; when it throws, nothing is changed
   */
  replace<Decision extends { difference: Difference }>(
    actor: Actor,
    organizationId: string,
    connections: readonly Reference[],
    decide: (facts: ReplacementFacts) => Decision,
  ): Promise<(Decision & { stored: readonly StoredOrganizationConnection[] }) | undefined> {
    const work = async (transaction: Transaction) => {
      const [organization] = await lockOrganizations(transaction, [{ id: organizationId }]);
      if (!organization) return undefined;
      const decision = decide({
        connections: await connectionsOf(transaction, connections, organizationId, KEEP),
        present: await rowsOf(transaction, organizationId, LOCK_ROWS),
      });
      await write(transaction, decision.difference);
      return { ...decision, stored: await rowsOf(transaction, organizationId) };
    };
    return this.prisma.write(actor, work, { row: `organizations ${organizationId}` });
  }

  /** Reads the facts for {@link replace} without locks, by statements with a snapshot each. */
  async factsOf(organizationId: string, connections: readonly Reference[]): Promise<ReplacementFacts> {
    const { client } = this.prisma;
    return {
      connections: await connectionsOf(client, connections, organizationId),
      present: await rowsOf(client, organizationId),
    };
  }

  /**
   * Changes rows, which stay locked with their organizations from the decision to the change.
   *
   * @param decide returns the changes; when it throws, nothing is changed
   */
  change<Decision extends { difference: Difference }>(
    actor: Actor,
    operations: readonly Operation[],
    decide: (facts: OperationFacts) => Decision,
  ): Promise<Decision> {
    return this.prisma.write(actor, async (transaction) => {
      const organizationOf = finder(
        await lockOrganizations(
          transaction,
          operations.map(({ organization }) => organization),
        ),
      );
      const named = operations.map(({ connection }) => connection);
      const connectionOf = finder(await connectionsOf(transaction, named, '', KEEP));
      const { keys, growing } = rowsNamed(operations, organizationOf, connectionOf);
      const decision = decide({
        organizationOf,
        connectionOf,
        present: await lockRows(transaction, keys),
        counts: await countRows(transaction, growing),
      });
      await write(transaction, decision.difference);
      return decision;
    });
  }

  /**
   * Replaces a connection by another in every organization that has it, with the same settings.
   *
   * @param judge returns the other connection; when it throws, nothing is changed
   * @returns the number of organizations
   * @throws DomainError by a constraint, when a row was changed after it was judged
   */
  move(
    actor: Actor,
    connectionId: string,
    other: Reference,
    judge: (facts: MoveFacts) => ConnectionFacts,
  ): Promise<number> {
    const work = async (transaction: Transaction) => {
      const connectionOf = finder(await connectionsOf(transaction, [{ id: connectionId }, other], '', KEEP));
      const [from, to] = [connectionOf({ id: connectionId }), connectionOf(other)];
      const target = judge({
        from,
        to,
        withForbiddenFlags: to && (await someOrganizations(transaction, connectionId, forbiddenBy(to))),
        withBoth: to && (await someOrganizations(transaction, connectionId, alsoWith(to))),
      });
      return moveRows(transaction, connectionId, target);
    };
    return this.prisma.write(actor, work, { row: `connections ${connectionId}` });
  }
}

/** Returns the keys of the rows in the operations, without duplicates, and the organizations that they add rows to. */
function rowsNamed(
  operations: readonly Operation[],
  organizationOf: (named: Reference) => { id: string } | undefined,
  connectionOf: (named: Reference) => { id: string } | undefined,
) {
  const keys = new Map<string, OrganizationConnectionKey>();
  const growing = new Set<string>();
  for (const { op, organization, connection } of operations) {
    const organizationId = organizationOf(organization)?.id;
    const connectionId = connectionOf(connection)?.id;
    if (organizationId === undefined || connectionId === undefined) continue;
    const key = { organizationId, connectionId };
    keys.set(keyOf(key), key);
    if (op === 'add') growing.add(organizationId);
  }
  return { keys: [...keys.values()], growing: [...growing] };
}

type Reader = Pick<Transaction, '$queryRaw'>;

/** Prevents the deletion of the connections until the transaction ends. */
const KEEP = Prisma.sql`FOR KEY SHARE`;
/** Prevents changes and removals of the rows until the transaction ends. */
const LOCK_ROWS = Prisma.sql`FOR UPDATE OF oc`;

const idsIn = (named: readonly Reference[]) => [...new Set(named.flatMap((one) => ('id' in one ? one.id : [])))];
const namesIn = (named: readonly Reference[]) => [...new Set(named.flatMap((one) => ('name' in one ? one.name : [])))];

/** Returns the organizations that exist, by id, and prevents adds, replacements and deletion until the transaction ends. */
const lockOrganizations = (transaction: Reader, named: readonly Reference[]) =>
  transaction.$queryRaw<{ id: string; name: string }[]>`
    SELECT id, name FROM organizations
     WHERE id IN (SELECT unnest(${idsIn(named)}::text[]) COLLATE "C"
                  UNION ALL SELECT id FROM organizations WHERE name = ANY (${namesIn(named)}::text[]))
       AND deleted_at IS NULL
     ORDER BY id FOR NO KEY UPDATE`;

/** Returns the named connections that exist and those of the organization, by id. */
const connectionsOf = (reader: Reader, named: readonly Reference[], organizationId: string, lock = Prisma.empty) =>
  reader.$queryRaw<ConnectionFacts[]>`
    SELECT id, name, strategy, strategy_kind AS "strategyKind" FROM connections
     WHERE id IN (SELECT unnest(${idsIn(named)}::text[]) COLLATE "C"
                  UNION ALL SELECT id FROM connections WHERE name = ANY (${namesIn(named)}::text[])
                  UNION ALL SELECT connection_id FROM organization_connections WHERE organization_id = ${organizationId})
       AND deleted_at IS NULL
     ORDER BY id ${lock}`;

/** Returns all rows of an organization, by connection id. */
const rowsOf = (reader: Reader, organizationId: string, lock = Prisma.empty) =>
  reader.$queryRaw<StoredOrganizationConnection[]>`
    SELECT ${row} FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
     WHERE oc.organization_id = ${organizationId} AND c.deleted_at IS NULL ORDER BY oc.connection_id ${lock}`;

const lockRows = (transaction: Reader, keys: readonly OrganizationConnectionKey[]) =>
  transaction.$queryRaw<StoredOrganizationConnection[]>`
    SELECT ${row}
      FROM unnest(${keys.map(({ organizationId }) => organizationId)}::text[],
                  ${keys.map(({ connectionId }) => connectionId)}::text[]) named (organization_id, connection_id)
      JOIN organization_connections oc USING (organization_id, connection_id)
      JOIN connections c ON c.id = oc.connection_id
     ORDER BY oc.organization_id, oc.connection_id ${LOCK_ROWS}`;

/** Counts the rows of each organization. Organizations without rows are left out. */
async function countRows(transaction: Transaction, organizationIds: string[]): Promise<ReadonlyMap<string, number>> {
  const counts = await transaction.organizationConnection.groupBy({
    by: 'organizationId',
    where: { organizationId: { in: organizationIds } },
    _count: true,
  });
  return new Map(counts.map(({ organizationId, _count }) => [organizationId, _count]));
}

async function write(transaction: Transaction, { removed, changed, added }: Difference): Promise<void> {
  if (removed.length > 0) {
    await transaction.$executeRaw`
      DELETE FROM organization_connections oc USING jsonb_to_recordset(${jsonOf(removed)}::jsonb) wanted ${ROWS_TYPE}
       WHERE oc.organization_id = wanted.organization_id AND oc.connection_id = wanted.connection_id`;
  }
  if (changed.length > 0) {
    await transaction.$executeRaw`
      UPDATE organization_connections oc SET ${assignments}, updated_at = CURRENT_TIMESTAMP
        FROM jsonb_to_recordset(${jsonOf(changed.map(({ after }) => after))}::jsonb) wanted ${ROWS_TYPE}
       WHERE oc.organization_id = wanted.organization_id AND oc.connection_id = wanted.connection_id`;
  }
  if (added.length > 0) {
    await transaction.$executeRaw`
      INSERT INTO organization_connections (organization_id, connection_id, strategy_kind, ${settingColumns})
      SELECT organization_id, connection_id, strategy_kind, ${settingColumns}
        FROM jsonb_to_recordset(${jsonOf(added)}::jsonb) wanted ${ROWS_TYPE}`;
  }
}

const jsonOf = (rows: readonly OrganizationConnection[]) =>
  JSON.stringify(
    rows.map((one) => ({
      organization_id: one.organizationId,
      connection_id: one.connectionId,
      strategy_kind: one.strategyKind,
      ...toWireNames(one),
    })),
  );

/** Selects rows with flags that a connection of this kind cannot have. */
const forbiddenBy = ({ strategyKind }: ConnectionFacts) => Prisma.sql`
  (oc.is_signup_enabled AND ${strategyKind} <> 'database' OR NOT oc.show_as_button AND ${strategyKind} <> 'enterprise')`;

/** Selects rows of organizations that have this connection too. */
const alsoWith = ({ id }: ConnectionFacts) => Prisma.sql`
  EXISTS (SELECT FROM organization_connections other
           WHERE other.organization_id = oc.organization_id AND other.connection_id = ${id})`;

async function someOrganizations(
  transaction: Reader,
  connectionId: string,
  condition: Prisma.Sql,
): Promise<SomeOrganizations> {
  const rows = await transaction.$queryRaw<{ id: string; total: bigint }[]>`
    SELECT oc.organization_id AS id, count(*) OVER () AS total FROM organization_connections oc
     WHERE oc.connection_id = ${connectionId} AND ${condition}
     ORDER BY oc.organization_id LIMIT ${LISTED_AT_MOST}`;
  return { ids: rows.map(({ id }) => id), total: Number(rows[0]?.total ?? 0) };
}

/**
 * Replaces the connection in each row, which counts as a new row with the same settings. Locks all organizations before
 * the first row. Postgres checks the WHERE again for a row that was changed in the meantime.
 */
const moveRows = (transaction: Transaction, fromId: string, to: ConnectionFacts): Promise<number> =>
  transaction.$executeRaw`
    WITH organization AS MATERIALIZED (
      SELECT id FROM organizations
       WHERE id IN (SELECT organization_id FROM organization_connections WHERE connection_id = ${fromId})
       ORDER BY id FOR NO KEY UPDATE
    ), moved AS MATERIALIZED (
      SELECT oc.organization_id
        FROM organization JOIN organization_connections oc ON oc.organization_id = organization.id
       WHERE oc.connection_id = ${fromId} ORDER BY oc.organization_id FOR UPDATE OF oc
    )
    UPDATE organization_connections oc
       SET connection_id = ${to.id}, strategy_kind = ${to.strategyKind}::strategy_kind,
           created_at = CURRENT_TIMESTAMP, updated_at = CURRENT_TIMESTAMP
      FROM moved
     WHERE oc.organization_id = moved.organization_id AND oc.connection_id = ${fromId}`;
