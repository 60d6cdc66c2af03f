import { signingKeyOf } from './signing-key.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const key = (kid: string, ageMs: number) => ({ kid, createdAt: new Date(NOW.getTime() - ageMs) });

describe('signingKeyOf', () => {
  it.each([
    ['the only key, however new', [key('first', 0)], 'first'],
    [
      'the present key while its successor is published for less than 60 s',
      [key('next', 59_999), key('old', 1e8)],
      'old',
    ],
    ['the successor from 60 s on', [key('next', 60_000), key('old', 1e8)], 'next'],
    ['the newest of several that may', [key('c', 1e8), key('b', 2e8), key('a', 3e8)], 'c'],
    ['of several new keys the one that is published for longest', [key('b', 1_000), key('a', 2_000)], 'a'],
    ['a key that a clock ahead of ours has made, when there is no other', [key('ahead', -1_000)], 'ahead'],
  ])('takes %s', (_, published, kid) => {
    expect(signingKeyOf(published, NOW)?.kid).toBe(kid);
  });

  it('returns undefined without keys', () => {
    expect(signingKeyOf([], NOW)).toBeUndefined();
  });
});
