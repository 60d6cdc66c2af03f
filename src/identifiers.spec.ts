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
  it('gives 24 hexadecimal digits, two in a row never from the same half of all keys', () => {
    const keys = Array.from({ length: 100 }, () => newUserKey());
    for (const [at, key] of keys.entries()) {
      expect(key).toMatch(/^[0-9a-f]{24}$/);
      if (at > 0) expect(key < '8').not.toBe(keys[at - 1]! < '8');
    }
  });
});
