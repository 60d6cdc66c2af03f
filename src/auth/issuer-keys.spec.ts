import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT, type JWK } from 'jose';
import { IssuerKeys, KeysUnavailableError, type KeyTimes } from './issuer-keys.js';

const EXTERNAL: KeyTimes = { maxAgeMs: 600_000, cooldownMs: 30_000 };
const BUILT_IN: KeyTimes = { maxAgeMs: 10_000, cooldownMs: 0 };
const UNKNOWN_KEY = { code: 'ERR_JWKS_NO_MATCHING_KEY' };

interface Key {
  readonly jwk: JWK;
  readonly token: string;
}

async function makeKey(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' };
  return { jwk, token: await new SignJWT().setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey) };
}

/** Keys whose source holds `published`. */
function makeKeys(times: KeyTimes, ...published: Key[]) {
  const source = { published, loads: 0, isDown: false, withdrawn: 0, failures: 0 };
  const load = async () => {
    source.loads++;
    const keys = source.published.map(({ jwk }) => jwk);
    await new Promise(setImmediate);
    if (source.isDown) throw new Error('The source is down');
    return { keys };
  };
  const onWithdrawn = () => source.withdrawn++;
  const keys = new IssuerKeys('https://issuer.example/', load, times, onWithdrawn, () => source.failures++);
  return { source, keys, verify: ({ token }: Key) => jwtVerify(token, keys.keyFor) };
}

/** From now on the clock stands still, so much later. */
function pass(milliseconds: number): void {
  const now = Date.now() + milliseconds;
  jest.spyOn(Date, 'now').mockReturnValue(now);
}

describe('IssuerKeys', () => {
  afterEach(() => jest.restoreAllMocks());

  let one: Key;
  let two: Key;
  beforeAll(async () => {
    [one, two] = await Promise.all([makeKey('one'), makeKey('two')]);
  });

  it('loads once for concurrent requests', async () => {
    const { source, verify } = makeKeys(EXTERNAL, one, two);
    await Promise.all([verify(one), verify(two), verify(one)]);
    expect(source.loads).toBe(1);
  });

  it('finds, without a cooldown, a key that was published during the last load', async () => {
    const { source, keys, verify } = makeKeys(BUILT_IN, one);
    await verify(one);
    pass(10_001);
    keys.refreshWhenOld();
    source.published = [one, two];
    await verify(two);
  });

  it('loads at most twice for any number of concurrent unknown keys', async () => {
    const { source, verify } = makeKeys(BUILT_IN, one);
    await verify(one);
    await Promise.all(Array.from({ length: 20 }, () => expect(verify(two)).rejects.toMatchObject(UNKNOWN_KEY)));
    expect(source.loads).toBeLessThanOrEqual(3);
  });

  it('retries the first load once a second while the source is down', async () => {
    const { source, verify } = makeKeys(BUILT_IN, one);
    source.isDown = true;
    for (let attempt = 0; attempt < 3; attempt++) await expect(verify(one)).rejects.toThrow(KeysUnavailableError);
    expect(source).toMatchObject({ loads: 1, failures: 1 });
    source.isDown = false;
    pass(1_001);
    await verify(one);
  });

  it('keeps the keys while the source is down, and does not reload more often', async () => {
    const { source, keys, verify } = makeKeys(EXTERNAL, one);
    await verify(one);
    source.isDown = true;
    pass(600_001);
    for (let attempt = 0; attempt < 3; attempt++) {
      keys.refreshWhenOld();
      await verify(one);
      await expect(verify(two)).rejects.toThrow(KeysUnavailableError);
    }
    expect(source).toMatchObject({ loads: 2, failures: 1, withdrawn: 0 });
    source.isDown = false;
    source.published = [one, two];
    pass(30_001);
    await verify(two);
  });

  it('reports a withdrawn key or a reused id, and not an added key', async () => {
    const { source, verify } = makeKeys(BUILT_IN, one);
    await verify(one);
    const published = async (...given: Key[]) => {
      source.published = given;
      await expect(verify(await makeKey('unknown'))).rejects.toMatchObject(UNKNOWN_KEY);
      return source.withdrawn;
    };
    expect(await published(one, two)).toBe(0);
    expect(await published(two)).toBe(1);
    await expect(verify(one)).rejects.toMatchObject(UNKNOWN_KEY);
    expect(await published(await makeKey('two'))).toBe(2);
  });
});
