import { randomUUID } from 'node:crypto';
import { uniqueName } from '../support/factories.js';
import { refusals } from '../support/errors.js';
import { thrownBy, useSdk } from './sdk.js';

describe('The official SDK', () => {
  const sdk = useSdk();
  const name = () => ({ name: uniqueName('org') });

  it('does a dry run, by the options of the request', async () => {
    const { organizations } = sdk.client;
    const body = name();
    const tried = await organizations.create(body, { headers: { 'Vestibule-Dry-Run': 'true' } });
    expect(tried).toMatchObject(body);
    const missing = { name: 'NotFoundError', statusCode: 404, body: refusals.organizationNotFound.body };
    expect(await thrownBy(organizations.get(tried.id!))).toEqual(missing);
  });

  it('repeats a write with the same key, by the options of the request', async () => {
    const { organizations } = sdk.client;
    const body = name();
    const options = { headers: { 'Idempotency-Key': `"${randomUUID()}"` } };
    const created = await organizations.create(body, options);
    expect(await organizations.create(body, options)).toEqual(created);
    const reused = { statusCode: 422, body: refusals.idempotencyKeyReused.body };
    expect(await thrownBy(organizations.create(name(), options))).toMatchObject(reused);
  });
});
