import { randomInt } from 'node:crypto';
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { REASONS } from '../../src/login/domain/decision.js';
import type { Api } from '../support/api.js';
import { useApp } from '../support/app.js';
import { LeanClient } from '../support/lean-client.js';
import {
  insertWorlds,
  KINDS,
  readWorlds,
  STRATEGIES,
  type Changeable,
  type Member,
  type Row,
  type Strategy,
  type User,
  type World,
} from '../support/worlds.js';

interface Question {
  organization?: string;
  connection: string;
  client_id?: string;
  user: { user_id?: string; email?: string };
  intent: 'login' | 'signup';
  dry_run?: boolean;
}

interface Verdict {
  decision: 'allow' | 'deny';
  reason: string;
  membership: 'existing' | 'granted' | 'would_grant' | 'none';
  /** Where an allowed user signs in. */
  organization?: string;
  /** The user. Undefined when unknown. */
  user?: string;
}

const deny = (reason: string): Verdict => ({ decision: 'deny', reason, membership: 'none' });
const named = <T extends { readonly id: string; readonly name: string }>(all: readonly T[], text: string) =>
  all.find(({ id }) => id === text) ?? all.find(({ name }) => name === text);

/** The rules once more, from docs/login.md and not from the service. */
function model(world: World, { organization, connection, client_id, user, intent, dry_run }: Question): Verdict {
  const source = named(world.connections, connection);
  if (!source) return deny('connection_unknown');
  const users = world.users.filter(({ connection_id }) => connection_id === source.id);
  const owner = users.find(({ email }) => email !== null && email === user.email?.toLowerCase());
  const known = user.user_id === undefined ? owner : users.find(({ user_id }) => user_id === user.user_id);
  const isMember = (id: string) =>
    world.members.some(({ organization_id, user_id }) => organization_id === id && user_id === known?.user_id);

  const rows = world.rows.filter(({ connection_id }) => connection_id === source.id);
  const enabled = rows.filter(({ is_enabled }) => is_enabled);
  const own = enabled.filter(({ organization_id }) => intent === 'login' && isMember(organization_id));
  const taking = (row: Row) => (intent === 'login' ? row.assign_membership_on_login : row.is_signup_enabled);
  const open = own.length === 1 ? own : enabled.filter(taking);
  if (organization === undefined && open.length === 0) return deny('no_organization');
  if (organization === undefined && open.length > 1) return deny('ambiguous_organization');
  const place = named(world.organizations, organization ?? open[0]!.organization_id);
  if (!place) return deny('organization_unknown');
  const row = rows.find(({ organization_id }) => organization_id === place.id);
  if (!row) return deny('connection_not_enabled');
  if (!row.is_enabled) return deny('connection_disabled');
  if (client_id !== undefined && !source.enabled_clients.includes(client_id)) {
    return deny('connection_not_enabled_for_client');
  }

  const allow = { decision: 'allow', organization: place.id, user: known?.user_id } as const;
  const granted = dry_run ? 'would_grant' : 'granted';
  const isElsewhere = world.users.some(({ user_id }) => user_id === user.user_id) && !known;
  if (known?.blocked) return deny('user_blocked');
  if (isElsewhere || !(user.user_id ?? `${source.strategy}|`).startsWith(`${source.strategy}|`)) {
    return deny('user_unknown');
  }
  if (intent === 'signup') {
    if (!row.is_signup_enabled) return deny('signup_not_enabled');
    if (known ?? owner) return deny('user_exists');
    return { ...allow, reason: 'signup_granted', membership: granted };
  }
  if (isMember(place.id)) return { ...allow, reason: 'member', membership: 'existing' };
  if (!known && (source.strategy === 'auth0' || owner)) return deny('user_unknown');
  if (!row.assign_membership_on_login) return deny('not_a_member');
  return { ...allow, reason: 'membership_granted', membership: granted };
}

type Flags = Omit<Row, 'organization_id' | 'connection_id'>;

/** Every choice of one value for each name. */
function combinations<T extends Record<string, readonly unknown[]>>(values: T): { [K in keyof T]: T[K][number] }[] {
  return Object.entries(values).reduce<object[]>(
    (all, [name, choices]) => all.flatMap((one) => choices.map((value) => ({ ...one, [name]: value }))),
    [{}],
  ) as { [K in keyof T]: T[K][number] }[];
}

const BOTH = [true, false];
const ALL_FLAGS: readonly Flags[] = combinations({
  is_enabled: BOTH,
  assign_membership_on_login: BOTH,
  is_signup_enabled: BOTH,
  show_as_button: BOTH,
});

/** Those that the rules permit on a connection of the strategy. */
const flagsOf = (strategy: Strategy) =>
  ALL_FLAGS.filter(
    ({ assign_membership_on_login, is_signup_enabled, show_as_button }) =>
      (!is_signup_enabled || (KINDS[strategy] === 'database' && assign_membership_on_login)) &&
      (show_as_button || KINDS[strategy] === 'enterprise'),
  );

interface Case {
  readonly world: World;
  readonly question: Question;
}

let worlds = 0;

/** Ids and names that nothing of another world has. */
function names() {
  const world = (worlds++).toString(36);
  const entity = (kind: string, nth: number) => ({
    id: `${kind}_${`${world}x${nth}`.padStart(16, '0')}`,
    name: `${kind}-${world}-${nth}`,
  });
  return {
    organization: (nth: number) => entity('org', nth),
    connection: (nth: number) => entity('con', nth),
    userId: (strategy: string, who: number | string) => `${strategy}|${world}-${who}`,
    email: (nth: number) => `person-${nth}@${world}.example`,
  };
}

/** Every case of one organization and one connection: who asks for what, with which flags. */
function* everyCase(): Generator<Case> {
  for (const strategy of STRATEGIES) {
    for (const { flags, who, client_id, isNamed, intent } of combinations({
      flags: [undefined, ...flagsOf(strategy)],
      who: ['member', 'known', 'stranger'],
      client_id: [undefined, 'portal', 'shop'],
      isNamed: BOTH,
      intent: ['login', 'signup'] as const,
    })) {
      const { organization, connection, userId, email } = names();
      const [place, source] = [organization(0), { ...connection(0), strategy, enabled_clients: ['portal'] }];
      const user = { user_id: userId(strategy, 0), connection_id: source.id, email: email(0), blocked: false };
      yield {
        world: {
          organizations: [place],
          connections: [source],
          rows: flags ? [{ organization_id: place.id, connection_id: source.id, ...flags }] : [],
          users: who === 'stranger' ? [] : [user],
          members: who === 'member' ? [{ organization_id: place.id, user_id: user.user_id }] : [],
        },
        question: {
          organization: isNamed ? place.id : undefined,
          connection: source.id,
          client_id,
          user: { email: user.email },
          intent,
        },
      };
    }
  }
}

/** One of the values, each as often as its weight says. */
const weighted = <T>(...values: [weight: number, value: T][]) =>
  fc.oneof(...values.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

/** Three organizations, two connections, up to four users with three addresses, and a question, mostly about the first. */
const drafts = fc.record({
  strategies: fc.array(weighted<Strategy>([4, 'auth0'], [2, 'okta'], [1, 'github'], [1, 'email']), {
    minLength: 2,
    maxLength: 2,
  }),
  clients: fc.array(fc.subarray(['portal', 'shop']), { minLength: 2, maxLength: 2 }),
  /** Of each organization with each connection: a choice of what the rules permit, or that it does not have it. */
  rows: fc.array(
    fc.option(fc.record({ is_enabled: weighted([5, true], [1, false]), nth: fc.nat({ max: 11 }) }), {
      nil: undefined,
      freq: 4,
    }),
    { minLength: 6, maxLength: 6 },
  ),
  users: fc.array(
    fc.record({
      connection: weighted([2, 0], [1, 1]),
      email: weighted([3, 0], [2, 1], [1, undefined]),
      blocked: weighted([9, false], [1, true]),
      memberOf: fc.subarray([0, 1, 2]),
    }),
    { maxLength: 4 },
  ),
  /** Whether the third organization has the id of the first for its name. */
  isImpostor: fc.boolean(),
  question: fc.record({
    organization: weighted([4, undefined], [9, 0], [2, 1], [2, 2], [1, 9]),
    connection: weighted([20, 0], [3, 1], [1, 9]),
    client_id: weighted([3, undefined], [2, 'portal'], [2, 'shop']),
    isByName: fc.boolean(),
    userId: weighted<number | string | undefined>([6, undefined], [2, 0], [1, 1], [1, 2], [3, 'new'], [1, 'strange']),
    email: weighted([3, 0], [2, 1], [3, 2], [1, undefined]),
    isInCapitals: fc.boolean(),
    intent: weighted([1, 'login' as const], [1, 'signup' as const]),
    dry_run: weighted([4, undefined], [1, false], [1, true]),
  }),
});

function caseOf({ strategies, clients, rows, users: persons, isImpostor, question }: Draft): Case {
  const { organization, connection, userId, email } = names();
  const organizations = [0, 1, 2].map(organization);
  if (isImpostor) organizations[2]!.name = organizations[0]!.id;
  const connections = strategies.map((strategy, nth) => ({
    ...connection(nth),
    strategy,
    enabled_clients: clients[nth]!,
  }));
  const users: User[] = [];
  const members: Member[] = [];
  for (const [nth, person] of persons.entries()) {
    const { id: connection_id, strategy } = connections[person.connection]!;
    const address = person.email === undefined ? null : email(person.email);
    const isTaken = users.some((other) => other.connection_id === connection_id && other.email === address);
    const user_id = userId(strategy, nth);
    users.push({ user_id, connection_id, email: isTaken ? null : address, blocked: person.blocked });
    members.push(...person.memberOf.map((at) => ({ organization_id: organizations[at]!.id, user_id })));
  }
  const world: World = {
    organizations,
    connections,
    rows: rows.flatMap((row, at) => {
      if (row === undefined) return [];
      const [place, source] = [organizations[at % 3]!, connections[Math.floor(at / 3)]!];
      const permitted = flagsOf(source.strategy);
      const flags = { ...permitted[row.nth % permitted.length]!, is_enabled: row.is_enabled };
      return [{ organization_id: place.id, connection_id: source.id, ...flags }];
    }),
    users,
    members,
  };

  const { isByName, isInCapitals, intent, client_id, dry_run } = question;
  const inWords = ({ id, name }: { id: string; name: string }) => (isByName ? name : id);
  const source = connections[question.connection] ?? { ...connection(9), strategy: 'okta' };
  const address = question.email ?? (question.userId === undefined ? 0 : undefined);
  const sentEmail = address === undefined ? undefined : email(address);
  const sentId =
    typeof question.userId === 'number'
      ? (users[question.userId]?.user_id ?? userId(source.strategy, question.userId))
      : question.userId && userId(question.userId === 'new' ? source.strategy : 'line', question.userId);
  return {
    world,
    question: {
      organization:
        question.organization === undefined
          ? undefined
          : inWords(organizations[question.organization] ?? organization(question.organization)),
      connection: inWords(source),
      client_id,
      user: { user_id: sentId, email: isInCapitals ? sentEmail?.toUpperCase() : sentEmail },
      intent,
      dry_run,
    },
  };
}
type Draft = typeof drafts extends fc.Arbitrary<infer T> ? T : never;

/** The answer as an outcome of the model. */
interface Answer extends Verdict {
  readonly status: number;
}

describe('The sign-in decision', () => {
  const app = useApp({ env: { LOG_LEVEL: 'warn' } });

  /** A run that failed is repeated by the environment variable SEED. */
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
  const random = (numRuns: number) => fc.sample(drafts, { seed, numRuns }).map(caseOf);

  async function decide(api: Api | LeanClient, question: Question): Promise<Answer> {
    const { status, body } = await api.post<{
      decision: Verdict['decision'];
      reason: string;
      membership: Verdict['membership'];
      organization: { id: string } | null;
      user_id: string | null;
    }>('/login/decisions', question);
    const { decision, reason, membership, organization, user_id } = body;
    return { status, decision, reason, membership, organization: organization?.id, user: user_id ?? undefined };
  }

  async function evaluate({ organization, connection, client_id, user, intent, dry_run }: Question): Promise<Answer> {
    const { user_id, email } = user;
    const isNamed = organization !== undefined;
    const { status, body } = await app.api.post<{
      decision: boolean;
      context: { reason: string; membership: Verdict['membership']; organization?: { id: string }; user_id?: string };
    }>('/access/v1/evaluation', {
      subject:
        user_id === undefined ? { type: 'email', id: email } : { type: 'user', id: user_id, properties: { email } },
      action: { name: intent },
      resource: isNamed ? { type: 'organization', id: organization } : { type: 'connection', id: connection },
      context: { ...(isNamed && { connection }), client_id, dry_run },
    });
    const { reason, membership, organization: place, user_id: user_known } = body.context;
    const decision = body.decision ? 'allow' : 'deny';
    return { status, decision, reason, membership, organization: place?.id, user: user_known };
  }

  /**
   * Asks each question once, many at a time, and holds every answer and all rows against the model.
   *
   * @returns the reasons that were given
   */
  async function judge(cases: readonly Case[], ask: (question: Question) => Promise<Answer>) {
    await insertWorlds(
      app,
      cases.map(({ world }) => world),
    );
    const answers: Answer[] = [];
    const open = cases.entries();
    const askOn = async () => {
      for (const [at, { question }] of open) answers[at] = await ask(question);
    };
    await Promise.all(Array.from({ length: 16 }, askOn));
    const now = await readWorlds(app);
    for (const [at, { world, question }] of cases.entries()) {
      const actual = { answer: seen(answers[at]!), after: sorted(now(world)) };
      const expected = expectedOf({ world, question }, answers[at]!);
      if (isDeepStrictEqual(actual, expected)) continue;
      throw new Error(`SEED=${seed}: ${inspect({ world, question, expected, actual }, { depth: null })}`);
    }
    return new Set(answers.map(({ reason }) => reason));
  }

  /** Of a deny, where to and whom it is about is told by the trace. */
  const seen = ({ organization, user, ...answer }: Answer) =>
    answer.decision === 'allow' ? { ...answer, organization, user } : answer;

  /** Takes only the id of a new user from the answer. */
  function expectedOf({ world, question }: Case, { user: made }: Answer): { answer: object; after: object } {
    const { organization, user, ...verdict } = model(world, question);
    const answer = { status: 200, ...verdict };
    if (verdict.decision === 'deny') return { answer, after: sorted(world) };
    if (verdict.membership !== 'granted') return { answer: { ...answer, organization, user }, after: sorted(world) };
    const source = named(world.connections, question.connection)!;
    const id = user ?? question.user.user_id ?? made ?? 'an id';
    const newcomer = { user_id: id, connection_id: source.id, email: question.user.email?.toLowerCase() ?? null };
    return {
      answer: { ...answer, organization, user: id },
      after: sorted({
        users: user === undefined ? [...world.users, { ...newcomer, blocked: false }] : world.users,
        members: [...world.members, { organization_id: organization!, user_id: id }],
      }),
    };
  }

  const sorted = ({ users, members }: Changeable) => {
    return [users, members].map((rows) => rows.map((row) => JSON.stringify(row)).sort());
  };

  it('is as the rules say for everybody, with all flags, for each intent, application and way to ask', async () => {
    const cases = [...everyCase()];
    expect(cases.length).toBeGreaterThan(900);
    await judge(cases, (question) => decide(app.api, question));
  });

  it('is as the rules say in 10,000 random worlds, and leaves the rows that they say', async () => {
    const client = new LeanClient(app.api);
    try {
      const reasons = await judge(random(10_000), (question) => decide(client, question));
      expect(reasons).toEqual(new Set(REASONS));
    } finally {
      client.close();
    }
  });

  it('is the same for gateways in 1,000 random worlds', async () => {
    await judge(random(1_000), evaluate);
  });
});
