import { DEFAULT_TERMS, judgeTerms, type Terms } from './terms.js';

const KINDS = ['database', 'passwordless', 'enterprise', 'social'] as const;
const FLAGS = [true, false];

const terms = (changes: Partial<Terms> = {}): Terms => ({ ...DEFAULT_TERMS, ...changes });

describe('judgeTerms', () => {
  it.each(KINDS)('allows the defaults to a %s connection', (kind) => {
    expect(judgeTerms(kind, DEFAULT_TERMS)).toBe('allowed');
  });

  it.each(KINDS)('allows membership on login to a %s connection', (kind) => {
    expect(judgeTerms(kind, terms({ assignMembershipOnLogin: true }))).toBe('allowed');
  });

  it('allows signup to a database connection that assigns membership', () => {
    expect(judgeTerms('database', terms({ assignMembershipOnLogin: true, isSignupEnabled: true }))).toBe('allowed');
  });

  it('refuses signup without membership', () => {
    expect(judgeTerms('database', terms({ isSignupEnabled: true }))).toBe('signup_not_supported');
  });

  it.each(['passwordless', 'enterprise', 'social'] as const)('refuses signup to a %s connection', (kind) => {
    for (const assignMembershipOnLogin of FLAGS) {
      expect(judgeTerms(kind, terms({ assignMembershipOnLogin, isSignupEnabled: true }))).toBe('signup_not_supported');
    }
  });

  it('allows an enterprise connection to do without a button', () => {
    expect(judgeTerms('enterprise', terms({ showAsButton: false }))).toBe('allowed');
  });

  it.each(['database', 'passwordless', 'social'] as const)('refuses a %s connection without a button', (kind) => {
    expect(judgeTerms(kind, terms({ showAsButton: false }))).toBe('hidden_button_not_supported');
  });

  it('names signup first when both are refused', () => {
    expect(judgeTerms('social', terms({ isSignupEnabled: true, showAsButton: false }))).toBe('signup_not_supported');
  });

  it('allows exactly 11 of the 32 combinations', () => {
    const all = KINDS.flatMap((kind) =>
      FLAGS.flatMap((assignMembershipOnLogin) =>
        FLAGS.flatMap((isSignupEnabled) =>
          FLAGS.map((showAsButton) => judgeTerms(kind, { assignMembershipOnLogin, isSignupEnabled, showAsButton })),
        ),
      ),
    );
    // Database 3, enterprise 4, passwordless and social 2 each.
    expect(all.filter((verdict) => verdict === 'allowed')).toHaveLength(3 + 4 + 2 + 2);
  });
});
