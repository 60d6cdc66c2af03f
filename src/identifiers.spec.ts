import { newSortedId, newUserKey } from './identifiers.js';

describe('newSortedId', () => {
  it('gives ids that sort by the bytes in the order they were made, also within a millisecond', () => {
    const ids = Array.from({ length: 1_000 }, () => newSortedId('ord'));
    for (const id of ids) expect(id).toMatch(/^ord_[0-9A-Za-z]{22}$/);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('newUserKey', () => {
  it('gives 24 hexadecimal digits, each pair drawn by itself', () => {
    const keys = Array.from({ length: 1_000 }, () => newUserKey());
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{24}$/);
    expect(new Set(keys).size).toBe(keys.length);
    // Two in a row begin in the same half of all keys about every other time.
    const inSameHalf = keys.filter((key, at) => at > 0 && key < '8' === keys[at - 1]! < '8').length;
    expect(inSameHalf).toBeGreaterThan(350);
    expect(inSameHalf).toBeLessThan(650);
  });
});
