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
   * Applies the operations in order, in one transaction; each sees the changes of those before it.
   *
   * @param atomic whether one refused operation refuses all; otherwise only the refused ones change nothing
   * @throws DomainError for the first refused operation, with its index, when atomic
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
   * Replaces a connection by another in every organization that has it, with the same flags; in all of them or in none.
   *
   * @returns the number of organizations
   * @throws DomainError with the organizations in which it is not possible
   */
  async move(actor: Actor, connectionId: string, other: Reference): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.repository.move(actor, connectionId, other, requireMovable);
      } catch (error) {
        // A row was changed after it was checked, and a constraint refused it. The next attempt sees that row.
        if (attempt === ATTEMPTS || !(error instanceof DomainError) || !BY_CONSTRAINTS.has(error.code)) throw error;
      }
    }
  }
}

const ATTEMPTS = 10;

/** The constraints that replacing a row's connection can violate. */
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
