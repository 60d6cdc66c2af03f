import { access, cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Checkout, hasEnded, type Command } from './checkout.js';

const ANY_PORTS = { PORT: '0', VESTIBULE_PORT: '0' };

describe('npm run example', () => {
  let checkout: Checkout;
  let data: string;

  beforeAll(async () => {
    checkout = await Checkout.create();
    const example = join(checkout.folder, 'examples');
    data = join(example, 'login-page', '.data');
    const isData = (path: string) => path.includes('.data');
    await cp('examples', example, { recursive: true, filter: (path) => !isData(path) });
  });
  afterAll(() => checkout.remove());

  /** Where it says that the login page and Vestibule are, when both are there. */
  async function listening(example: Command): Promise<{ page: string; api: string }> {
    await example.says(/Stop with Ctrl-C/);
    const [, page] = await example.says(/The login page is at (\S+)/);
    const [, api] = await example.says(/Vestibule is at (\S+), with its data in examples\/login-page\/\.data$/m);
    return { page: page!, api: `${api}/api/v2` };
  }

  const postgresPid = async () =>
    Number((await readFile(join(data, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

  const read = async (url: string) =>
    fetch(url, { headers: { authorization: `Bearer ${await readFile(join(data, 'token'), 'utf8')}` } });

  const rows = (api: string) =>
    Promise.all(
      ['organizations', 'connections', 'users'].map(
        async (path) => ((await (await read(`${api}/${path}?per_page=100`)).json()) as object[]).length,
      ),
    );

  async function expectEnded({ page, api }: { page: string; api: string }, example: Command, postgres: number) {
    await example.groupHasEnded();
    await hasEnded(postgres);
    await expect(fetch(api)).rejects.toThrow('fetch failed');
    await expect(fetch(page)).rejects.toThrow('fetch failed');
  }

  it('serves the pages of its example data, keeps changes, and leaves no process behind', async () => {
    // Variables that are meant for the service, and would lead it elsewhere.
    const env = { ...ANY_PORTS, DATABASE_URL: 'postgresql://127.0.0.1:1/none', NODE_ENV: 'test', TLS_PORT: '1' };
    const first = checkout.spawn(['npm', 'run', 'example'], env);
    const before = await listening(first);
    for (const [path, title] of [
      ['/', 'Sign in'],
      ['/acme', 'Sign in to Acme Aerospace'],
      ['/globex', 'Sign in to Globex Energy'],
    ]) {
      const response = await fetch(before.page + path);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(`<title>${title}</title>`);
    }
    // With the default connection, which has no such user.
    expect(await rows(before.api)).toEqual([2, 4, 5]);
    const [printed, token, curl] = await first.says(/^ {2}(TOKEN=.+)\n {2}(curl (?:.+\n)+) {4}http\S+$/m);
    const row = printed.split(' ').at(-1)!;
    const changed = await checkout.spawn(['bash', '-c', `${token}\n${curl}${row}`]).ended;
    expect(JSON.parse(changed.stdout)).toMatchObject({ assign_membership_on_login: false });
    const firstPostgres = await postgresPid();
    // As Ctrl-C does: to npm, which passes it on, and to all that it has started.
    process.kill(-first.pid, 'SIGINT');
    expect(await first.ended).toMatchObject({ code: 0 });
    await expectEnded(before, first, firstPostgres);

    const second = checkout.spawn(['npm', 'run', 'example'], env);
    const after = await listening(second);
    expect(await rows(after.api)).toEqual([2, 4, 5]);
    const kept = new URL(new URL(row).pathname, after.api).href;
    expect(await (await read(kept)).json()).toMatchObject({ assign_membership_on_login: false });
    const secondPostgres = await postgresPid();
    expect(await second.stop('SIGTERM')).toMatchObject({ code: 0 });
    await expectEnded(after, second, secondPostgres);
    // What the service itself would keep.
    await expect(access(checkout.data)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('reports a used port in one line, and leaves no process behind', async () => {
    const built = [process.execPath, '--import', 'tsx', 'examples/login-page/start.ts'];
    const first = checkout.spawn(built, ANY_PORTS);
    const { page } = await listening(first);
    const second = checkout.spawn(built, { ...ANY_PORTS, PORT: new URL(page).port });
    expect(await second.ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^listen EADDRINUSE: .+\n$/) as string,
    });
    await second.groupHasEnded();
    expect((await fetch(`${page}/acme`)).status).toBe(200);
    expect(await first.stop()).toMatchObject({ code: 0, stderr: '' });
    await first.groupHasEnded();
  });
});
