import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import type { Actor } from '../actor.js';
import { DomainError, type ErrorCode } from '../errors/domain-error.js';
import { requireMovable } from './domain/move.js';
import { decideOperations, type Operation, type Outcome } from './domain/operations.js';
import type { Reference } from './domain/reference.js';
import { RowSetsRepository } from './row-sets.repository.js';

/** Changes of many organizations at once. */
@Injectable()
export class BulkService {
  constructor(
    private readonly repository: RowSetsRepository,
    private readonly config: AppConfig,
  ) {}

  /**
   * Runs the operations in their order, as one transaction; each sees what those before it did.
   *
   * @param atomic all of them or none; otherwise one that is refused changes nothing and holds up no other
   * @throws DomainError when atomic, for the first that is refused, with its place
   */
  async change(actor: Actor, operations: readonly Operation[], atomic: boolean): Promise<readonly Outcome[]> {
    const { outcomes } = await this.repository.change(actor, operations, (facts) => {
      const decision = decideOperations(operations, facts, this.config.maxConnectionsPerOrganization);
      if (atomic) requireAll(decision.outcomes);
      return decision;
    });
    return outcomes;
  }

  /**
   * Gives every organization that has a connection another in its place, with the same settings; all of them or none.
   *
   * @returns how many organizations
   * @throws DomainError with the organizations for which it is not possible
   */
  async move(actor: Actor, connectionId: string, other: Reference): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.repository.move(actor, connectionId, other, requireMovable);
      } catch (error) {
        // By a constraint: a row was changed after it was judged, so the next look finds it.
        if (attempt === ATTEMPTS || !(error instanceof DomainError) || !BY_CONSTRAINTS.has(error.code)) throw error;
      }
    }
  }
}

const ATTEMPTS = 10;

/** What the move of a row can break. */
const BY_CONSTRAINTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'signup_not_supported',
  'hidden_button_not_supported',
  'organization_connection_exists',
]);

function requireAll(outcomes: readonly Outcome[]): void {
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'error') throw outcome.error.at(`operations.${index}`);
  }
}
