import { judgeFlags, type Flags } from './flags.js';

const DEFAULT_FLAGS: Flags = { assignMembershipOnLogin: false, isSignupEnabled: false, showAsButton: true };

const KINDS = ['database', 'passwordless', 'enterprise', 'social'] as const;
const EITHER = [true, false];

const flags = (changes: Partial<Flags> = {}): Flags => ({ ...DEFAULT_FLAGS, ...changes });

describe('judgeFlags', () => {
  it.each(KINDS)('allows the defaults to a %s connection', (kind) => {
    expect(judgeFlags(kind, DEFAULT_FLAGS)).toBe('allowed');
  });

  it.each(KINDS)('allows membership on login to a %s connection', (kind) => {
    expect(judgeFlags(kind, flags({ assignMembershipOnLogin: true }))).toBe('allowed');
  });

  it('allows signup to a database connection that assigns membership', () => {
    expect(judgeFlags('database', flags({ assignMembershipOnLogin: true, isSignupEnabled: true }))).toBe('allowed');
  });

  it('refuses signup without membership', () => {
    expect(judgeFlags('database', flags({ isSignupEnabled: true }))).toBe('signup_not_supported');
  });

  it.each(['passwordless', 'enterprise', 'social'] as const)('refuses signup to a %s connection', (kind) => {
    for (const assignMembershipOnLogin of EITHER) {
      expect(judgeFlags(kind, flags({ assignMembershipOnLogin, isSignupEnabled: true }))).toBe('signup_not_supported');
    }
  });

  it('allows an enterprise connection to do without a button', () => {
    expect(judgeFlags('enterprise', flags({ showAsButton: false }))).toBe('allowed');
  });

  it.each(['database', 'passwordless', 'social'] as const)('refuses a %s connection without a button', (kind) => {
    expect(judgeFlags(kind, flags({ showAsButton: false }))).toBe('hidden_button_not_supported');
  });

  it('names signup first when both are refused', () => {
    expect(judgeFlags('social', flags({ isSignupEnabled: true, showAsButton: false }))).toBe('signup_not_supported');
  });

  it('allows exactly 11 of the 32 combinations', () => {
    const all = KINDS.flatMap((kind) =>
      EITHER.flatMap((assignMembershipOnLogin) =>
        EITHER.flatMap((isSignupEnabled) =>
          EITHER.map((showAsButton) => judgeFlags(kind, { assignMembershipOnLogin, isSignupEnabled, showAsButton })),
        ),
      ),
    );
    // Database 3, enterprise 4, passwordless and social 2 each.
    expect(all.filter((verdict) => verdict === 'allowed')).toHaveLength(3 + 4 + 2 + 2);
  });
});
