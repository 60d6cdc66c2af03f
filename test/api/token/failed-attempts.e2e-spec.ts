import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { askForToken, createClient, type Credentials } from '../../support/clients.js';
import { later } from '../../support/clock.js';

const unauthorized = { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } };
const paused = {
  status: 429,
  body: { error: 'too_many_requests', error_description: 'Too many failed attempts, try again later' },
};

describe('failed attempts to get a token', () => {
  const app = useApp({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
  let addresses = 0;
  /** A unique address. */
  const newAddress = () => `192.0.2.${++addresses}`;
  const newClient = () => createClient(app, ['read:organizations']);
  const guess = (client: Credentials, address: string) =>
    askForToken(app, { ...client, client_secret: 'guessed' }, address);
  async function fail(times: number, client: Credentials, address: string): Promise<void> {
    for (let time = 0; time < times; time++) expectAnswer(await guess(client, address), unauthorized);
  }
  async function expectPause(seconds: number, client: Credentials, address: string): Promise<void> {
    const answer = await askForToken(app, client, address);
    expectAnswer(answer, paused);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const retryAfter = Number(answer.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(seconds / 2);
    expect(retryAfter).toBeLessThanOrEqual(seconds);
  }

  it('bring a pause after five of one client from one address, also for the right secret, twice as long each time', async () => {
    const client = await newClient();
    const address = newAddress();
    await fail(5, client, address);
    await expectPause(1, client, address);
    await later(1_001, async () => {
      await fail(1, client, address);
      await expectPause(2, client, address);
    });
    await later(3_100, async () => {
      await fail(1, client, address);
      await expectPause(4, client, address);
    });
    await later(7_200, async () => {
      expect((await askForToken(app, client, address)).status).toBe(200);
    });
  });

  it('never bring a pause of more than 5 minutes, and are forgotten after 15', async () => {
    const client = await newClient();
    const address = newAddress();
    let minutes = 0;
    await fail(5, client, address);
    for (let time = 0; time < 12; time++) {
      await later((minutes += 5.1) * 60_000, () => fail(1, client, address));
    }
    await later(minutes * 60_000, () => expectPause(300, client, address));
    await later((minutes + 15.1) * 60_000, async () => {
      await fail(4, client, address);
      expect((await askForToken(app, client, address)).status).toBe(200);
    });
  });

  it('do not delay requests for the same client from other addresses', async () => {
    const client = await newClient();
    const guesser = newAddress();
    await fail(5, client, guesser);
    await expectPause(1, client, guesser);
    expect((await askForToken(app, client, newAddress())).status).toBe(200);
  });

  it('count no more once a secret was right', async () => {
    const client = await newClient();
    const address = newAddress();
    for (let round = 0; round < 3; round++) {
      await fail(4, client, address);
      expect((await askForToken(app, client, address)).status).toBe(200);
    }
  });

  it('let no more guesses be tried when they are sent at once, and do not tell which was right', async () => {
    const client = await newClient();
    const address = newAddress();
    const wrong = await Promise.all(Array.from({ length: 30 }, () => guess(client, address)));
    expect(wrong.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(wrong.filter(({ status }) => status === 429)).toHaveLength(25);
    await expectPause(1, client, address);
  });

  it('do not delay concurrent requests with the right secret', async () => {
    const client = await newClient();
    const address = newAddress();
    const answers = await Promise.all(Array.from({ length: 30 }, () => askForToken(app, client, address)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(30);
  });

  it('bring a pause after fifty from one address, whatever the clients, but for those that are known there', async () => {
    const address = newAddress();
    const [known, stranger] = [await newClient(), await newClient()];
    expect((await askForToken(app, known, address)).status).toBe(200);
    for (let time = 0; time < 50; time++) {
      expectAnswer(await guess({ client_id: `made-up-${time}`, client_secret: '' }, address), unauthorized);
    }
    await expectPause(1, stranger, address);
    await expectPause(1, { client_id: 'made-up', client_secret: 'a' }, address);
    expect((await askForToken(app, known, address)).status).toBe(200);
    expect((await askForToken(app, stranger, newAddress())).status).toBe(200);
  });

  it('count for all of the IPv6 addresses that one customer has', async () => {
    const client = await newClient();
    for (let time = 1; time <= 5; time++) await fail(1, client, `2001:db8:1:2::${time}`);
    await expectPause(1, client, '2001:db8:1:2:3:4:5:6');
    expect((await askForToken(app, client, '2001:db8:1:3::1')).status).toBe(200);
  });

  it('bring a pause after a thousand of one client, and it still gets tokens where it is known', async () => {
    const [client, other] = [await newClient(), await newClient()];
    const home = newAddress();
    expect((await askForToken(app, client, home)).status).toBe(200);
    for (let network = 0; network < 10; network++) {
      const guesses = Array.from({ length: 100 }, (_, host) => guess(client, `198.51.${network}.${host}`));
      for (const answer of await Promise.all(guesses)) expectAnswer(answer, unauthorized);
    }
    await expectPause(1, client, newAddress());
    expect((await askForToken(app, client, home)).status).toBe(200);
    expect((await askForToken(app, other, newAddress())).status).toBe(200);
  });
});
