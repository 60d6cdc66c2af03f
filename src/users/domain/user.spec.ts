import { emailOf, keyOf, mergeMetadata, userIdOf, withDefaults } from './user.js';

describe('withDefaults', () => {
  it('keeps a name and nickname that were sent', () => {
    const draft = { connection: 'c', email: 'ada@example.com', name: 'Ada', nickname: 'A' };
    expect(withDefaults(draft)).toEqual(draft);
  });

  it.each([
    [{ email: 'ada@example.com', username: 'u' }, 'ada@example.com', 'ada'],
    [{ phoneNumber: '+1', username: 'u' }, '+1', 'u'],
    [{ username: 'u' }, 'u', 'u'],
    [{}, undefined, undefined],
  ])('names who sent only %j', (sent, name, nickname) => {
    expect(withDefaults({ connection: 'c', ...sent })).toEqual({ connection: 'c', ...sent, name, nickname });
  });
});

describe('userIdOf and keyOf', () => {
  it('are inverse, also for a key that contains a bar', () => {
    expect(userIdOf('samlp', 'idp|ada')).toBe('samlp|idp|ada');
    expect(keyOf('samlp|idp|ada')).toBe('idp|ada');
  });
});

describe('mergeMetadata', () => {
  it.each([
    [null, { a: 1 }, { a: 1 }],
    [{ a: 1, b: 2 }, { b: 3 }, { a: 1, b: 3 }],
    [{ a: { x: 1, y: 2 } }, { a: { x: 3 } }, { a: { x: 3 } }],
    [{ a: 1, b: 2 }, { a: null }, { b: 2 }],
    [{ a: 1 }, {}, {}],
  ])('of %j and %j is %j', (present, sent, merged) => {
    expect(mergeMetadata(present, sent)).toEqual(merged);
  });
});

describe('emailOf', () => {
  it.each([
    ['email:"ada@example.com"', 'ada@example.com'],
    ['email:ada@example.com', 'ada@example.com'],
    ['email:ada*', undefined],
    ['email:"a" OR email:"b"', undefined],
    ['name:ada', undefined],
  ])('understands of %s the address %s', (query, email) => {
    expect(emailOf(query)).toBe(email);
  });
});
