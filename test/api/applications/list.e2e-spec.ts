import { SCOPES } from '../../../src/auth/scopes.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createOrganization } from '../../support/factories.js';

describe('The lists of applications and their grants, which tools look up before they manage organizations', () => {
  const app = useApp();

  /** Not through the client of the other specs: these lists are outside the published document. */
  async function get(path: string, token = app.api.token): Promise<{ status: number; body: unknown }> {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${app.api.origin}/api/v2${path}`, { headers });
    return { status: response.status, body: await response.json() };
  }

  it.each([
    ['/clients', 'read:clients', 200],
    ['/client-grants', 'read:client_grants', 200],
    ['/organizations/org_0000000000000000/clients', 'read:organization_clients', 404],
    ['/organizations/org_0000000000000000/client-grants', 'read:organization_client_grants', 404],
  ])('GET %s wants a token with %s and no other scope, and answers %i', async (path, scope, status) => {
    expect(await fetch(`${app.api.origin}/api/v2${path}`).then((answer) => answer.status)).toBe(401);
    const others = await app.issuer.token({ scopes: SCOPES.filter((other) => other !== scope) });
    expect(await get(path, others)).toEqual(refusals.insufficientScope(scope));
    expect((await get(path, await app.issuer.token({ scopes: [scope] }))).status).toBe(status);
  });

  it.each(['clients', 'client-grants'])('returns 404 for the %s of an unknown organization', async (list) => {
    expect(await get(`/organizations/org_0000000000000000/${list}`)).toEqual(refusals.organizationNotFound);
  });

  it.each([
    ['/clients', 'clients'],
    ['/client-grants', 'client_grants'],
  ])('GET %s is empty in every style of paging, whatever the filter', async (path, name) => {
    expect(await get(`${path}?is_global=false`)).toEqual({ status: 200, body: [] });
    expect(await get(`${path}?include_totals=true&page=2&per_page=20`)).toEqual({
      status: 200,
      body: { start: 40, limit: 20, total: 0, [name]: [] },
    });
    expect(await get(`${path}?take=20`)).toEqual({ status: 200, body: { [name]: [] } });
  });

  it('is empty below an organization too', async () => {
    const { id } = await createOrganization(app.api);
    expect(await get(`/organizations/${id}/clients`)).toEqual({ status: 200, body: [] });
    expect(await get(`/organizations/${id}/client-grants`)).toEqual({ status: 200, body: [] });
  });
});
