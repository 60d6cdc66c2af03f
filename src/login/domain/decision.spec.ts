import { readFileSync } from 'node:fs';
import type { StrategyKind } from '../../connections/domain/strategy.js';
import { CHECKS, DECISION_OF, decide, REASONS, type Candidate, type Facts, type Reason } from './decision.js';
import type { SignInUser } from './user.js';

const HOME = { id: 'org_home', name: 'home' };
const OTHER = { id: 'org_other', name: 'other' };

type Row = NonNullable<Candidate['flags']>;
const connectionOf = (kind: StrategyKind, enabledClients: string[] = []) => ({
  id: 'con_1',
  name: 'staff',
  displayName: null,
  strategy: kind === 'database' ? 'auth0' : 'okta',
  kind,
  enabledClients,
});
const row = (flags: Partial<Row> = {}): Row => ({
  isEnabled: true,
  assignMembershipOnLogin: false,
  isSignupEnabled: false,
  ...flags,
});
const candidate = (flags: Row | undefined, isMember = false, organization = HOME): Candidate => ({
  organization,
  flags,
  isMember,
});
const known: SignInUser = { kind: 'known', id: 'auth0|1', isBlocked: false };
const facts = (fields: Partial<Facts> = {}): Facts => ({
  intent: 'login',
  dryRun: false,
  connection: connectionOf('database'),
  organization: { kind: 'named', candidate: candidate(row()) },
  user: known,
  ...fields,
});
const into = (flags: Row | undefined, isMember = false): Pick<Facts, 'organization'> => ({
  organization: { kind: 'named', candidate: candidate(flags, isMember) },
});
const anywhere = (open: Candidate[], own: Candidate[] = []): Pick<Facts, 'organization'> => ({
  organization: { kind: 'not_named', open, own },
});

const ASSIGNING = row({ assignMembershipOnLogin: true });
const SIGNUP = row({ assignMembershipOnLogin: true, isSignupEnabled: true });
const enterprise = { connection: connectionOf('enterprise') };
const unknown: Pick<Facts, 'user'> = { user: { kind: 'unknown' } };
const signup = { intent: 'signup' } as const;

/** The table of docs/login.md. */
const CASES: [who: string, facts: Partial<Facts>, reason: Reason][] = [
  ['a member', into(row(), true), 'member'],
  ['a member, with assign_membership_on_login', into(ASSIGNING, true), 'member'],
  ['a known user, with assign_membership_on_login', into(ASSIGNING), 'membership_granted'],
  ['a known user, without assign_membership_on_login', into(row()), 'not_a_member'],
  ['an unknown user of a database connection', { ...into(ASSIGNING), ...unknown }, 'user_unknown'],
  [
    'an unknown user of an enterprise connection',
    { ...into(ASSIGNING), ...unknown, ...enterprise },
    'membership_granted',
  ],
  ['the same, without assign_membership_on_login', { ...into(row()), ...unknown, ...enterprise }, 'not_a_member'],
  ['an id of another connection', { ...into(ASSIGNING), user: { kind: 'elsewhere' } }, 'user_unknown'],
  [
    'a new id with a taken address',
    { ...enterprise, ...into(ASSIGNING), user: { kind: 'address_taken' } },
    'user_unknown',
  ],
  ['a blocked member', { ...into(row(), true), user: { ...known, isBlocked: true } }, 'user_blocked'],
  ['a connection that does not exist', { connection: undefined }, 'connection_unknown'],
  ['an organization that does not exist', { organization: { kind: 'named' } }, 'organization_unknown'],
  ['a member whose organization lacks the connection', into(undefined, true), 'connection_not_enabled'],
  ['a member whose organization disabled the connection', into(row({ isEnabled: false }), true), 'connection_disabled'],
  [
    'a member from an application that may not use the connection',
    { ...into(row(), true), clientId: 'shop' },
    'connection_not_enabled_for_client',
  ],
  ['a signup', { ...signup, ...unknown, ...into(SIGNUP) }, 'signup_granted'],
  ['a signup without is_signup_enabled', { ...signup, ...unknown, ...into(ASSIGNING) }, 'signup_not_enabled'],
  ['a signup of a known user', { ...signup, ...into(SIGNUP) }, 'user_exists'],
  ['a signup of a member', { ...signup, ...into(SIGNUP, true) }, 'user_exists'],
  ['a signup with a taken address', { ...signup, ...into(SIGNUP), user: { kind: 'address_taken' } }, 'user_exists'],
  ['a known user, with one open organization', anywhere([candidate(ASSIGNING)]), 'membership_granted'],
  ['a known user, with no open organization', anywhere([]), 'no_organization'],
  [
    'a known user, with several open organizations',
    anywhere([candidate(ASSIGNING), candidate(ASSIGNING, false, OTHER)]),
    'ambiguous_organization',
  ],
  [
    'a member of one, with several open organizations',
    anywhere([candidate(ASSIGNING), candidate(ASSIGNING, true, OTHER)], [candidate(ASSIGNING, true, OTHER)]),
    'member',
  ],
  ['a member of one that is not open', anywhere([], [candidate(row(), true)]), 'member'],
  [
    'a member of several, with no open organization',
    anywhere([], [candidate(row(), true), candidate(row(), true, OTHER)]),
    'no_organization',
  ],
  [
    'a signup, with one open organization',
    { ...signup, ...unknown, ...anywhere([candidate(SIGNUP)]) },
    'signup_granted',
  ],
  ['a signup, with no open organization', { ...signup, ...unknown, ...anywhere([]) }, 'no_organization'],
  [
    'a signup, with several open organizations',
    { ...signup, ...unknown, ...anywhere([candidate(SIGNUP), candidate(SIGNUP, false, OTHER)]) },
    'ambiguous_organization',
  ],
];

describe('docs/login.md', () => {
  it('lists every reason with its decision, and every check in order', () => {
    const text = readFileSync(new URL('../../../docs/login.md', import.meta.url), 'utf8');
    const reasons = [...text.matchAll(/^\| `(\w+)` +\| (allow|deny) /gm)].map(([, reason, decision]) => [
      reason,
      decision,
    ]);
    expect(Object.fromEntries(reasons)).toEqual(DECISION_OF);
    const [section = ''] = /^### Checks$[^]*?^##/m.exec(text) ?? [];
    const checks = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, check]) => check);
    expect(checks).toEqual(CHECKS);
  });
});

describe('decide', () => {
  it.each(CASES)('decides about %s', (_, fields, reason) => {
    const decided = decide(facts(fields));
    expect(decided).toMatchObject({ reason, decision: DECISION_OF[reason] });
    expect(decided.trace.at(-1)!.result).toBe(DECISION_OF[reason] === 'allow' ? 'passed' : 'failed');
  });

  it('has a case for each reason', () => {
    expect(new Set(CASES.map(([, , reason]) => reason))).toEqual(new Set(REASONS));
  });

  it('prefers the only organization of a member to the only open one', () => {
    const own = candidate(row(), true, OTHER);
    expect(decide(facts(anywhere([candidate(ASSIGNING)], [own])))).toMatchObject({
      reason: 'member',
      organization: OTHER,
    });
  });

  it('returns the grant, the organization, the user and the trace', () => {
    expect(decide(facts(into(ASSIGNING)))).toEqual({
      decision: 'allow',
      reason: 'membership_granted',
      membership: 'granted',
      organization: HOME,
      userId: 'auth0|1',
      trace: [
        { check: 'connection', result: 'passed', detail: 'staff (con_1), database' },
        { check: 'organization', result: 'passed', detail: 'home (org_home), named' },
        { check: 'organization_connection', result: 'passed', detail: 'enabled' },
        { check: 'client', result: 'skipped', detail: 'none was named' },
        { check: 'user', result: 'passed', detail: 'known as auth0|1' },
        { check: 'membership', result: 'passed', detail: 'no member yet, and assign_membership_on_login is true' },
      ],
      grant: { organization: HOME, connection: connectionOf('database'), userId: 'auth0|1' },
    });
  });

  it('decides the same in a dry run, without a grant', () => {
    for (const [, fields, reason] of CASES) {
      const decided = decide(facts({ ...fields, dryRun: true }));
      expect(decided.reason).toBe(reason);
      expect(decided.grant).toBeUndefined();
      expect(decided.membership).not.toBe('granted');
    }
  });

  const EVERYBODY: { name: string; user: SignInUser; isMember: boolean }[] = [
    { name: 'member', user: known, isMember: true },
    { name: 'known', user: known, isMember: false },
    { name: 'blocked', user: { ...known, isBlocked: true }, isMember: true },
    { name: 'unknown', user: { kind: 'unknown' }, isMember: false },
    { name: 'elsewhere', user: { kind: 'elsewhere' }, isMember: false },
    { name: 'address taken', user: { kind: 'address_taken' }, isMember: false },
  ];
  const FLAGS = [false, true];

  /** Every case there is, of one organization that is named or not, and of another beside it. */
  function* everyCase() {
    for (const intent of ['login', 'signup'] as const)
      for (const kind of ['database', 'passwordless', 'enterprise', 'social'] as const)
        for (const state of ['enabled', 'disabled', 'absent'] as const)
          for (const assigns of FLAGS)
            for (const takesSignup of assigns && kind === 'database' ? FLAGS : [false])
              for (const client of [undefined, 'portal', 'shop'])
                for (const who of EVERYBODY)
                  for (const isNamed of FLAGS)
                    for (const otherIsOpen of isNamed ? [false] : FLAGS)
                      yield { intent, kind, state, assigns, takesSignup, client, who, isNamed, otherIsOpen };
  }

  type Case = ReturnType<typeof everyCase> extends Generator<infer T> ? T : never;

  function factsOf({ intent, kind, state, assigns, takesSignup, client, who, isNamed, otherIsOpen }: Case): Facts {
    const flags = row({
      isEnabled: state === 'enabled',
      assignMembershipOnLogin: assigns,
      isSignupEnabled: takesSignup,
    });
    const here = candidate(state === 'absent' ? undefined : flags, who.isMember);
    const isOpen = state === 'enabled' && (intent === 'login' ? assigns : takesSignup);
    const other = candidate(row({ assignMembershipOnLogin: true, isSignupEnabled: kind === 'database' }), false, OTHER);
    return facts({
      intent,
      clientId: client,
      connection: connectionOf(kind, ['portal']),
      user: who.user,
      ...(isNamed
        ? into(here.flags, who.isMember)
        : anywhere(
            [...(isOpen ? [here] : []), ...(otherIsOpen ? [other] : [])],
            state === 'enabled' && who.isMember ? [here] : [],
          )),
    });
  }

  /** The same from the rules as they are told, and not from the code. */
  function expectedOf({ intent, kind, state, assigns, takesSignup, client, who, isNamed, otherIsOpen }: Case): Reason {
    let [assignsThere, signupThere, isMember] = [assigns, takesSignup, who.isMember];
    if (isNamed && state === 'absent') return 'connection_not_enabled';
    if (isNamed && state === 'disabled') return 'connection_disabled';
    if (!isNamed && !(intent === 'login' && isMember && state === 'enabled')) {
      const isOpen = state === 'enabled' && (intent === 'login' ? assigns : takesSignup);
      if (isOpen && otherIsOpen) return 'ambiguous_organization';
      if (!isOpen && !otherIsOpen) return 'no_organization';
      if (otherIsOpen) [assignsThere, signupThere, isMember] = [true, kind === 'database', false];
    }
    if (client === 'shop') return 'connection_not_enabled_for_client';
    if (who.name === 'blocked') return 'user_blocked';
    if (who.name === 'elsewhere') return 'user_unknown';
    if (intent === 'signup') {
      if (!signupThere) return 'signup_not_enabled';
      return who.name === 'unknown' ? 'signup_granted' : 'user_exists';
    }
    if (isMember) return 'member';
    if (who.name === 'address taken') return 'user_unknown';
    if (who.name === 'unknown' && kind === 'database') return 'user_unknown';
    return assignsThere ? 'membership_granted' : 'not_a_member';
  }

  const ALL = [...everyCase()];

  it('follows the rules in every combination of facts', () => {
    expect(ALL.length).toBeGreaterThan(2_000);
    const wrong = ALL.flatMap((one) => {
      const [reason, expected] = [decide(factsOf(one)).reason, expectedOf(one)];
      return reason === expected ? [] : [{ ...one, reason, expected }];
    });
    expect(wrong).toEqual([]);
  });

  it('allows only enabled connections, grants only with an allow, and traces the checks in order', () => {
    for (const one of ALL) {
      const { decision, grant, membership, trace } = decide(factsOf(one));
      if (one.isNamed && one.state !== 'enabled') expect(decision).toBe('deny');
      if (decision === 'deny') expect({ grant, membership }).toEqual({ grant: undefined, membership: 'none' });
      const places = trace.map(({ check }) => CHECKS.indexOf(check));
      expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
      const failures = trace.slice(0, -1).filter(({ result }) => result === 'failed');
      expect(failures).toEqual([]);
    }
  });
});
