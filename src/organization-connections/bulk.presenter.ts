import { refusalBody } from '../http/error-table.js';
import type { Outcome } from './domain/operations.js';
import type { BulkResponse, OperationResult } from './dto/bulk.dto.js';
import { presentOrganizationConnection } from './organization-connections.presenter.js';

export function presentBulk(outcomes: readonly Outcome[]): BulkResponse {
  const count = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  return {
    results: outcomes.map(presentOutcome),
    summary: { added: count('added'), updated: count('updated'), removed: count('removed'), failed: count('error') },
  };
}

function presentOutcome(outcome: Outcome): OperationResult {
  switch (outcome.status) {
    case 'added':
    case 'updated':
      return { status: outcome.status, connection: presentOrganizationConnection(outcome.row) };
    case 'removed':
      return { status: 'removed' };
    case 'error':
      return { status: 'error', error: refusalBody(outcome.error) };
  }
}
