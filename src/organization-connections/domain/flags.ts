import type { StrategyKind } from '../../connections/domain/strategy.js';
import { DomainError } from '../../errors/domain-error.js';

/** The flags of an organization connection, which decide how users of the connection join the organization. */
export interface Flags {
  /** A user who signs in becomes a member. */
  assignMembershipOnLogin: boolean;
  /** Accounts can be created while signing in to the organization. */
  isSignupEnabled: boolean;
  /** The organization's login page shows a button for the connection. */
  showAsButton: boolean;
}

export type FlagsVerdict = 'allowed' | 'signup_not_supported' | 'hidden_button_not_supported';

/** Whether a connection of this kind may have these flags. CHECKs on the table state the same two rules. */
export function judgeFlags(kind: StrategyKind, flags: Flags): FlagsVerdict {
  if (flags.isSignupEnabled && !(kind === 'database' && flags.assignMembershipOnLogin)) return 'signup_not_supported';
  if (!flags.showAsButton && kind !== 'enterprise') return 'hidden_button_not_supported';
  return 'allowed';
}

/** @throws DomainError when a connection of this kind may not have these flags */
export function requireAllowedFlags(kind: StrategyKind, flags: Flags): void {
  const verdict = judgeFlags(kind, flags);
  if (verdict !== 'allowed') throw new DomainError(verdict);
}
