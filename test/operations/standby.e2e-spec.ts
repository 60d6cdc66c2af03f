import { applyMigrations } from '../../src/database/migrations.js';
import { expectAnswer } from '../support/answers.js';
import { startApp, type TestApp } from '../support/app.js';
import { Cable } from '../support/cable.js';
import { eventually } from '../support/clock.js';
import { refusals } from '../support/errors.js';
import { createOrganization, uniqueName } from '../support/factories.js';
import { OwnPostgres, postgresPrograms, type Standby } from './postgres.js';

describe('A server that a failover leads to a standby', () => {
  if (postgresPrograms === undefined) {
    it.todo('needs the programs of Postgres, such as pg_basebackup, below /usr/lib/postgresql');
    return;
  }
  let postgres: OwnPostgres;
  let standby: Standby;
  let app: TestApp;
  let stop: () => Promise<void>;
  const target = { host: '127.0.0.1', port: 0 };
  const cable = new Cable(target);
  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    await applyMigrations(postgres.url('postgres'));
    standby = await postgres.addStandby();
    target.port = postgres.port;
    const url = postgres.url('postgres', await cable.plugIn());
    ({ app, stop } = await startApp({ database: { url, drop: () => Promise.resolve() } }));
  });
  afterAll(async () => {
    await stop();
    await cable.cut();
    await postgres.remove([postgres.data, standby.data]);
  });

  const readiness = (awaited: number) =>
    eventually(
      () => fetch(`${app.api.origin}/health/ready`),
      ({ status }) => status === awaited,
    );

  it('neither reads nor writes there, and does both as soon as the standby is promoted', async () => {
    const { id } = await createOrganization(app.api);
    await cable.cut();
    target.port = standby.port;
    await cable.plugIn();
    await readiness(503);
    expectAnswer(await app.api.get(`/organizations/${id}`), refusals.databaseUnavailable);
    expectAnswer(await app.api.post('/organizations', { name: uniqueName('org') }), refusals.databaseUnavailable);

    await standby.promote();
    await readiness(200);
    expect(await app.api.post('/organizations', { name: uniqueName('org') })).toMatchObject({ status: 201 });
    expect((await app.api.get(`/organizations/${id}`)).status).toBe(200);
  });
});
