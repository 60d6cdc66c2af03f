import { expectAnswer } from '../../support/answers.js';
import type { Api } from '../../support/api.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { webhook } from '../../support/event-streams.js';
import {
  createConnection,
  createEnabled,
  createOrganization,
  DEFAULT_CONNECTION,
  uniqueName,
} from '../../support/factories.js';
import { ask, documentedOperations, tagOf } from './resources.js';

const ONLY_NEW = { 'if-none-match': '*' };

interface Case {
  readonly template: string;
  /** What to send where, and where it is then. */
  readonly draft: (api: Api) => Promise<{ collection: string; body: object; pathOf: (made: never) => string }>;
  /** Undefined when duplicates are allowed. */
  readonly conflict?: { status: number; body: unknown };
}

const draftOfRow = (view: string) => async (api: Api) => {
  const [organization, { id }] = await Promise.all([createOrganization(api), createConnection(api)]);
  const collection = `/organizations/${organization.id}/${view}`;
  return { collection, body: { connection_id: id }, pathOf: () => `${collection}/${id}` };
};
const draft = (collection: string, body: () => object) => (): ReturnType<Case['draft']> =>
  Promise.resolve({ collection, body: body(), pathOf: ({ id }: { id: string }) => `${collection}/${id}` });

const CASES: readonly Case[] = [
  {
    template: '/organizations',
    draft: draft('/organizations', () => ({ name: uniqueName('org') })),
    conflict: refusals.organizationNameTaken,
  },
  {
    template: '/connections',
    draft: draft('/connections', () => ({ name: uniqueName('con'), strategy: 'okta' })),
    conflict: refusals.connectionNameTaken,
  },
  {
    template: '/organizations/{id}/enabled_connections',
    draft: draftOfRow('enabled_connections'),
    conflict: refusals.organizationConnectionExists,
  },
  {
    template: '/organizations/{id}/connections',
    draft: draftOfRow('connections'),
    conflict: refusals.organizationConnectionExists,
  },
  {
    template: '/organizations/{id}/discovery-domains',
    draft: async (api) => {
      const collection = `/organizations/${(await createOrganization(api)).id}/discovery-domains`;
      const body = { domain: `${uniqueName('domain')}.example.com` };
      return { collection, body, pathOf: ({ id }: { id: string }) => `${collection}/${id}` };
    },
    conflict: refusals.discoveryDomainExists,
  },
  {
    template: '/users',
    draft: () =>
      Promise.resolve({
        collection: '/users',
        body: { connection: DEFAULT_CONNECTION, email: `${uniqueName('user')}@example.com` },
        pathOf: ({ user_id }: { user_id: string }) => `/users/${user_id}`,
      }),
    conflict: refusals.userExists,
  },
  {
    template: '/event-streams',
    draft: draft('/event-streams', () => ({ destination: webhook('https://sink.invalid/'), status: 'disabled' })),
  },
];
const UNIQUE = CASES.filter(({ conflict }) => conflict !== undefined);

describe('The creation of a resource', () => {
  const app = useApp();

  it('is here for every one that the published document has', () => {
    const making = Object.entries(documentedOperations()).filter(([, { post }]) => post?.responses['201']);
    expect(CASES.map(({ template }) => template).sort()).toEqual(making.map(([path]) => path).sort());
  });

  it.each(CASES)('answers with the tag that a GET has then: POST $template', async ({ draft }) => {
    const { collection, body, pathOf } = await draft(app.api);
    const made = await app.api.post(collection, body);
    expect(made.status).toBe(201);
    const got = await app.api.get(pathOf(made.body as never));
    expect(got.body).toEqual(made.body);
    expect(tagOf(got)).toBe(tagOf(made));
  });

  it.each(UNIQUE)(
    'is 412 with If-None-Match: * where it would be 409, and 201 where there is none: POST $template',
    async ({ draft, conflict }) => {
      const { collection, body, pathOf } = await draft(app.api);
      const made = await ask(app.api, 'POST', collection, ONLY_NEW, body);
      expect(made.status).toBe(201);
      expectAnswer(await ask(app.api, 'POST', collection, ONLY_NEW, body), refusals.preconditionFailed);
      for (const headers of [{}, { 'if-none-match': tagOf(made) }, { 'if-match': '"1"' }]) {
        expectAnswer(await ask(app.api, 'POST', collection, headers as Record<string, string>, body), conflict!);
      }
      const after = await app.api.get(pathOf(made.body as never));
      expect(after.body).toEqual(made.body);
      expect(tagOf(after)).toBe(tagOf(made));
    },
  );

  it.each(UNIQUE)('is given to one of twenty at once, and the others get 412: POST $template', async ({ draft }) => {
    const { collection, body } = await draft(app.api);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(app.api, 'POST', collection, ONLY_NEW, body)),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(19);
    for (const answer of refused) expectAnswer(answer, refusals.preconditionFailed);
  });

  it('replaces a row that does not exist in the enabled-connections API, also with If-None-Match: *', async () => {
    const { organization, connection, path } = await createEnabled(app.api);
    const newer = `/organizations/${organization.id}/connections`;
    await app.api.patch(`${newer}/${connection.id}`, { is_enabled: false });
    const body = { connection_id: connection.id };
    expectAnswer(await ask(app.api, 'POST', newer, ONLY_NEW, body), refusals.preconditionFailed);
    expect((await ask(app.api, 'POST', path.replace(/\/[^/]+$/, ''), ONLY_NEW, body)).status).toBe(201);
  });

  it('is refused for other reasons as without the header', async () => {
    const { organization } = await createEnabled(app.api);
    const answer = await ask(app.api, 'POST', `/organizations/${organization.id}/connections`, ONLY_NEW, {
      connection_id: 'con_0000000000000000',
    });
    expectAnswer(answer, refusals.connectionInBodyUnknown);
  });
});
