import fc from 'fast-check';
import { useApp } from '../support/app.js';
import { refusals } from '../support/errors.js';
import { createConnection, createOrganization, uniqueName, type CreatedConnection } from '../support/factories.js';

/** Every strategy of the contract by its kind, written out once more and not taken from the service. */
const STRATEGIES = {
  database: ['auth0'],
  passwordless: ['email', 'sms'],
  enterprise: 'ad adfs auth0-oidc custom google-apps ip office365 oidc okta pingfederate samlp sharepoint waad'.split(
    ' ',
  ),
  social: (
    'amazon apple baidu bitbucket bitly box daccount dropbox dwolla evernote evernote-sandbox exact facebook fitbit ' +
    'github google-oauth2 instagram line linkedin oauth1 oauth2 paypal paypal-sandbox planningcenter salesforce ' +
    'salesforce-community salesforce-sandbox shop shopify soundcloud thirtysevensignals twitter untappd vkontakte ' +
    'weibo windowslive wordpress yahoo yandex'
  ).split(' '),
} as const;

type Kind = keyof typeof STRATEGIES;

const ALL = Object.entries(STRATEGIES).flatMap(([kind, names]) =>
  names.map((strategy) => ({ kind: kind as Kind, strategy })),
);

interface Flags {
  assign_membership_on_login: boolean;
  is_signup_enabled: boolean;
  show_as_button: boolean;
}

const DEFAULTS: Flags = { assign_membership_on_login: false, is_signup_enabled: false, show_as_button: true };

/** The rules: what the row becomes, or the refusal that leaves it as it was. */
function model(kind: Kind, row: Flags, sent: Partial<Flags>): { row: Flags; refused?: typeof refusals.noToken } {
  const next = { ...row, ...sent };
  if (next.is_signup_enabled && !(kind === 'database' && next.assign_membership_on_login)) {
    return { row, refused: refusals.signupNotSupported };
  }
  if (!next.show_as_button && kind !== 'enterprise') return { row, refused: refusals.hiddenButtonNotSupported };
  return { row: next };
}

type View = 'enabled_connections' | 'connections';

interface Step {
  on: View;
  sent: Partial<Flags>;
}

interface Source extends CreatedConnection {
  kind: Kind;
}

/** The row as an API shows it. */
function shown(view: View, { id, name, strategy, kind }: Source, flags: Flags) {
  const { is_signup_enabled, ...others } = flags;
  return {
    connection_id: id,
    ...others,
    ...(kind === 'database' ? { is_signup_enabled } : {}),
    connection: { name, strategy },
    ...(view === 'connections' ? { is_enabled: true, organization_access_level: 'none' } : {}),
  };
}

const flags = fc.record<Partial<Flags>>(
  { assign_membership_on_login: fc.boolean(), is_signup_enabled: fc.boolean(), show_as_button: fc.boolean() },
  { requiredKeys: [] },
);
const step = fc.record<Step>({ on: fc.constantFrom<View>('enabled_connections', 'connections'), sent: flags });

describe('The rules of signup and buttons', () => {
  const app = useApp({ env: { MAX_CONNECTIONS_PER_ORGANIZATION: '100' } });
  let sources: Source[];

  beforeAll(async () => {
    sources = await Promise.all(
      ALL.map(async ({ kind, strategy }) => ({ ...(await createConnection(app.api, strategy)), kind })),
    );
  });

  it('are known for every strategy a connection can have', async () => {
    const refused = await app.api.post('/connections', { name: uniqueName('con'), strategy: 'no-such-strategy' });
    expect(refused).toMatchObject(refusals.invalidBody("'No enum match for: no-such-strategy' on property strategy"));
    const [check] = await app.sql<{ known: string }>(
      "SELECT pg_get_constraintdef(oid) AS known FROM pg_constraint WHERE conname = 'connections_strategy_known'",
    );
    const known = [...check!.known.matchAll(/'([^']+)'::text/g)].map(([, strategy]) => strategy!);
    expect(known.sort()).toEqual(sources.map(({ strategy }) => strategy).sort());
  });

  it('decide every add and every update, whatever the strategy, the API and the flags', async () => {
    const organization = await createOrganization(app.api);
    const collection = (on: View) => `/organizations/${organization.id}/${on}`;

    async function follow(source: Source, steps: Step[]): Promise<void> {
      let row: Flags | undefined;
      for (const { on, sent } of steps) {
        const expected = model(source.kind, row ?? DEFAULTS, sent);
        const answer = row
          ? await app.api.patch(`${collection(on)}/${source.id}`, sent)
          : await app.api.post(collection(on), { connection_id: source.id, ...sent });
        const context = { strategy: source.strategy, on, sent, before: row };
        expect({ ...context, status: answer.status, body: answer.body }).toEqual({
          ...context,
          ...(expected.refused ?? { status: row ? 200 : 201, body: shown(on, source, expected.row) }),
        });
        if (row || !expected.refused) row = expected.row;
      }
      const { on } = steps[0]!;
      expect((await app.api.get(`${collection(on)}/${source.id}`)).body).toEqual(
        row ? shown(on, source, row) : refusals.organizationConnectionNotFound.body,
      );
      await app.api.delete(`${collection(on)}/${source.id}`);
    }

    // A run takes every strategy through steps of its own. The first is an add, and so is each until one succeeds.
    const runs = fc.tuple(...ALL.map(() => fc.array(step, { minLength: 2, maxLength: 4 })));
    await fc.assert(
      fc.asyncProperty(runs, async (all) => {
        await Promise.all(sources.map((source, at) => follow(source, all[at]!)));
      }),
      // The failed comparison names the strategy, the API and the flags already; shrinking 55 lists would add little.
      { numRuns: 12, endOnFailure: true },
    );
  });

  it('decide every organization made with connections, all or nothing', async () => {
    const initial = fc.uniqueArray(fc.record({ source: fc.nat({ max: ALL.length - 1 }), sent: flags }), {
      minLength: 1,
      maxLength: 10,
      selector: ({ source }) => source,
    });
    await fc.assert(
      fc.asyncProperty(initial, async (rows) => {
        const name = uniqueName('org');
        const wanted = rows.map(({ source, sent }) => ({ source: sources[source]!, sent }));
        const verdicts = wanted.map(({ source, sent }) => model(source.kind, DEFAULTS, sent));
        const answer = await app.api.post<{ id: string }>('/organizations', {
          name,
          enabled_connections: wanted.map(({ source, sent }) => ({ connection_id: source.id, ...sent })),
        });

        const refused = verdicts.find((verdict) => verdict.refused)?.refused;
        if (refused) {
          expect({ status: answer.status, body: answer.body }).toEqual(refused);
          expect(await app.api.get(`/organizations/name/${name}`)).toMatchObject(refusals.organizationNotFound);
          return;
        }
        expect(answer).toMatchObject({ status: 201 });
        expect(answer.body).toEqual({
          id: answer.body.id,
          name,
          third_party_client_access: 'block',
          is_app_entitlement_active: false,
          enabled_connections: wanted.map(({ source }, at) => shown('enabled_connections', source, verdicts[at]!.row)),
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('A strategy', () => {
  const app = useApp();

  it('cannot be changed through the API', async () => {
    const connection = await createConnection(app.api, 'okta');
    const before = (await app.api.get(`/connections/${connection.id}`)).body;
    expect(await app.api.patch(`/connections/${connection.id}`, { strategy: 'auth0' })).toMatchObject(
      refusals.invalidBody("'Additional properties not allowed: strategy'"),
    );
    expect((await app.api.get(`/connections/${connection.id}`)).body).toEqual(before);
  });

  it('cannot be changed past the API either, be the new one of the same kind or not', async () => {
    const { id } = await createConnection(app.api, 'okta');
    for (const [strategy, kind] of [
      ['samlp', 'enterprise'],
      ['auth0', 'database'],
    ]) {
      await expect(
        app.sql('UPDATE connections SET strategy = $2, strategy_kind = $3::strategy_kind WHERE id = $1', [
          id,
          strategy,
          kind,
        ]),
      ).rejects.toMatchObject({ constraint: 'connections_strategy_unchangeable' });
    }
    expect((await app.api.get(`/connections/${id}`)).body).toMatchObject({ strategy: 'okta' });
  });
});
