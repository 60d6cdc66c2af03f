import { SCOPES, type Scope } from '../../src/auth/scopes.js';
import { expectAnswer } from './answers.js';
import type { Answer, Api } from './api.js';
import type { TestApp } from './app.js';
import { refusals } from './errors.js';

/**
 * Declares what holds for every route of the Management API: nobody comes in without a token, or with one that has
 * every scope but those of the route; any one of those is enough for this call.
 *
 * @param access the scopes of the route, and the status of the call with each of them alone
 */
export function itIsGuardedBy(
  app: TestApp,
  access: Partial<Record<Scope, number>>,
  call: (api: Api) => Promise<Answer>,
): void {
  const scopes = Object.keys(access);

  it('returns 401 without a token', async () => {
    expectAnswer(await call(app.api.as(undefined)), refusals.noToken);
  });

  it('returns 403 without the scope', async () => {
    const token = await app.issuer.token({ scopes: SCOPES.filter((scope) => !scopes.includes(scope)) });
    expectAnswer(await call(app.api.as(token)), refusals.insufficientScope(...scopes));
  });

  it.each(Object.entries(access))('lets a token in that has only %s, and answers %i', async (scope, status) => {
    expect((await call(app.api.as(await app.issuer.token({ scopes: [scope] })))).status).toBe(status);
  });
}

/**
 * Declares what holds for a route that wants several scopes at once: nobody comes in without a token, or with one that
 * lacks any of them, which the refusal names.
 *
 * @param status of the call with these scopes and no others
 */
export function itWantsAllOf(
  app: TestApp,
  scopes: readonly Scope[],
  status: number,
  call: (api: Api) => Promise<Answer>,
): void {
  it('returns 401 without a token', async () => {
    expectAnswer(await call(app.api.as(undefined)), refusals.noToken);
  });

  it.each(scopes)('returns 403 without the scope %s', async (missing) => {
    const token = await app.issuer.token({ scopes: SCOPES.filter((scope) => scope !== missing) });
    expectAnswer(await call(app.api.as(token)), refusals.insufficientScope(missing));
  });

  it(`lets a token in that has only ${scopes.join(', ')}, and answers ${status}`, async () => {
    expect((await call(app.api.as(await app.issuer.token({ scopes: [...scopes] })))).status).toBe(status);
  });
}

/** Ids that do not exist. */
export const absent = { organization: 'org_0000000000000000', connection: 'con_0000000000000000' };
