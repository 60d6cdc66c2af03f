import { newConnection } from './new-connection.js';
import type { Strategy } from './strategy.js';

const made = (strategy: Strategy, fields = {}) => newConnection({ name: 'acme', strategy, ...fields });

describe('newConnection', () => {
  it('fills in what the draft leaves open', () => {
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

  it('hides the button of an enterprise connection, and says nothing of that of others', () => {
    expect(made('okta').showAsButton).toBe(false);
    expect(made('okta', { showAsButton: true }).showAsButton).toBe(true);
    for (const strategy of ['auth0', 'email', 'github'] as const) expect(made(strategy).showAsButton).toBeUndefined();
    expect(made('github', { showAsButton: false }).showAsButton).toBe(false);
  });

  it('shows oidc and waad connections under their name unless they have another', () => {
    expect(made('oidc').displayName).toBe('acme');
    expect(made('waad').displayName).toBe('acme');
    expect(made('oidc', { displayName: 'Acme' }).displayName).toBe('Acme');
    expect(made('okta').displayName).toBeUndefined();
  });

  it('keeps what the draft says, empty lists and objects too', () => {
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
