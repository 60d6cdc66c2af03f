import { refusalBody } from '../../http/error-table.js';
import type { Decision } from '../domain/decision.js';
import type { EvaluationResponse, EvaluationsResponse } from './dto/evaluation.dto.js';
import { isPermit, type Outcome } from './evaluation.js';

export function presentOutcome(outcome: Outcome): EvaluationResponse {
  return { decision: isPermit(outcome), context: contextOf(outcome) };
}

export function presentOutcomes(outcomes: Outcome | readonly Outcome[]): EvaluationResponse | EvaluationsResponse {
  return 'kind' in outcomes ? presentOutcome(outcomes) : { evaluations: outcomes.map(presentOutcome) };
}

function contextOf(outcome: Outcome): EvaluationResponse['context'] {
  switch (outcome.kind) {
    case 'decided':
      return presentDecision(outcome.decision);
    case 'not_applicable':
      return { reason: 'not_applicable', reason_admin: forAdmins(outcome.reason), membership: 'none', trace: [] };
    case 'failed': {
      const { statusCode, message } = refusalBody(outcome.error);
      return { error: { status: statusCode, message } };
    }
  }
}

/** The specification omits missing values, where `/login/decisions` has null. */
function presentDecision({ reason, membership, organization, userId, trace }: Decision): EvaluationResponse['context'] {
  const failure = trace.find(({ result }) => result === 'failed');
  return {
    reason,
    ...(failure && { reason_admin: forAdmins(`${failure.check}: ${failure.detail}`) }),
    membership,
    ...(organization && { organization: { id: organization.id, name: organization.name } }),
    ...(userId !== undefined && { user_id: userId }),
    trace: trace.map(({ check, result, detail }) => ({ check, result, detail })),
  };
}

/** Keyed by the status that a gateway answers with, as in the specification's examples. */
const forAdmins = (text: string) => ({ '403': text });
