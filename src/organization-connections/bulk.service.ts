import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { decideOperations, updatesOf, type Operation, type Outcome } from './domain/operations.js';
import { RowSetsRepository } from './row-sets.repository.js';

/** Changes of many organizations at once. */
@Injectable()
export class BulkService {
  constructor(
    private readonly repository: RowSetsRepository,
    private readonly config: AppConfig,
  ) {}

  /**
   * Does the operations in their order, as one transaction; each sees what those before it did.
   *
   * @param atomic all of them or none; otherwise one that is refused changes nothing and holds up no other
   * @throws DomainError when atomic, for the first that is refused, with its place
   */
  async change(operations: readonly Operation[], atomic: boolean): Promise<readonly Outcome[]> {
    const updates = updatesOf(operations);
    const rows = updates && (await this.repository.updateAll(updates));
    if (rows) return rows.map((row) => ({ status: 'updated', row }));

    const { outcomes } = await this.repository.change(operations, (facts) => {
      const decision = decideOperations(operations, facts, this.config.maxConnectionsPerOrganization);
      if (atomic) requireAll(decision.outcomes);
      return decision;
    });
    return outcomes;
  }
}

function requireAll(outcomes: readonly Outcome[]): void {
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'error') throw outcome.error.at(`operations.${index}`);
  }
}
