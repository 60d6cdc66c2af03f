import type { AddressInfo } from 'node:net';
import { chromium, type Browser } from 'playwright-core';
import { createLoginPage } from '../../examples/login-page/app.js';
import { ORGANIZATION_NAMES, PEOPLE, seed } from '../../examples/login-page/seed.js';
import { Vestibule } from '../../examples/login-page/vestibule.js';
import { startApp, type TestApp } from '../support/app.js';
import { Cable } from '../support/cable.js';
import { withClients } from '../support/clients.js';
import { Visitor, type VisitorOptions } from './visitor.js';

export interface LoginPage {
  /** The Vestibule that decides. */
  readonly app: TestApp;
  /** Between the login page and Vestibule. */
  readonly cable: Cable;
  readonly url: string;
  /** Enters with a browser window of their own, which is closed after the test. */
  visitor(options?: Partial<VisitorOptions>): Promise<Visitor>;
}

/**
 * The example as `npm run example` puts it together, on a database of the test: seeded, and open to visitors. No browser
 * may complain about any page.
 */
export function useLoginPage(): LoginPage {
  const loginPage = {} as LoginPage;
  let visitors: Visitor[] = [];
  let browser: Browser;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const { app, stop: stopApp } = await startApp();
    await seed(`${app.api.origin}/api/v2`, app.api.token!);
    const cable = new Cable({ host: '127.0.0.1', port: app.server.httpPort });
    const vestibule = new Vestibule({
      url: `http://127.0.0.1:${await cable.plugIn()}`,
      ...(await createCredentials(app)),
    });
    const page = await createLoginPage({
      vestibule,
      organizations: ORGANIZATION_NAMES,
      people: PEOPLE,
      logLevel: 'silent',
    });
    await page.listen({ host: '127.0.0.1', port: 0 });
    const url = `http://127.0.0.1:${(page.server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] });
    stop = async () => {
      await browser.close();
      await page.close();
      await cable.cut();
      await stopApp();
    };
    const visitor = async (options: Partial<VisitorOptions> = {}) => {
      const entered = await Visitor.enter(browser, { baseURL: url, ...options });
      visitors.push(entered);
      return entered;
    };
    Object.assign(loginPage, { app, cable, url, visitor });
  });

  afterEach(async () => {
    const complaints = visitors.flatMap((visitor) => visitor.complaints);
    await Promise.all(visitors.map((visitor) => visitor.leave()));
    visitors = [];
    expect(complaints).toEqual([]);
  });

  afterAll(() => stop());
  return loginPage;
}

/** Of a machine client that may ask the questions of a login page, and nothing else. */
export function createCredentials(app: TestApp): Promise<{ clientId: string; clientSecret: string }> {
  return withClients(app, async (clients) => {
    const { client, secret } = await clients.create('login-page', ['evaluate:logins']);
    return { clientId: client.clientId, clientSecret: secret };
  });
}
