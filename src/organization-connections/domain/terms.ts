import { DomainError } from '../../errors/domain-error.js';
import type { StrategyKind } from '../../connections/domain/strategy.js';

/** On what terms the users of a connection come into an organization. */
export interface Terms {
  /** Whoever signs in becomes a member. */
  assignMembershipOnLogin: boolean;
  /** People may create an account while signing in to the organization. */
  isSignupEnabled: boolean;
  /** The organization's login page shows a button for the connection. */
  showAsButton: boolean;
}

export const DEFAULT_TERMS: Readonly<Terms> = {
  assignMembershipOnLogin: false,
  isSignupEnabled: false,
  showAsButton: true,
};

export type TermsVerdict = 'allowed' | 'signup_not_supported' | 'hidden_button_not_supported';

/**
 * Whether a connection of this kind may have these terms. The same two rules stand in the statements that write and as
 * CHECKs on the table; this one makes the clear message.
 */
export function judgeTerms(kind: StrategyKind, terms: Terms): TermsVerdict {
  if (terms.isSignupEnabled && !(kind === 'database' && terms.assignMembershipOnLogin)) return 'signup_not_supported';
  if (!terms.showAsButton && kind !== 'enterprise') return 'hidden_button_not_supported';
  return 'allowed';
}

/** @throws DomainError when a connection of this kind may not have these terms */
export function requireAllowedTerms(kind: StrategyKind, terms: Terms): void {
  const verdict = judgeTerms(kind, terms);
  if (verdict !== 'allowed') throw new DomainError(verdict);
}
