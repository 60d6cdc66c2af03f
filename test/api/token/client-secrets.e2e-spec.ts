import { decodeJwt } from 'jose';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { askForToken, createClient, withClients } from '../../support/clients.js';
import { refusals } from '../../support/errors.js';

const DAY_MS = 86_400_000;
const unauthorized = { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } };

describe('a client that expires', () => {
  const app = useApp();

  it('gets invalid_client once it has, and only with its secret', async () => {
    const client = await createClient(app, [], new Date(Date.now() - 1));
    const answer = await askForToken(app, client);
    expectAnswer(answer, {
      status: 401,
      body: { error: 'invalid_client', error_description: 'The client has expired' },
    });
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="oauth/token"');
    expectAnswer(await askForToken(app, { ...client, client_secret: 'wrong' }), unauthorized);
  });

  it('gets tokens until it expires, which expire no later', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { status, body } = await askForToken(app, await createClient(app, ['read:organizations'], expiresAt));
    expect(status).toBe(200);
    expect(body.expires_in).toBeLessThanOrEqual(3_600);
    expect(body.expires_in).toBeGreaterThan(3_500);
    const { iat, exp } = decodeJwt(body.access_token);
    expect(exp! - iat!).toBe(body.expires_in);
    expect((await app.api.as(body.access_token).get('/organizations')).status).toBe(200);
    const later = await askForToken(app, await createClient(app, [], new Date(Date.now() + 9 * DAY_MS)));
    expect(later.body.expires_in).toBe(86_400);
  });
});

describe('a secret that is rotated', () => {
  const app = useApp();
  const rotate = (clientId: string, keepUntil?: Date) =>
    withClients(app, (clients) => clients.rotateSecret(clientId, keepUntil));

  it('stays valid beside the new one until it expires', async () => {
    const client = await createClient(app, ['read:organizations']);
    const next = { ...client, client_secret: (await rotate(client.client_id, new Date(Date.now() + DAY_MS)))! };
    for (const good of [client, next]) expect((await askForToken(app, good)).status).toBe(200);
    await app.sql(
      "UPDATE machine_clients SET previous_secret_expires_at = now() - interval '1 ms' WHERE client_id = $1",
      [client.client_id],
    );
    expectAnswer(await askForToken(app, client), unauthorized);
    expect((await askForToken(app, next)).status).toBe(200);
  });

  it('ends at once when it is not kept, and leaves no hash behind', async () => {
    const client = await createClient(app, []);
    const next = { ...client, client_secret: (await rotate(client.client_id))! };
    expectAnswer(await askForToken(app, client), unauthorized);
    expect((await askForToken(app, next)).status).toBe(200);
    expect(
      await app.sql(
        'SELECT previous_secret_hash, previous_secret_expires_at FROM machine_clients WHERE client_id = $1',
        [client.client_id],
      ),
    ).toEqual([{ previous_secret_hash: null, previous_secret_expires_at: null }]);
  });

  it('leaves two valid secrets after concurrent rotations', async () => {
    const client = await createClient(app, []);
    const keepUntil = new Date(Date.now() + DAY_MS);
    const made = await Promise.all([1, 2, 3, 4].map(() => rotate(client.client_id, keepUntil)));
    const statuses: number[] = [];
    // From the oldest on: a right one resets the count of wrong ones.
    for (const client_secret of [client.client_secret, ...made]) {
      statuses.push((await askForToken(app, { ...client, client_secret: client_secret! })).status);
    }
    expect(statuses.sort()).toEqual([200, 200, 401, 401, 401]);
  });

  it('is in the database as a hash, both of them', async () => {
    const client = await createClient(app, []);
    const next = await rotate(client.client_id, new Date(Date.now() + DAY_MS));
    const rows = JSON.stringify(await app.sql('SELECT row_to_json(machine_clients)::text AS row FROM machine_clients'));
    for (const secret of [client.client_secret, next!]) expect(rows).not.toContain(secret);
  });

  it('does not change who is refused: tokens of neither open more than the client may', async () => {
    const client = await createClient(app, ['read:organizations']);
    const next = { ...client, client_secret: (await rotate(client.client_id, new Date(Date.now() + DAY_MS)))! };
    for (const good of [client, next]) {
      const { body } = await askForToken(app, good);
      expectAnswer(
        await app.api.as(body.access_token).get('/connections'),
        refusals.insufficientScope('read:connections'),
      );
    }
  });
});
