import type { DomainError } from '../../errors/domain-error.js';
import type { Decision } from '../domain/decision.js';
import type { DecisionRequest } from '../login.repository.js';

/** What a gateway asks, and what becomes of it, in the words of the OpenID AuthZEN Authorization API 1.0. */

/** A sign-in, or something of which nothing is decided here. */
export type Evaluation = { readonly kind: 'sign_in'; readonly request: DecisionRequest } | NotApplicable;

interface NotApplicable {
  readonly kind: 'not_applicable';
  /** In words, for the people who ask why. */
  readonly why: string;
}

export type Outcome =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | NotApplicable
  | { readonly kind: 'failed'; readonly error: DomainError };

/** When no more of several evaluations are made. */
export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type Semantic = (typeof SEMANTICS)[number];

export const MAX_EVALUATIONS = 100;

/** Several, or one by itself, which is answered by itself. */
export type EvaluationsRequest =
  Evaluation | { readonly evaluations: readonly Evaluation[]; readonly semantic: Semantic };

/** Whatever is not an allow is a deny. */
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
