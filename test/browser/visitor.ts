import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

export interface VisitorOptions extends BrowserContextOptions {
  readonly baseURL: string;
}

/** A visitor with a separate browser context. */
export class Visitor {
  /** What the browser complained about: a policy that was violated, a script that failed. */
  readonly complaints: string[] = [];
  /** Of the page that is shown. */
  status = 0;

  private constructor(readonly page: Page) {
    page.on('response', (response) => {
      if (response.request().isNavigationRequest()) this.status = response.status();
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('dialog', (dialog) => this.complaints.push(`dialog: ${dialog.message()}`));
    page.on('console', (message) => {
      // Chromium tells of every answer that is not 2xx; here they are meant.
      if (!message.text().startsWith('Failed to load resource')) this.complaints.push(message.text());
    });
  }

  static async enter(browser: Browser, options: VisitorOptions): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    // Ends only what hangs, as a busy machine is slow.
    context.setDefaultTimeout(30_000);
    return new Visitor(await context.newPage());
  }

  async open(path: string): Promise<void> {
    await this.page.goto(path);
  }

  /** Does what leads to another page, and waits until that is there. */
  async follow(action: () => Promise<void>): Promise<void> {
    await Promise.all([this.page.waitForEvent('load'), action()]);
  }

  /** Presses the button or link whose name is this, or has this in it. */
  async press(name: string | RegExp): Promise<void> {
    const { page } = this;
    const exact = typeof name === 'string';
    const target: Locator = page.getByRole('button', { name, exact }).or(page.getByRole('link', { name, exact }));
    await this.follow(() => target.click());
  }

  async enterEmail(email: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Work e-mail' }).fill(email);
    await this.press('Continue');
  }

  /** At the pretended provider. */
  async signInAs(email: string, name = ''): Promise<void> {
    await this.page.getByRole('textbox', { name: 'E-mail' }).fill(email);
    await this.page.getByRole('textbox', { name: 'Name' }).fill(name);
    await this.press(/^(Sign in|Create account)$/);
  }

  async heading(): Promise<string> {
    return this.page.getByRole('heading', { level: 1 }).innerText();
  }

  /** What the page says, as it is read. */
  async text(): Promise<string> {
    return this.page.getByRole('main').innerText();
  }

  /** The message about what was entered. */
  async error(): Promise<string> {
    return this.page.getByRole('alert').innerText();
  }

  /** The accessible names of the buttons or links, from top to bottom. */
  async names(role: 'button' | 'link'): Promise<string[]> {
    const heard = await this.page.getByRole('main').ariaSnapshot();
    return [...heard.matchAll(new RegExp(`- ${role} "([^"]*)"`, 'g'))].map(([, name]) => name!);
  }

  /** What support reads: the reason, and the checks with what each found. */
  async trace(): Promise<{ reason: string; checks: string[] }> {
    const { page } = this;
    await page.locator('details[open], summary').first().waitFor();
    if ((await page.locator('details[open]').count()) === 0) await page.locator('summary').click();
    return {
      reason: await page.locator('dl > div', { hasText: 'Reason' }).locator('dd').innerText(),
      checks: (await page.locator('.trace li').allInnerTexts()).map((check) => check.replace(/\s+/g, ' ')),
    };
  }

  /** What breaks a rule of WCAG 2.2 AA or of good practice, or may do so, as far as a program can tell. */
  async violations(): Promise<string[]> {
    const options: axe.RunOptions = { rules: { 'target-size': { enabled: true } } };
    const { violations, incomplete } = await this.page.evaluate<axe.AxeResults>(
      `${axe.source}; axe.run(${JSON.stringify(options)})`,
    );
    return [...violations, ...incomplete].flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  /** By how many pixels the page is wider than the window. */
  async overflow(): Promise<number> {
    return this.page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}
