import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { Actor } from '../actor.js';
import { ChangeFeed, type Change } from '../database/change-feed.js';
import { POOL } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
import { RowTurns } from '../database/row-turns.js';
import { inTransaction } from '../database/transaction.js';
import { keyOf, type Difference } from './domain/difference.js';
import type { MoveFacts } from './domain/move.js';
import type { Operation, OperationFacts, RowUpdate } from './domain/operations.js';
import type {
  ConnectionFacts,
  OrganizationConnectionKey,
  OwnedRow,
  StoredOwnedRow,
} from './domain/organization-connection.js';
import { finder, type Reference } from './domain/reference.js';
import type { ReplacementFacts } from './domain/replacement.js';
import * as statements from './row-sets.statements.js';

/** Changes of many rows of `organization_connections` at once, each as one transaction. */
@Injectable()
export class RowSetsRepository {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly reads: ReadConnection,
    private readonly turns: RowTurns,
    private readonly feed: ChangeFeed,
  ) {}

  /**
   * Locks the organization's rows between the look at them and the change. Undefined: there is no such organization.
   *
   * @param decide what to change about the rows that are there; what it throws leaves them as they are
   */
  replace<Decision extends { difference: Difference }>(
    actor: Actor,
    organizationId: string,
    connections: readonly Reference[],
    decide: (facts: ReplacementFacts) => Decision,
  ): Promise<(Decision & { stored: readonly StoredOwnedRow[] }) | undefined> {
    return this.changing(`organizations ${organizationId}`, () =>
      inTransaction(this.pool, actor, async (client) => {
        const [organization] = await statements.lockOrganizations(client, [{ id: organizationId }]);
        if (!organization) return undefined;
        const decision = decide({
          connections: await statements.lockConnections(client, connections, organizationId),
          present: await statements.lockRowsOf(client, organizationId),
        });
        await statements.write(client, decision.difference);
        return { ...decision, stored: await statements.getRowsOf(client, organizationId) };
      }),
    );
  }

  /** What {@link replace} decides about, without a lock: each part is of a moment of its own. */
  async look(organizationId: string, connections: readonly Reference[]): Promise<ReplacementFacts> {
    return {
      connections: await statements.getConnections(this.reads, connections),
      present: await statements.getRowsOf(this.reads, organizationId),
    };
  }

  /**
   * Locks the organizations and rows that the operations name between the look at them and the changes.
   *
   * @param decide what to change about the rows that are there; what it throws leaves them as they are
   */
  change<Decision extends { difference: Difference }>(
    actor: Actor,
    operations: readonly Operation[],
    decide: (facts: OperationFacts) => Decision,
  ): Promise<Decision> {
    const changes: Change[] = [];
    const work = () =>
      inTransaction(this.pool, actor, async (client) => {
        const organizations = operations.map(({ organization }) => organization);
        const connections = operations.map(({ connection }) => connection);
        const locked = await statements.lockOrganizations(client, organizations);
        changes.push(...locked.map(({ id }): Change => `organizations ${id}`));
        const organizationOf = finder(locked);
        const connectionOf = finder(await statements.lockConnections(client, connections));
        const { keys, growing } = rowsNamed(operations, organizationOf, connectionOf);
        const rows = await statements.lockRows(client, keys);
        const decision = decide({
          organizationOf,
          connectionOf,
          present: rows.map(withConnection(connectionOf)),
          counts: await statements.countRows(client, growing),
        });
        await statements.write(client, decision.difference);
        return decision;
      });
    return this.feed.announcing(() => changes, work);
  }

  /**
   * Changes rows of different organizations by one statement, which takes less than {@link change}: all of them or none.
   *
   * @returns the rows in the order of the updates; undefined when one does not exist or would break a rule
   */
  async updateAll(actor: Actor, updates: readonly RowUpdate[]): Promise<readonly OwnedRow[] | undefined> {
    const changes = () => updates.map(({ organizationId }): Change => `organizations ${organizationId}`);
    // As a transaction, of which nothing is left when this process ends before it is told that all is done.
    const work = () => inTransaction(this.pool, actor, (client) => statements.updateAll(client, updates));
    const rows = await this.feed.announcing(changes, work);
    if (rows.length < updates.length) return undefined;
    const rowOf = new Map(rows.map((row) => [row.organizationId, row]));
    return updates.map(({ organizationId }) => rowOf.get(organizationId)!);
  }

  /**
   * Gives every organization that has a connection another in its place, on the same terms.
   *
   * @param judge what it throws leaves everything as it is
   * @returns how many organizations
   * @throws DomainError by a constraint, when somebody changes one of the rows after it was judged
   */
  move(
    actor: Actor,
    connectionId: string,
    other: Reference,
    judge: (facts: MoveFacts) => ConnectionFacts,
  ): Promise<number> {
    return this.changing(`connections ${connectionId}`, () =>
      inTransaction(this.pool, actor, async (client) => {
        const connectionOf = finder(await statements.lockConnections(client, [{ id: connectionId }, other]));
        const [from, to] = [connectionOf({ id: connectionId }), connectionOf(other)];
        const target = judge({
          from,
          to,
          withOtherTerms: to && (await statements.withOtherTerms(client, connectionId, to.strategyKind)),
          withBoth: to && (await statements.withBoth(client, connectionId, to.id)),
        });
        return statements.move(client, connectionId, target);
      }),
    );
  }

  private changing<T>(row: Change, work: () => Promise<T>): Promise<T> {
    return this.feed.announcing(row, () => this.turns.take(row, work));
  }
}

type Find<T> = (named: Reference) => T | undefined;

/** The connection of a row was looked up before the row. */
const withConnection =
  (connectionOf: Find<ConnectionFacts>) =>
  (row: statements.BareRow): OwnedRow => {
    const { name, strategy } = connectionOf({ id: row.connectionId })!;
    return { ...row, connectionName: name, strategy };
  };

/** The rows that the operations name, each once, and the organizations that they add to. */
function rowsNamed(
  operations: readonly Operation[],
  organizationOf: Find<{ id: string }>,
  connectionOf: Find<{ id: string }>,
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
