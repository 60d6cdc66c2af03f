import { createDiscoveryDomain, createEnabled, createOrganization, createUser } from '../support/factories.js';
import { refusals } from '../support/errors.js';
import { raw, thrownBy, useSdk } from './sdk.js';

const refused = { name: 'ManagementError', statusCode: 412, body: refusals.preconditionFailed.body };

/** As an option of a request, which every method of the SDK takes last. */
const ifMatch = (tag: string) => ({ headers: { 'If-Match': tag } });

describe('The official SDK', () => {
  const sdk = useSdk();

  it('gets the entity tag of an organization, and changes and deletes it only as it was read', async () => {
    const { organizations } = sdk.client;
    const { id } = await createOrganization(sdk.app.api);
    const { data, headers } = await raw(organizations.get)(id);
    const changed = await raw(organizations.update)(id, { display_name: 'One' }, ifMatch(headers['etag']!));
    expect(changed.data).toEqual({ ...data, display_name: 'One' });
    expect(changed.headers['etag']).not.toBe(headers['etag']);

    const late = organizations.update(id, { display_name: 'Two' }, ifMatch(headers['etag']!));
    expect(await thrownBy(late)).toEqual(refused);
    expect(await thrownBy(organizations.delete(id, ifMatch(headers['etag']!)))).toEqual(refused);
    expect(await organizations.get(id)).toEqual(changed.data);
    await organizations.delete(id, ifMatch(changed.headers['etag']!));
  });

  it('does so with a row of an organization, in both APIs', async () => {
    const { enabledConnections, connections } = sdk.client.organizations;
    const { organization, connection } = await createEnabled(sdk.app.api, 'okta');
    const ids = [organization.id, connection.id] as const;
    for (const view of [enabledConnections, connections]) {
      const tag = (await raw(view.get)(...ids)).headers['etag']!;
      await view.update(...ids, { show_as_button: false }, ifMatch(tag));
      expect(await thrownBy(view.update(...ids, { show_as_button: true }, ifMatch(tag)))).toEqual(refused);
    }
  });

  it('does so with a connection, a user and a discovery domain', async () => {
    const { connections, users, organizations } = sdk.client;
    const [{ connection }, { user_id }, { organization, domain }] = await Promise.all([
      createEnabled(sdk.app.api, 'okta'),
      createUser(sdk.app.api),
      createDiscoveryDomain(sdk.app.api),
    ]);
    const { discoveryDomains } = organizations;
    const cases = [
      {
        read: () => raw(connections.get)(connection.id),
        change: (tag: string) => connections.update(connection.id, { display_name: 'One' }, ifMatch(tag)),
      },
      {
        read: () => raw(users.get)(user_id),
        change: (tag: string) => users.update(user_id, { name: 'One' }, ifMatch(tag)),
      },
      {
        read: () => raw(discoveryDomains.get)(organization.id, domain.id),
        change: (tag: string) =>
          discoveryDomains.update(organization.id, domain.id, { status: 'verified' }, ifMatch(tag)),
      },
    ];
    for (const { read, change } of cases) {
      const tag = (await read()).headers['etag']!;
      await change(tag);
      expect(await thrownBy(change(tag))).toEqual(refused);
    }
  });

  it('creates only what does not exist', async () => {
    const { name } = await createOrganization(sdk.app.api);
    const create = sdk.client.organizations.create({ name }, { headers: { 'If-None-Match': '*' } });
    expect(await thrownBy(create)).toEqual(refused);
  });
});
