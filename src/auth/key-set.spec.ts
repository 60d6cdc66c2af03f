import { exportJWK, generateKeyPair, jwtVerify, SignJWT, type JWK } from 'jose';
import { KeySet, KeysUnavailableError, type LoadTimes } from './key-set.js';

const MAX_AGE_MS = 600_000;
const COOLDOWN_MS = 30_000;
const TIMES = { maxAgeMs: MAX_AGE_MS, cooldownMs: COOLDOWN_MS };

interface Key {
  readonly jwk: JWK;
  sign(): Promise<string>;
}

async function makeKey(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' };
  return { jwk, sign: () => new SignJWT().setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey) };
}

/** A set whose source holds `published`, at a time that only the test moves on. */
function makeSet(...published: Key[]) {
  return makeSetWith(TIMES, ...published);
}

function makeSetWith(times: LoadTimes, ...published: Key[]) {
  const source = { published, loads: 0, down: false, withdrawn: 0, failures: 0, time: 0 };
  const keySet = new KeySet(
    () => {
      source.loads++;
      return source.down
        ? Promise.reject(new Error('The source is down'))
        : Promise.resolve({ keys: source.published.map(({ jwk }) => jwk) });
    },
    times,
    () => source.withdrawn++,
    () => source.failures++,
    () => source.time,
  );
  const isGood = async (key: Key) => {
    await jwtVerify(await key.sign(), keySet.keyFor);
    return true;
  };
  return { source, keySet, isGood };
}

const UNKNOWN_KEY = { code: 'ERR_JWKS_NO_MATCHING_KEY' };

describe('KeySet', () => {
  let one: Key;
  let two: Key;
  beforeAll(async () => {
    [one, two] = await Promise.all([makeKey('one'), makeKey('two')]);
  });

  it('loads when the first token comes, and then no more', async () => {
    const { source, isGood } = makeSet(one);
    expect(source.loads).toBe(0);
    await expect(isGood(one)).resolves.toBe(true);
    await expect(isGood(one)).resolves.toBe(true);
    expect(source.loads).toBe(1);
  });

  it('loads once for all who ask at the same time', async () => {
    const { source, isGood } = makeSet(one, two);
    await Promise.all([isGood(one), isGood(two), isGood(one)]);
    expect(source.loads).toBe(1);
  });

  it('does not know a key that is new within 30 s of the last load, and does not load for it', async () => {
    const { source, isGood } = makeSet(one);
    await isGood(one);
    source.published = [one, two];
    source.time += COOLDOWN_MS - 1;
    for (let attempt = 0; attempt < 5; attempt++) await expect(isGood(two)).rejects.toMatchObject(UNKNOWN_KEY);
    expect(source.loads).toBe(1);
  });

  it('loads for a key that is new, once in 30 s however many unknown ones are named', async () => {
    const { source, isGood } = makeSet(one);
    const stranger = await makeKey('stranger');
    await isGood(one);
    source.published = [one, two];
    source.time += COOLDOWN_MS;
    await expect(isGood(two)).resolves.toBe(true);
    for (let attempt = 0; attempt < 5; attempt++) await expect(isGood(stranger)).rejects.toMatchObject(UNKNOWN_KEY);
    await expect(isGood(one)).resolves.toBe(true);
    expect(source.loads).toBe(2);
    source.time += COOLDOWN_MS;
    await expect(isGood(stranger)).rejects.toMatchObject(UNKNOWN_KEY);
    expect(source.loads).toBe(3);
  });

  it('waits for a load that is under way before it refuses a key', async () => {
    const { source, keySet, isGood } = makeSet(one);
    await isGood(one);
    source.published = [one, two];
    source.time += MAX_AGE_MS + 1;
    keySet.refreshWhenOld();
    await expect(isGood(two)).resolves.toBe(true);
    expect(source.loads).toBe(2);
  });

  it('asks a source that is down no more often than one that answers, and keeps its keys', async () => {
    const { source, isGood } = makeSet(one);
    await isGood(one);
    source.down = true;
    source.time += COOLDOWN_MS;
    await expect(isGood(two)).rejects.toThrow('The source is down');
    await expect(isGood(two)).rejects.toMatchObject(UNKNOWN_KEY);
    await expect(isGood(one)).resolves.toBe(true);
    expect(source.loads).toBe(2);
  });

  it('comes to work when the source was down at the first token, and asks it once a second until then', async () => {
    const { source, isGood } = makeSet(one);
    source.down = true;
    await expect(isGood(one)).rejects.toThrow('The source is down');
    source.time += 999;
    await expect(isGood(one)).rejects.toThrow('The source is down');
    expect(source.loads).toBe(1);
    source.down = false;
    source.time += 1;
    await expect(isGood(one)).resolves.toBe(true);
    expect(source.loads).toBe(2);
  });

  it('loads beside the check when it is older than it may be, and not before', async () => {
    const { source, keySet, isGood } = makeSet(one);
    await isGood(one);
    source.time += MAX_AGE_MS;
    keySet.refreshWhenOld();
    expect(source.loads).toBe(1);
    source.time += 1;
    keySet.refreshWhenOld();
    keySet.refreshWhenOld();
    expect(source.loads).toBe(2);
  });

  it('tells when a key was withdrawn, and does not take it any more', async () => {
    const { source, keySet, isGood } = makeSet(one, two);
    await isGood(one);
    source.published = [two];
    await keySet.reload();
    expect(source.withdrawn).toBe(1);
    await expect(isGood(one)).rejects.toMatchObject(UNKNOWN_KEY);
    await expect(isGood(two)).resolves.toBe(true);
  });

  it('tells when the id of a key was given to another', async () => {
    const { source, keySet, isGood } = makeSet(one);
    await isGood(one);
    source.published = [await makeKey('one')];
    await keySet.reload();
    expect(source.withdrawn).toBe(1);
    await expect(isGood(one)).rejects.toMatchObject({ code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
  });

  it('does not call a new key a withdrawn one', async () => {
    const { source, keySet } = makeSet(one);
    await keySet.reload();
    source.published = [two, one];
    await keySet.reload();
    expect(source.withdrawn).toBe(0);
  });

  it('keeps the present keys and tells when loading beside the check fails', async () => {
    const { source, keySet, isGood } = makeSet(one);
    await isGood(one);
    source.down = true;
    source.time += MAX_AGE_MS + 1;
    keySet.refreshWhenOld();
    await expect(isGood(one)).resolves.toBe(true);
    expect(source).toMatchObject({ loads: 2, failures: 1, withdrawn: 0 });
  });

  it('asks again after the cooldown when loading beside the check failed', async () => {
    const { source, keySet, isGood } = makeSet(one, two);
    await isGood(one);
    source.down = true;
    source.time += MAX_AGE_MS + 1;
    keySet.refreshWhenOld();
    await isGood(two);
    source.down = false;
    source.published = [two];
    source.time += COOLDOWN_MS;
    keySet.refreshWhenOld();
    expect(source.loads).toBe(2);
    source.time += 1;
    keySet.refreshWhenOld();
    await keySet.reload();
    expect(source).toMatchObject({ loads: 3, withdrawn: 1 });
  });

  it.each([{}, { keys: 'none' }, { keys: ['none'] }])('takes %j for no keys at all, once a second', async (answer) => {
    let loads = 0;
    let failures = 0;
    const keySet = new KeySet(
      () => (loads++, Promise.resolve(answer as never)),
      TIMES,
      () => expect(answer).toBe('never'),
      () => failures++,
      () => 0,
    );
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(jwtVerify(await one.sign(), keySet.keyFor)).rejects.toBeInstanceOf(KeysUnavailableError);
    }
    expect({ loads, failures }).toEqual({ loads: 1, failures: 1 });
  });

  describe('without a cooldown', () => {
    const withoutCooldown = { ...TIMES, cooldownMs: 0 };

    it('knows a key that was published a moment ago, also while it loads the set as it was before', async () => {
      const { source, keySet, isGood } = makeSetWith(withoutCooldown, one);
      await isGood(one);
      const underWay = keySet.reload();
      source.published = [one, two];
      await expect(isGood(two)).resolves.toBe(true);
      await underWay;
      expect(source.loads).toBe(3);
    });

    it('loads no more than twice for however many name unknown keys at the same time, and once more for the next', async () => {
      const { source, keySet, isGood } = makeSetWith(withoutCooldown, one);
      await isGood(one);
      const token = await two.sign();
      const check = () => expect(jwtVerify(token, keySet.keyFor)).rejects.toMatchObject(UNKNOWN_KEY);
      await Promise.all(Array.from({ length: 20 }, check));
      expect(source.loads).toBe(3);
      await check();
      expect(source.loads).toBe(4);
    });

    it('asks a source that is down once a second all the same', async () => {
      const { source, keySet, isGood } = makeSetWith(withoutCooldown, one);
      await isGood(one);
      source.down = true;
      await expect(isGood(two)).rejects.toThrow('The source is down');
      source.time += 999;
      await expect(isGood(two)).rejects.toMatchObject(UNKNOWN_KEY);
      keySet.refreshWhenOld();
      expect(source).toMatchObject({ loads: 2, failures: 1 });
      source.time += 1;
      await expect(isGood(two)).rejects.toThrow('The source is down');
      expect(source).toMatchObject({ loads: 3, failures: 2 });
    });
  });
});
