import { kindOf, STRATEGIES, type Strategy } from './strategy.js';

const DATABASE: Strategy[] = ['auth0'];
const PASSWORDLESS: Strategy[] = ['email', 'sms'];
const ENTERPRISE: Strategy[] = [
  'ad',
  'adfs',
  'auth0-oidc',
  'custom',
  'google-apps',
  'ip',
  'office365',
  'oidc',
  'okta',
  'pingfederate',
  'samlp',
  'sharepoint',
  'waad',
];

describe('the kind of a strategy', () => {
  it.each(DATABASE)('is database for %s', (strategy) => expect(kindOf(strategy)).toBe('database'));
  it.each(PASSWORDLESS)('is passwordless for %s', (strategy) => expect(kindOf(strategy)).toBe('passwordless'));
  it.each(ENTERPRISE)('is enterprise for %s', (strategy) => expect(kindOf(strategy)).toBe('enterprise'));

  it.each(STRATEGIES.filter((strategy) => ![...DATABASE, ...PASSWORDLESS, ...ENTERPRISE].includes(strategy)))(
    'is social for %s',
    (strategy) => expect(kindOf(strategy)).toBe('social'),
  );
});

describe('the strategies', () => {
  it('are 55, each once', () => {
    expect(STRATEGIES).toHaveLength(55);
    expect(new Set(STRATEGIES).size).toBe(STRATEGIES.length);
  });

  it('need no escaping in a path or query', () => {
    for (const strategy of STRATEGIES) expect(encodeURIComponent(strategy)).toBe(strategy);
  });
});
