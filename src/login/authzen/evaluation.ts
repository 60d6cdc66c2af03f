import type { DomainError } from '../../errors/domain-error.js';
import type { Decision } from '../domain/decision.js';
import type { DecisionRequest } from '../login.repository.js';

// Terms of the OpenID AuthZEN Authorization API 1.0.

/** A request for a sign-in decision, or one that this service does not decide. */
export type Evaluation = { readonly kind: 'sign_in'; readonly request: DecisionRequest } | NotApplicable;

interface NotApplicable {
  readonly kind: 'not_applicable';
  /** In words, for administrators. */
  readonly reason: string;
}

export type Outcome =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | NotApplicable
  | { readonly kind: 'failed'; readonly error: DomainError };

/** When to stop before the last evaluation. */
export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type Semantic = (typeof SEMANTICS)[number];

export const MAX_EVALUATIONS = 100;

/** A list of evaluations, or a single one, whose answer is no list. */
export type EvaluationsRequest =
  Evaluation | { readonly evaluations: readonly Evaluation[]; readonly semantic: Semantic };

/** Returns false for outcomes that are neither allow nor deny. */
export const isPermit = (outcome: Outcome): boolean =>
  outcome.kind === 'decided' && outcome.decision.decision === 'allow';

export function endsWith(outcome: Outcome, semantic: Semantic): boolean {
  switch (semantic) {
    case 'execute_all':
      return false;
    case 'deny_on_first_deny':
      return !isPermit(outcome);
    case 'permit_on_first_permit':
      return isPermit(outcome);
  }
}
