import { randomUUID } from 'node:crypto';
import { SCOPES } from '../../src/auth/scopes.js';
import { expectAnswer } from '../support/answers.js';
import type { Answer, Api, Write } from '../support/api.js';
import { startApp, useApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { contentsOf } from '../support/contents.js';
import { refusals } from '../support/errors.js';
import { createEnabled, createOrganization, DEFAULT_CONNECTION, uniqueName } from '../support/factories.js';
import { untilWaiting, whileLocked } from '../support/locks.js';
import { WRITES } from '../support/writes.js';

type Enabled = Awaited<ReturnType<typeof createEnabled>>;

const onTheSameDatabase = (databaseUrl: string) => ({ database: { url: databaseUrl, drop: () => Promise.resolve() } });

describe('Idempotency-Key', () => {
  const lookUpTxt = async () =>
    (await app.sql('SELECT verification_txt FROM organization_discovery_domains')).map(Object.values<string>);
  const app = useApp({ lookUpTxt });
  let other: Api;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const second = await startApp({ lookUpTxt, ...onTheSameDatabase(app.databaseUrl) });
    ({ stop } = second);
    other = second.app.api;
  });
  afterAll(() => stop());

  const contents = () => contentsOf(app);
  const send = (write: Write, key: string, api = app.api) => api.sendWrite(write, { 'idempotency-key': key });
  const creation = (): Write => ({ method: 'POST', path: '/organizations', body: { name: uniqueName('org') } });
  const countOf = async ({ body }: Write) => {
    const [row] = await app.sql<{ count: number }>('SELECT count(*)::int FROM organizations WHERE name = $1', [
      (body as { name: string }).name,
    ]);
    return row!.count;
  };

  /** The same status, body and headers, and the header that says so. */
  function expectReplayed(again: Answer, first: Answer): void {
    expectAnswer(again, { status: first.status, body: first.body });
    expect(headersOf(again)).toEqual({ ...headersOf(first), 'idempotency-replayed': 'true' });
  }

  const WITH_KEY = Object.entries(WRITES).filter(([operation]) => /^(POST|PATCH) /.test(operation));

  describe.each(WITH_KEY)('%s', (operation, { status, prepare, changesNothing = false }) => {
    it('is done once and answered alike when it is repeated, here and by another server', async () => {
      const write = { method: operation.split(' ')[0]!, ...(await prepare(app.api)) };
      const key = randomUUID();
      const before = await effectsOf(contents);
      const first = await send(write, key);
      expect(first.status).toBe(status);
      expect(first.headers.has('idempotency-replayed')).toBe(false);
      expect((await effectsOf(contents)) === before).toBe(changesNothing);

      const after = await contents();
      expectReplayed(await send(write, key), first);
      expectReplayed(await send(write, key, other), first);
      expect(await contents()).toEqual(after);
    });
  });

  it('repeats a refusal too', async () => {
    const { name } = await createOrganization(app.api);
    const missing: Write = { method: 'PATCH', path: '/organizations/org_0000000000000000', body: {} };
    const taken: Write = { method: 'POST', path: '/organizations', body: { name } };
    const invalid: Write = { method: 'POST', path: '/organizations', body: {} };
    for (const write of [missing, taken, invalid]) {
      const key = randomUUID();
      const first = await send(write, key);
      expect(first.status).toBeGreaterThanOrEqual(400);
      expectReplayed(await send(write, key, other), first);
    }
  });

  it('means nothing to a PUT or DELETE, which can be repeated without', async () => {
    const { id } = await createOrganization(app.api);
    const removal: Write = { method: 'DELETE', path: `/organizations/${id}` };
    expect((await send(removal, 'no "key')).status).toBe(204);
    expectAnswer(await send(removal, 'no "key'), refusals.organizationNotFound);
  });

  describe('as a header', () => {
    const BARE = `key_${'x'.repeat(240)}`;

    it.each([
      ['a string', '"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
      ['a string with blanks and escapes', '"a \\"b\\" \\\\ c; d, e"'],
      ['the same without quotes', '8e03978e-40d5-43e8-bc93-6894a57f9325'],
      ['a name of several parts', 'import/2026-11-25:row=1~2+3.4'],
      ['as long as it may be', `"${'"'.repeat(255).replaceAll('"', '\\"')}"`],
    ])('can be %s', async (_, key) => {
      const write = creation();
      const first = await send(write, key);
      expect(first.status).toBe(201);
      expectReplayed(await send(write, key), first);
    });

    it('is the same with and without quotes', async () => {
      const write = creation();
      const first = await send(write, BARE);
      expectReplayed(await send(write, `"${BARE}"`), first);
    });

    const invalid = (sent: string) =>
      `'Object didn't pass validation for format idempotency-key: ${sent}' on property Idempotency-Key`;
    it.each([
      ['empty', '', "'String is too short (0 chars), minimum 1' on property Idempotency-Key"],
      ['an empty string', '""', "'String is too short (0 chars), minimum 1' on property Idempotency-Key"],
      [
        '256 characters long',
        'x'.repeat(256),
        "'String is too long (256 chars), maximum 255' on property Idempotency-Key",
      ],
      ['a string without an end', '"abc', invalid('"abc')],
      ['a string and more', '"abc";x=1', invalid('"abc";x=1')],
      ['two keys', '"abc", "def"', invalid('"abc", "def"')],
      ['two keys without quotes', 'abc, def', invalid('abc, def')],
      ['beyond ASCII', '"schl\xfcssel"', invalid('"schl\xfcssel"')],
      ['a lone backslash', '"a\\b"', invalid('"a\\b"')],
    ])('is refused when it is %s', async (_, key, detail) => {
      const write = creation();
      expectAnswer(await send(write, key), refusals.invalidHeader(detail));
      expect(await countOf(write)).toBe(0);
    });

    it('is refused with a token that has no subject', async () => {
      const token = await app.issuer.token({ claims: { sub: undefined } });
      const refusal = refusals.invalidHeader("'Expected a token with a subject' on property Idempotency-Key");
      expectAnswer(await send(creation(), randomUUID(), app.api.as(token)), refusal);
    });
  });

  it('is refused with another request, of which nothing is done', async () => {
    const { organization, path } = await createEnabled(app.api);
    const write: Write = { method: 'PATCH', path, body: { show_as_button: true } };
    const key = randomUUID();
    const headers = { 'idempotency-key': key };
    const first = await send(write, key);
    const before = await contents();
    const others: Answer[] = [
      await send({ ...write, body: { show_as_button: true, is_signup_enabled: false } }, key),
      await send({ ...write, body: { show_as_button: 'true' } }, key),
      await send({ ...write, path: path.replace('enabled_connections', 'connections') }, key),
      await send({ ...write, path: `/organizations/${organization.id}` }, key),
      await send({ ...write, path: `${path}?a=b` }, key),
      await send(creation(), key, other),
      await app.api.sendWrite(write, { ...headers, 'if-match': '"1"' }),
      await app.api.request('PATCH', path, {
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'show_as_button=true',
      }),
    ];
    for (const answer of others) expectAnswer(answer, refusals.idempotencyKeyReused);
    expect(await contents()).toEqual(before);
    expectReplayed(await send(write, key), first);
  });

  it('is its caller’s own, and its answer is for the same scopes', async () => {
    const write: Write = { method: 'POST', path: '/users', body: { email: 'ada@example.com', connection: 'none' } };
    const key = randomUUID();
    const first = await send(write, key);
    const stranger = app.api.as(await app.issuer.token({ claims: { sub: 'other@clients' } }));
    const strange = await send(write, key, stranger);
    expectAnswer(strange, { status: first.status, body: first.body });
    expect(strange.headers.has('idempotency-replayed')).toBe(false);
    const weaker = app.api.as(await app.issuer.token({ scopes: SCOPES.filter((scope) => scope !== 'read:users') }));
    expectAnswer(await send(write, key, weaker), refusals.idempotencyKeyReused);
  });

  it('is forgotten after 24 hours', async () => {
    const write = creation();
    const key = randomUUID();
    const age = (hours: number) =>
      app.sql(`UPDATE idempotency_keys SET created_at = created_at - make_interval(hours => $1)`, [hours]);
    const first = await send(write, key);
    await age(23);
    expectReplayed(await send(write, key), first);
    await age(1);
    const second = await send(write, key);
    expectAnswer(second, refusals.organizationNameTaken);
    expect(second.headers.has('idempotency-replayed')).toBe(false);
    expectReplayed(await send(write, key), second);
  });

  const lockedRow = ({ organization }: Enabled): [string, string] => [
    'SELECT FROM organization_connections WHERE organization_id = $1',
    organization.id,
  ];
  const patch = ({ path }: Enabled): Write => ({ method: 'PATCH', path, body: { assign_membership_on_login: true } });

  it('is 409 while the first request is still running, and the same answer then', async () => {
    const enabled = await createEnabled(app.api);
    const key = randomUUID();
    let running: Promise<Answer> | undefined;
    await whileLocked(app, lockedRow(enabled), async () => {
      running = send(patch(enabled), key);
      await untilWaiting(app);
      for (const early of [send(patch(enabled), key), send(patch(enabled), key, other), send(creation(), key)]) {
        expectAnswer(await early, refusals.idempotencyKeyInUse);
        expect((await early).headers.get('retry-after')).toBe('1');
      }
    });
    const first = await running!;
    expect(first.status).toBe(200);
    expectReplayed(await send(patch(enabled), key, other), first);
  });

  it('has one effect when fifty requests come at once over two servers', async () => {
    const write = creation();
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => send(write, key, at % 2 === 0 ? app.api : other)),
    );
    const [first, ...others] = answers.filter(
      ({ status, headers }) => status === 201 && !headers.has('idempotency-replayed'),
    );
    expect(others).toEqual([]);
    for (const answer of answers) {
      if (answer === first) continue;
      if (answer.status === 201) expectReplayed(answer, first!);
      else expectAnswer(answer, refusals.idempotencyKeyInUse);
    }
    expectReplayed(await send(write, key, other), first!);
    expect(await countOf(write)).toBe(1);
  });

  describe('keeps no answer, and lets nothing be done,', () => {
    it('when the request has failed', async () => {
      const enabled = await createEnabled(app.api);
      const key = randomUUID();
      const before = await contents();
      await whileLocked(app, lockedRow(enabled), async () =>
        expectAnswer(await send(patch(enabled), key), refusals.rowLocked),
      );
      expect(await contents()).toEqual(before);
      const second = await send(patch(enabled), key);
      expect(second.status).toBe(200);
      expect(second.headers.has('idempotency-replayed')).toBe(false);
    });

    it('when it was refused for a scope', async () => {
      const { connection } = await createEnabled(app.api);
      const body = { name: uniqueName('org'), enabled_connections: [{ connection_id: connection.id }] };
      const write: Write = { method: 'POST', path: '/organizations', body };
      const key = randomUUID();
      const weak = app.api.as(await app.issuer.token({ scopes: ['create:organizations'] }));
      expectAnswer(await send(write, key, weak), refusals.insufficientScope('create:organization_connections'));
      expect((await send(write, key)).status).toBe(201);
    });

    it('when the COMMIT fails', async () => {
      await app.sql(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON idempotency_keys DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION refuse();`);
      const write = creation();
      const key = randomUUID();
      const before = await contents();
      try {
        expect(await send(write, key)).toMatchObject({ status: 500, body: { error: 'Internal Server Error' } });
        expect(await contents()).toEqual(before);
      } finally {
        await app.sql('DROP TRIGGER late ON idempotency_keys; DROP FUNCTION refuse');
      }
      expect((await send(write, key)).status).toBe(201);
    });

    it('when it is a dry run, which is answered as the request would be', async () => {
      const write = creation();
      const key = randomUUID();
      const headers = { 'idempotency-key': key, 'vestibule-dry-run': 'true' };
      const before = await contents();
      expect((await app.api.sendWrite(write, headers)).status).toBe(201);
      expect(await contents()).toEqual(before);

      const first = await send(write, key);
      expect(first.headers.has('idempotency-replayed')).toBe(false);
      const tried = await app.api.sendWrite(write, headers);
      expectAnswer(tried, { status: 201, body: first.body });
      expect(tried.headers.get('vestibule-dry-run')).toBe('true');
      expect(tried.headers.get('idempotency-replayed')).toBe('true');
      expectAnswer(await app.api.sendWrite(creation(), headers), refusals.idempotencyKeyReused);
    });
  });

  it('finds what was done for a client that hung up meanwhile', async () => {
    const enabled = await createEnabled(app.api);
    const write = patch(enabled);
    const key = randomUUID();
    await whileLocked(app, lockedRow(enabled), async () => {
      const hangUp = new AbortController();
      const gone = app.api.sendWrite(write, { 'idempotency-key': key }, hangUp.signal);
      await untilWaiting(app);
      hangUp.abort();
      await expect(gone).rejects.toThrow('aborted');
    });
    const again = await eventually(
      () => send(write, key, other),
      ({ status }) => status !== 409,
    );
    expect(again).toMatchObject({ status: 200, body: { assign_membership_on_login: true } });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('keeps neither the key nor anything of the request, such as a password', async () => {
    const { body } = { body: { connection: DEFAULT_CONNECTION, email: 'ada@example.com', password: 'correct horse' } };
    const key = randomUUID();
    expect((await send({ method: 'POST', path: '/users', body }, key)).status).toBe(201);
    const kept = await contents();
    expect(kept).toContain('ada@example.com');
    expect(kept).not.toContain('correct horse');
    expect(kept).not.toContain(key);
  });

  it('is named in the line of the log when the answer is not a new one', async () => {
    const write = creation();
    const key = randomUUID();
    const [first, second] = [await send(write, key), await send(write, key)].map(({ headers }) =>
      headers.get('x-request-id'),
    );
    const lineOf = (id: string | null | undefined) => app.log.find((line) => line['requestId'] === id);
    expect([lineOf(first)!['replayed'], lineOf(second)!['replayed']]).toEqual([undefined, true]);
  });

  it('survives a restart, which removes what has expired and nothing else', async () => {
    const write = creation();
    const key = randomUUID();
    const first = await send(write, key);
    await app.sql(`
      INSERT INTO idempotency_keys (id, fingerprint, status, headers, created_at)
      SELECT encode(sha256(n::text::bytea), 'hex'), repeat('0', 64), 204, '{}', now() - interval '24 hours'
        FROM generate_series(1, 2500) n`);
    const expired = () =>
      app.sql("SELECT FROM idempotency_keys WHERE created_at <= now() - interval '24 hours' LIMIT 1");
    expect(await expired()).toHaveLength(1);
    const servers = await Promise.all([0, 1].map(() => startApp(onTheSameDatabase(app.databaseUrl))));
    try {
      await eventually(expired, ({ length }) => length === 0);
      for (const server of servers) expectReplayed(await send(write, key, server.app.api), first);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });
});

describe('A locked row', () => {
  const app = useApp({ env: { DATABASE_POOL_SIZE: '4' } });

  it('costs nobody else their turn when thirty changes with keys wait for it', async () => {
    const { organization, path } = await createEnabled(app.api);
    const change: Write = { method: 'PATCH', path, body: { assign_membership_on_login: true } };
    const select = 'SELECT FROM organization_connections WHERE organization_id = $1';
    let answered = 0;
    const changing = await whileLocked(app, [select, organization.id], async () => {
      const begun = Array.from({ length: 30 }, () =>
        app.api.sendWrite(change, { 'idempotency-key': randomUUID() }).finally(() => answered++),
      );
      await untilWaiting(app, 2);
      const others = await Promise.all([
        app.api.patch(`/organizations/${organization.id}`, { display_name: 'Changed' }),
        app.api.get('/connections'),
        app.api.get(path),
      ]);
      expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(answered).toBe(0);
      // Not awaited here.
      return () => Promise.all(begun);
    });
    expect((await changing()).map(({ status }) => status)).toEqual(Array<number>(30).fill(200));
  });
});

/** All but the kept answers. */
async function effectsOf(contents: () => Promise<string>): Promise<string> {
  return (await contents()).replaceAll(/^idempotency_keys .*\n?/gm, '');
}

/** Without those that are about one way of the answer. */
function headersOf({ headers }: Answer): Record<string, string> {
  const { date: _, 'x-request-id': __, ...rest } = Object.fromEntries(headers);
  return rest;
}
