import { isIP } from 'node:net';
import { createEnabled } from '../support/factories.js';
import { refusals } from '../support/errors.js';
import { thrownBy, useSdk } from './sdk.js';

/** What the published schema of an entry of this type (`sapi`) says, as far as it says anything. */
const SAPI = {
  type: 'sapi',
  client_name: expect.any(String) as string,
  description: expect.any(String) as string,
  environment_name: expect.any(String) as string,
  tenant_name: expect.any(String) as string,
  log_id: expect.any(String) as string,
  details: { request: expect.any(Object) as object, response: expect.any(Object) as object },
};

describe('The official SDK', () => {
  const sdk = useSdk();

  it('reads the log of changes, newest first, searches it, and gets an entry by its id', async () => {
    const { logs } = sdk.client;
    const { organization, path } = await createEnabled(sdk.app.api);
    await sdk.app.api.patch(path, { assign_membership_on_login: true });

    const entries = await logs.list({ per_page: 100 });
    expect(entries.map(({ description }) => description).slice(0, 2)).toEqual([
      'Update the Connection of an Organization',
      'Add a connection to an Organization',
    ]);
    for (const entry of entries) {
      expect(entry).toMatchObject(SAPI);
      expect(isIP(entry.ip!)).toBeGreaterThan(0);
    }
    const found = await logs.list({ search: 'description:"Create an Organization"' });
    expect(found.map(({ details }) => details!['response'])).toEqual([
      { statusCode: 201, body: expect.objectContaining({ id: organization.id }) as object },
    ]);
    expect(await logs.get(found[0]!.log_id!)).toEqual(found[0]);
    expect(await thrownBy(logs.get('999999999'))).toEqual({
      name: 'NotFoundError',
      statusCode: 404,
      body: refusals.logNotFound.body,
    });
  });
});
