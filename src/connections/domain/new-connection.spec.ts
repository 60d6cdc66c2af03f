import { newConnection } from './new-connection.js';
import type { Strategy } from './strategy.js';

const made = (strategy: Strategy, fields = {}) => newConnection({ name: 'acme', strategy, ...fields });

describe('newConnection', () => {
  it('adds defaults', () => {
    expect(made('auth0')).toEqual({
      name: 'acme',
      strategy: 'auth0',
      strategyKind: 'database',
      options: {},
      realms: ['acme'],
      enabledClients: [],
      authentication: { active: true },
      connectedAccounts: { active: false },
    });
  });

  it('hides the button of enterprise connections, and leaves that of others unset', () => {
    expect(made('okta').showAsButton).toBe(false);
    expect(made('okta', { showAsButton: true }).showAsButton).toBe(true);
    for (const strategy of ['auth0', 'email', 'github'] as const) expect(made(strategy).showAsButton).toBeUndefined();
    expect(made('github', { showAsButton: false }).showAsButton).toBe(false);
  });

  it('uses the name as display name of oidc and waad connections without one', () => {
    expect(made('oidc').displayName).toBe('acme');
    expect(made('waad').displayName).toBe('acme');
    expect(made('oidc', { displayName: 'Acme' }).displayName).toBe('Acme');
    expect(made('okta').displayName).toBeUndefined();
  });

  it('keeps the fields of the draft, including empty lists and objects', () => {
    const fields = {
      options: { a: 1 },
      realms: [],
      enabledClients: ['client'],
      isDomainConnection: true,
      metadata: {},
      authentication: { active: false },
      connectedAccounts: { active: true },
      crossAppAccessRequestingApp: { active: true },
    };
    expect(made('samlp', fields)).toMatchObject(fields);
  });
});
