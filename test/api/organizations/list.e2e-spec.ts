import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createOrganization, type CreatedOrganization } from '../../support/factories.js';

interface CheckpointPage {
  organizations: CreatedOrganization[];
  next?: string;
}

/** As a `next` of the server would be made. */
const checkpoint = (...key: unknown[]) => Buffer.from(JSON.stringify(key)).toString('base64url');

describe('GET /organizations', () => {
  const app = useApp();
  /** Oldest first. The last two have the same display name. */
  const organizations: CreatedOrganization[] = [];

  beforeAll(async () => {
    for (const [at, name] of ['delta', 'alpha', 'echo', 'bravo', 'charlie'].entries()) {
      const fields = at === 0 ? {} : { display_name: at === 1 ? 'One' : at === 2 ? 'Two' : 'Three' };
      const organization = await createOrganization(app.api, { name, ...fields });
      await app.sql(
        "UPDATE organizations SET created_at = now() - interval '1 hour' + $1 * interval '1 s' WHERE id = $2",
        [at, organization.id],
      );
      organizations.push(organization);
    }
  });

  const get = (query: string) => app.api.get<CreatedOrganization[]>(`/organizations${query}`);
  const namesOf = (rows: CreatedOrganization[]) => rows.map(({ name }) => name);

  /** Every page from the first to the last. */
  async function walk(query: string): Promise<CreatedOrganization[][]> {
    const pages: CreatedOrganization[][] = [];
    for (let from = ''; ;) {
      const { status, body } = await app.api.get<CheckpointPage>(`/organizations?${query}${from}`);
      expect(status).toBe(200);
      pages.push(body.organizations);
      if (body.next === undefined) {
        expect(Object.keys(body)).toEqual(['organizations']);
        return pages;
      }
      from = `&from=${body.next}`;
    }
  }

  itIsGuardedBy(app, { 'read:organizations': 200, 'read:organizations_summary': 200 }, (api) =>
    api.get('/organizations'),
  );

  it.each([
    ['page=-1', "'Value -1 is less than minimum 0' on property page"],
    ['page=1001', "'Value 1001 is greater than maximum 1000' on property page"],
    ['page=1.5', "'Expected type integer but found type number' on property page"],
    ['page=first', "'Expected type integer but found type string' on property page"],
    ['page=', "'Expected type integer but found type string' on property page"],
    ['page=1&page=2', "'Expected type integer but found type array' on property page"],
    ['per_page=0', "'Value 0 is less than minimum 1' on property per_page"],
    ['per_page=101', "'Value 101 is greater than maximum 100' on property per_page"],
    ['take=0', "'Value 0 is less than minimum 1' on property take"],
    ['take=101', "'Value 101 is greater than maximum 100' on property take"],
    ['include_totals=yes', "'Expected type boolean but found type string' on property include_totals"],
    ['sort=id:1', "'String does not match pattern ^(name|display_name|created_at):-?1$: id:1' on property sort"],
    ['sort=name', "'String does not match pattern ^(name|display_name|created_at):-?1$: name' on property sort"],
    ['sort=name:2', "'String does not match pattern ^(name|display_name|created_at):-?1$: name:2' on property sort"],
    ['sort=display_name:-10', "'String is too long (16 chars), maximum 15' on property sort"],
    ['fields=name', "'Additional properties not allowed: fields'"],
  ])('returns 400 for ?%s', async (query, detail) => {
    expectAnswer(await get(`?${query}`), refusals.invalidQuery(detail));
  });

  it.each([
    ['is no base64', '!'],
    ['is not JSON', Buffer.from('{').toString('base64url')],
    ['is no list', checkpoint().replace(/.*/, Buffer.from('{}').toString('base64url'))],
    ['is a list of something else than texts', checkpoint('created_at:1', 1, 'org_0')],
    ['is too short', checkpoint('created_at:1')],
    ['is too long', checkpoint('created_at:1', '2026-01-01T00:00:00.000Z', 'org_0', 'org_1')],
    ['names another order', checkpoint('name:1', 'alpha', absent.organization)],
    ['names the opposite order', checkpoint('created_at:-1', '2026-01-01T00:00:00.000Z', absent.organization)],
    ['has a time that is none', checkpoint('created_at:1', 'yesterday', absent.organization)],
    ['has a time that only JavaScript reads', checkpoint('created_at:1', '1', absent.organization)],
    ['has a day that no calendar has', checkpoint('created_at:1', '2026-02-30T00:00:00.000Z', absent.organization)],
    ['has a year that Postgres has not', checkpoint('created_at:1', '0000-01-01T00:00:00.000Z', absent.organization)],
    ['has a NUL character', checkpoint('created_at:1', '2026-01-01T00:00:00.000Z', 'org_\0')],
    ['has half a character', checkpoint('created_at:1', '2026-01-01T00:00:00.000Z', 'org_\ud800')],
  ])('returns 400 for a `from` that %s', async (_, from) => {
    expectAnswer(
      await get(`?from=${from}`),
      refusals.invalidQuery("'Object didn't pass validation for format checkpoint' on property from"),
    );
  });

  it('returns 400 for a `from` of a list of something else', async () => {
    await createConnection(app.api);
    const { body } = await app.api.get<{ next: string }>('/connections?take=1');
    expectAnswer(
      await get(`?from=${body.next}`),
      refusals.invalidQuery("'Object didn't pass validation for format checkpoint' on property from"),
    );
  });

  it('returns 400 for a `from` that was given out for another order', async () => {
    const { body } = await app.api.get<CheckpointPage>('/organizations?take=1&sort=name:1');
    expectAnswer(
      await get(`?from=${body.next}&sort=display_name:1`),
      refusals.invalidQuery("'Object didn't pass validation for format checkpoint' on property from"),
    );
  });

  it('returns whole organizations, oldest first', async () => {
    expectAnswer(await get(''), { status: 200, body: organizations });
  });

  it('returns the page that was asked for', async () => {
    expectAnswer(await get('?page=1&per_page=2'), { status: 200, body: organizations.slice(2, 4) });
  });

  it('returns the page with totals', async () => {
    expectAnswer(await get('?page=1&per_page=2&include_totals=true'), {
      status: 200,
      body: { start: 2, limit: 2, total: 5, organizations: organizations.slice(2, 4) },
    });
  });

  it('takes the application that Terraform asks about, and adds nothing', async () => {
    const query = '?include_client_association_for=AbCdEfGh01234567';
    expectAnswer(await get(query), { status: 200, body: organizations });
    expectAnswer(await get(`${query}&per_page=2&include_totals=true`), {
      status: 200,
      body: { start: 0, limit: 2, total: 5, organizations: organizations.slice(0, 2) },
    });
    expectAnswer(
      await get(`${query}&include_client_association_for=b`),
      refusals.invalidQuery("'Expected type string but found type array' on property include_client_association_for"),
    );
  });

  it('returns a bare list when totals are not wanted', async () => {
    expectAnswer(await get('?include_totals=false'), { status: 200, body: organizations });
  });

  it('shows the ids and the names, and nothing else, with read:organizations_summary alone, however it is paged', async () => {
    const narrow = app.api.as(await app.issuer.token({ scopes: ['read:organizations_summary'] }));
    const summaries = organizations.map(({ id, name, display_name }) => ({
      id,
      name,
      ...(display_name === undefined ? {} : { display_name }),
    }));
    expectAnswer(await narrow.get('/organizations'), { status: 200, body: summaries });
    expectAnswer(await narrow.get('/organizations?include_totals=true'), {
      status: 200,
      body: { start: 0, limit: 50, total: 5, organizations: summaries },
    });
    expectAnswer(await narrow.get('/organizations?take=5'), { status: 200, body: { organizations: summaries } });
  });

  it('returns no rows past the end', async () => {
    expectAnswer(await get('?page=1000&per_page=100'), { status: 200, body: [] });
    expectAnswer(await get('?page=3&per_page=2&include_totals=true'), {
      status: 200,
      body: { start: 6, limit: 2, total: 5, organizations: [] },
    });
  });

  it.each([
    ['name:1', ['alpha', 'bravo', 'charlie', 'delta', 'echo']],
    ['name:-1', ['echo', 'delta', 'charlie', 'bravo', 'alpha']],
    ['created_at:1', ['delta', 'alpha', 'echo', 'bravo', 'charlie']],
    ['created_at:-1', ['charlie', 'bravo', 'echo', 'alpha', 'delta']],
  ])('orders by %s', async (sort, expected) => {
    expect(namesOf((await get(`?sort=${sort}`)).body)).toEqual(expected);
  });

  it('orders by display name, those without one first', async () => {
    const shown = ({ body }: { body: CreatedOrganization[] }) =>
      body.map((row) => (row as { display_name?: string }).display_name);
    const expected = [undefined, 'One', 'Three', 'Three', 'Two'];
    expect(shown(await get('?sort=display_name:1'))).toEqual(expected);
    expect(shown(await get('?sort=display_name:-1'))).toEqual(expected.toReversed());
  });

  it('walks from the first to the last with take and from, with no next at the end', async () => {
    const pages = await walk('take=2');
    expect(pages).toEqual([organizations.slice(0, 2), organizations.slice(2, 4), organizations.slice(4)]);
  });

  it('gives no next with a last page that is full', async () => {
    expectAnswer(await get('?take=5'), { status: 200, body: { organizations } });
  });

  it.each(['name:1', 'name:-1', 'display_name:1', 'display_name:-1', 'created_at:1', 'created_at:-1'])(
    'walks in the order of %s as the whole list has it',
    async (sort) => {
      const whole = (await get(`?sort=${sort}`)).body;
      expect((await walk(`take=1&sort=${sort}`)).flat()).toEqual(whole);
    },
  );

  it('lets take win over page and totals', async () => {
    const { status, body } = await app.api.get<CheckpointPage>(
      '/organizations?take=2&page=1&per_page=1&include_totals=true',
    );
    expect(status).toBe(200);
    expect(body).toEqual({ organizations: organizations.slice(0, 2), next: expect.any(String) as string });
  });

  it('takes 50 when only from is sent', async () => {
    const { body } = await app.api.get<CheckpointPage>('/organizations?take=3');
    expectAnswer(await get(`?from=${body.next}`), { status: 200, body: { organizations: organizations.slice(3) } });
  });
});
