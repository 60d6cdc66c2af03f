import {
  createDiscoveryDomain,
  createOrganization,
  createUser,
  DEFAULT_CONNECTION,
  uniqueName,
} from '../support/factories.js';
import { refusals } from '../support/errors.js';
import { seedMembers } from '../support/seeds.js';
import { thrownBy, useSdk } from './sdk.js';
import { gravatarOf } from '../support/gravatar.js';

describe('The official SDK', () => {
  const sdk = useSdk();

  describe('users', () => {
    it('creates, gets, lists, updates and deletes', async () => {
      const { users } = sdk.client;
      const email = `${uniqueName('user')}@example.com`;
      const created = await users.create({
        connection: DEFAULT_CONNECTION,
        email,
        password: 'secret',
        given_name: 'Ada',
        user_metadata: { plan: 'gold' },
      });
      const expected = {
        user_id: created.user_id,
        email,
        email_verified: false,
        name: email,
        nickname: email.split('@')[0],
        given_name: 'Ada',
        picture: gravatarOf(email),
        blocked: false,
        identities: [
          {
            connection: DEFAULT_CONNECTION,
            user_id: created.user_id!.replace('auth0|', ''),
            provider: 'auth0',
            isSocial: false,
          },
        ],
        user_metadata: { plan: 'gold' },
        created_at: created.created_at,
        updated_at: created.updated_at,
      };
      expect(created).toEqual(expected);
      expect(await users.get(created.user_id!)).toEqual(expected);
      expect(await users.get(created.user_id!, { fields: 'email', include_fields: true })).toEqual({ email });
      expect(await users.list({ q: `email:"${email}"` })).toEqual([expected]);
      const updated = await users.update(created.user_id!, { blocked: true, given_name: null });
      const { given_name: _, ...rest } = expected;
      expect(updated).toEqual({ ...rest, blocked: true, updated_at: updated.updated_at });
      await users.delete(created.user_id!);
      await users.delete(created.user_id!);
      expect(await thrownBy(users.get(created.user_id!))).toEqual({
        name: 'NotFoundError',
        statusCode: 404,
        body: refusals.userNotFound.body,
      });
    });

    it('lists 120, fetching page after page', async () => {
      const organization = await createOrganization(sdk.app.api);
      const ids = await seedMembers(sdk.app, organization.id, 120);
      const rows = await sdk.client.users.list({ per_page: 50, sort: 'created_at:1' });
      const listed = rows.map(({ user_id }) => user_id!);
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining(ids));
    });

    it('lists the organizations of a user, fetching page after page', async () => {
      const { user_id } = await createUser(sdk.app.api);
      const organizations = await Promise.all(Array.from({ length: 12 }, () => createOrganization(sdk.app.api)));
      for (const { id } of organizations) {
        await sdk.client.organizations.members.create(id, { members: [user_id] });
      }
      const rows = await sdk.client.users.organizations.list(user_id, { per_page: 5 });
      expect(rows.map(({ id }) => id)).toEqual(organizations.map(({ id }) => id).sort());
    });
  });

  describe('organizations.members', () => {
    it('creates, lists and deletes', async () => {
      const { members } = sdk.client.organizations;
      const { id } = await createOrganization(sdk.app.api);
      const user = await createUser(sdk.app.api, { picture: 'https://example.com/ada.jpg' });
      await members.create(id, { members: [user.user_id] });
      await members.create(id, { members: [user.user_id] });
      const row = { user_id: user.user_id, email: user.email, name: user.name, picture: 'https://example.com/ada.jpg' };
      expect(await members.list(id)).toEqual([row]);
      expect(await members.list(id, { fields: 'user_id' })).toEqual([{ user_id: user.user_id }]);
      await members.delete(id, { members: [user.user_id] });
      expect(await members.list(id)).toEqual([]);
      expect(await thrownBy(members.create(id, { members: ['auth0|unknown'] }))).toEqual({
        // The contract has no 404 here, so the SDK has no class of its own for it.
        name: 'ManagementError',
        statusCode: 404,
        body: refusals.userNotFound.body,
      });
    });

    it('lists 250 while others add and remove members: no row twice, none missed that stayed', async () => {
      const { id } = await createOrganization(sdk.app.api);
      const seeded = await seedMembers(sdk.app, id, 250);
      const staying = seeded.filter((_, at) => at % 3 !== 0);
      const path = `/organizations/${id}/members`;
      let listing = true;
      const others = (async () => {
        for (const userId of seeded.filter((_, at) => at % 3 === 0)) {
          const { user_id } = await createUser(sdk.app.api);
          await sdk.app.api.post(path, { members: [user_id] });
          await sdk.app.api.delete(path, { members: [userId] });
          if (!listing) break;
        }
      })();
      const listed = (await sdk.client.organizations.members.list(id, { take: 5 })).map(({ user_id }) => user_id!);
      listing = false;
      await others;
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining(staying));
    });
  });

  // A page by its number begins after so many rows, whichever they are now: rows that go away before it make others
  // move up and be missed. Checkpoint paging does not have that problem.
  it('pages by number through 250 members while others add and remove behind the page read: no row twice, none missed', async () => {
    const { id } = await createOrganization(sdk.app.api);
    const seeded = await seedMembers(sdk.app, id, 250);
    const path = `/organizations/${id}/members`;
    const listed: string[] = [];
    for (let page = 0; ; page++) {
      const { body } = await sdk.app.api.get<{ user_id: string }[]>(`${path}?per_page=20&page=${page}`);
      if (body.length === 0) break;
      listed.push(...body.map(({ user_id }) => user_id));
      if (page > 10) continue;
      const { user_id } = await createUser(sdk.app.api);
      await sdk.app.api.post(path, { members: [user_id] });
      await sdk.app.api.delete(path, { members: [seeded[249 - page]!] });
    }
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(seeded.slice(0, 239)));
  });

  describe('organizations.discoveryDomains', () => {
    it('creates, gets, gets by name, lists, updates and deletes', async () => {
      const { discoveryDomains } = sdk.client.organizations;
      const { id } = await createOrganization(sdk.app.api);
      const created = await discoveryDomains.create(id, { domain: 'Acme.example.com' });
      const expected = {
        id: created.id,
        domain: 'acme.example.com',
        status: 'pending',
        verification_host: `_ss-verification.${id}.acme.example.com`,
        verification_txt: created.verification_txt,
        use_for_organization_discovery: true,
      };
      expect(created).toEqual(expected);
      expect(await discoveryDomains.get(id, created.id)).toEqual(expected);
      expect(await discoveryDomains.getByName(id, 'acme.example.com')).toEqual(expected);
      expect(await discoveryDomains.list(id)).toEqual([expected]);
      const verified = { ...expected, status: 'verified' };
      expect(await discoveryDomains.update(id, created.id, { status: 'verified' })).toEqual(verified);
      await discoveryDomains.delete(id, created.id);
      await discoveryDomains.delete(id, created.id);
      expect(await thrownBy(discoveryDomains.get(id, created.id))).toEqual({
        name: 'NotFoundError',
        statusCode: 404,
        body: refusals.discoveryDomainNotFound.body,
      });
    });

    it('lists all, fetching page after page', async () => {
      const { organization, collection, domain } = await createDiscoveryDomain(sdk.app.api);
      const ids = [domain.id];
      for (let made = 1; made < 12; made++) {
        const { body } = await sdk.app.api.post<{ id: string }>(collection, { domain: `d${made}.example.com` });
        ids.push(body.id);
      }
      const rows = await sdk.client.organizations.discoveryDomains.list(organization.id, { take: 5 });
      expect(rows.map(({ id }) => id)).toEqual(ids);
    });
  });
});
