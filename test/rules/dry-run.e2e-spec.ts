import { alike } from '../support/alike.js';
import { expectAnswer } from '../support/answers.js';
import type { Answer, Write } from '../support/api.js';
import { useApp } from '../support/app.js';
import { contentsOf } from '../support/contents.js';
import { refusals } from '../support/errors.js';
import { createConnection, createEnabled, createOrganization, uniqueName } from '../support/factories.js';
import { documentedWrites } from '../support/openapi.js';
import { WRITES } from '../support/writes.js';

describe('Vestibule-Dry-Run', () => {
  const app = useApp({
    lookUpTxt: async () =>
      (await app.sql('SELECT verification_txt FROM organization_discovery_domains')).map(Object.values<string>),
  });
  const contents = () => contentsOf(app);
  const send = (write: Write, headers?: Record<string, string>) => app.api.sendWrite(write, headers);
  const tryOut = (write: Write) => send(write, { 'vestibule-dry-run': 'true' });

  it('is tried with every write of the OpenAPI document', () => {
    expect(Object.keys(WRITES).sort()).toEqual(documentedWrites());
  });

  describe.each(Object.entries(WRITES))(
    '%s',
    (operation, { status, prepare, changesNothing = false, isOutward = false }) => {
      it('is answered as it would be, and leaves the database as it was, byte for byte', async () => {
        const write = { method: operation.split(' ')[0]!, ...(await prepare(app.api)) };
        const before = await contents();
        const tried = await tryOut(write);
        expect(await contents()).toEqual(before);

        const done = await send(write);
        expect(tried.status).toBe(status);
        if (!isOutward) expect(bodyOf(tried)).toEqual(bodyOf(done));
        const length = isOutward && { 'content-length': tried.headers.get('content-length') };
        expect(headersOf(tried)).toEqual({ ...headersOf(done), ...length, 'vestibule-dry-run': 'true' });
        // It was not for want of an effect that there was none.
        expect((await contents()) === before).toBe(changesNothing);
      });
    },
  );

  describe('is refused as the write would be', () => {
    it.each<[string, () => Write | Promise<Write>, { status: number; body: unknown }]>([
      [
        'by the schema',
        () => ({ method: 'POST', path: '/organizations', body: {} }),
        refusals.invalidBody("'Missing required property: name'"),
      ],
      [
        'by what is not there',
        () => ({ method: 'DELETE', path: '/organizations/org_0000000000000000' }),
        refusals.organizationNotFound,
      ],
      [
        'by a rule',
        async () => ({ method: 'PATCH', path: (await createEnabled(app.api)).path, body: { show_as_button: false } }),
        refusals.hiddenButtonNotSupported,
      ],
      [
        'by what is taken',
        async () => ({
          method: 'POST',
          path: '/organizations',
          body: { name: (await createOrganization(app.api)).name },
        }),
        refusals.organizationNameTaken,
      ],
      [
        'by what is there already',
        async () => {
          const { organization, connection } = await createEnabled(app.api);
          const path = `/organizations/${organization.id}/connections`;
          return { method: 'POST', path, body: { connection_id: connection.id } };
        },
        refusals.organizationConnectionExists,
      ],
    ])('%s', async (_, prepare, refusal) => {
      const write = await prepare();
      const before = await contents();
      const tried = await tryOut(write);
      expectAnswer(tried, refusal);
      expect(tried.headers.get('vestibule-dry-run')).toBe('true');
      expect(await contents()).toEqual(before);
      expectAnswer(await send(write), refusal);
    });

    it('by a body that cannot be read, and by a token that lacks the scope', async () => {
      const headers = { 'content-type': 'application/json', 'vestibule-dry-run': 'true' };
      const unreadable = await app.api.request('POST', '/organizations', { headers, body: '{' });
      expectAnswer(unreadable, refusals.invalidJson);
      expect(unreadable.headers.get('vestibule-dry-run')).toBe('true');
      const weak = app.api.as(await app.issuer.token({ scopes: ['read:organizations'] }));
      expectAnswer(
        await weak.request('POST', '/organizations', { headers, body: '{}' }),
        refusals.insufficientScope('create:organizations'),
      );
    });

    it('by a constraint that is checked at the end of a transaction', async () => {
      await app.sql(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE unique_violation USING CONSTRAINT = 'connections_name_key'; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON connections DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION refuse();`);
      const write = { method: 'POST', path: '/connections', body: { name: uniqueName('con'), strategy: 'okta' } };
      try {
        expectAnswer(await send(write), refusals.connectionNameTaken);
        const tried = await tryOut(write);
        expectAnswer(tried, refusals.connectionNameTaken);
        expect(tried.headers.get('vestibule-dry-run')).toBe('true');
      } finally {
        await app.sql('DROP TRIGGER late ON connections; DROP FUNCTION refuse');
      }
    });
  });

  it('takes true and false, and nothing else', async () => {
    const write = () => ({ method: 'POST', path: '/organizations', body: { name: uniqueName('org') } });
    const done = await send(write(), { 'vestibule-dry-run': 'false' });
    expect(done.status).toBe(201);
    expect(done.headers.has('vestibule-dry-run')).toBe(false);
    const before = await contents();
    for (const value of ['', 'yes', 'TRUE', '1', 'true, true']) {
      const refusal = refusals.invalidHeader(`'No enum match for: ${value}' on property Vestibule-Dry-Run`);
      expectAnswer(await send(write(), { 'vestibule-dry-run': value }), refusal);
    }
    expect(await contents()).toEqual(before);
  });

  it('does nothing to a read', async () => {
    const { path } = await createEnabled(app.api);
    for (const value of ['true', 'no']) {
      const read = await app.api.request('GET', path, { headers: { 'vestibule-dry-run': value } });
      expect(read.status).toBe(200);
      expect(read.headers.has('vestibule-dry-run')).toBe(false);
    }
  });

  it('is named in the line of the log', async () => {
    const { path } = await createEnabled(app.api);
    const lines = () => app.log.filter((line) => line['path'] === `/api/v2${path}` && line['method'] === 'PATCH');
    await tryOut({ method: 'PATCH', path, body: {} });
    await send({ method: 'PATCH', path, body: {} });
    expect(lines().map((line) => line['dryRun'])).toEqual([true, undefined]);
  });

  it('leaves nothing behind and gives its connection back, whatever is tried at once', async () => {
    const rows = await Promise.all(Array.from({ length: 10 }, () => createEnabled(app.api)));
    const connection = await createConnection(app.api);
    const before = await contents();
    const trials = rows.flatMap(({ organization: { id }, path }): Write[] => [
      { method: 'PATCH', path, body: { assign_membership_on_login: true } },
      { method: 'POST', path: `/organizations/${id}/connections`, body: { connection_id: connection.id } },
      { method: 'PATCH', path: `/organizations/${id}`, body: { display_name: 'Tried' } },
      { method: 'DELETE', path },
    ]);
    const answers = await Promise.all(trials.map(tryOut));
    expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([200, 201, 204]);
    expect(await contents()).toEqual(before);
  });
});

const bodyOf = ({ body }: Answer) => alike(JSON.stringify(body) ?? '');

/** Without those that are about one way of the answer. */
function headersOf({ headers }: Answer): Record<string, string> {
  const { date: _, 'x-request-id': __, ...rest } = Object.fromEntries(headers);
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, alike(value)]));
}
