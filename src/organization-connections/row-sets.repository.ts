import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { POOL } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
import { RowTurns } from '../database/row-turns.js';
import { inTransaction } from '../database/transaction.js';
import type { Difference } from './domain/difference.js';
import type { Reference } from './domain/reference.js';
import type { ReplacementFacts } from './domain/replacement.js';
import * as statements from './row-sets.statements.js';

/** Changes of many rows of `organization_connections` at once, each as one transaction. */
@Injectable()
export class RowSetsRepository {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly reads: ReadConnection,
    private readonly turns: RowTurns,
  ) {}

  /**
   * Locks the organization's rows between the look at them and the change. Undefined: there is no such organization.
   *
   * @param decide what to change about the rows that are there; what it throws leaves them as they are
   */
  replace<Decision extends { difference: Difference }>(
    organizationId: string,
    connections: readonly Reference[],
    decide: (facts: ReplacementFacts) => Decision,
  ): Promise<Decision | undefined> {
    return this.turns.take(`organizations ${organizationId}`, () =>
      inTransaction(this.pool, async (client) => {
        const [organization] = await statements.lockOrganizations(client, [{ id: organizationId }]);
        if (!organization) return undefined;
        const decision = decide({
          connections: await statements.lockConnections(client, connections),
          present: await statements.lockRowsOf(client, organizationId),
        });
        await statements.write(client, decision.difference);
        return decision;
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
}
