import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { useLoginPage } from './login-page.js';
import { everyPage } from './pages.js';
import type { Visitor } from './visitor.js';

const RED = { colors: { primary: '#b3261e', page_background: '#fbf1ef' } };
/** Where white text could not be read. */
const YELLOW = { colors: { primary: '#ffe600', page_background: '#ffffff' } };
/** Which neither black nor white stands out from very much. */
const GREY = { colors: { primary: '#767676', page_background: '#757575' } };
const BLACK = { colors: { primary: '#000', page_background: '#000000ff' } };

/** For the documentation, when it is asked for: into the folder that SCREENSHOTS names. */
async function picture({ page }: Visitor, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

describe('The login page', () => {
  const loginPage = useLoginPage();

  it.each([
    ['in light colours', 'light', RED],
    ['in dark colours', 'dark', RED],
    ['with a light brand', 'light', YELLOW],
    ['with a brand between light and dark', 'light', GREY],
    ['with a black brand in dark colours', 'dark', BLACK],
  ] as const)('breaks no rule of accessibility %s', async (_, colorScheme, branding) => {
    const visitor = await loginPage.visitor({ colorScheme });
    const violations: Record<string, string[]> = {};
    const pages: string[] = [];
    for await (const name of everyPage(loginPage, visitor, branding)) {
      pages.push(name);
      const found = await visitor.violations();
      if (found.length > 0) violations[name] = found;
    }
    expect(violations).toEqual({});
    expect(pages.length).toBeGreaterThan(10);
  });

  it('fits a window of 320 pixels without horizontal scrolling, whatever the names', async () => {
    const visitor = await loginPage.visitor({ viewport: { width: 320, height: 640 } });
    const tooWide: Record<string, number> = {};
    for await (const name of everyPage(loginPage, visitor, RED)) {
      const overflow = await visitor.overflow();
      if (overflow > 0) tooWide[name] = overflow;
    }
    expect(tooWide).toEqual({});
    await visitor.open('/acme');
    await picture(visitor, 'login-page-narrow');
  });

  it('follows the preferred color scheme', async () => {
    const backgrounds = (visitor: Visitor) =>
      visitor.page.evaluate<string[]>(
        '[document.body, document.querySelector("main")].map((element) => getComputedStyle(element).backgroundColor)',
      );
    const [light, dark] = [await loginPage.visitor(), await loginPage.visitor({ colorScheme: 'dark' })];
    await light.open('/acme');
    await dark.open('/acme');
    expect(await backgrounds(light)).toEqual(['rgb(251, 241, 239)', 'rgb(255, 255, 255)']);
    const [around, card] = await backgrounds(dark);
    expect(card).toBe('rgb(24, 27, 33)');
    // A mix of the brand with nearly black, which Chromium gives as shares of one.
    expect(Math.max(...[...around!.matchAll(/0?\.\d+/g)].map(([share]) => Number(share)))).toBeLessThan(0.15);
    await picture(light, 'login-page');
  });

  it('can be used by keyboard, in reading order and with a visible focus', async () => {
    const visitor = await loginPage.visitor();
    const { keyboard } = visitor.page;
    /** What has the focus: what it is, and whether a frame shows that. */
    const focused = async () => {
      const [tag, text, outline] = await visitor.page.evaluate<[string, string, string]>(
        `(({ activeElement: element }) => {
          const { outlineStyle, outlineWidth } = getComputedStyle(element);
          return [element.localName, (element.name === 'email' ? 'e-mail' : element.textContent).replace(/\\s+/g, ' ').trim(), outlineStyle + ' ' + outlineWidth];
        })(document)`,
      );
      expect({ text, outline }).toEqual({ text, outline: 'solid 3px' });
      return `${tag} ${text}`;
    };
    const tab = async () => {
      await keyboard.press('Tab');
      return focused();
    };

    await visitor.open('/acme');
    const order = [];
    for (let stop = 0; stop < 5; stop++) order.push(await tab());
    expect(order).toEqual([
      'input e-mail',
      'button Continue',
      'button Continue with Acme Okta',
      'button Continue with a password',
      'button Create an account',
    ]);

    await visitor.open('/acme');
    await tab();
    await keyboard.type('ada@localhost');
    await visitor.follow(() => keyboard.press('Enter'));
    // What has to be changed has the focus, and says what is wrong. Chromium gives it some time after the page is there.
    await visitor.page.waitForFunction(`document.activeElement.name === 'email'`);
    expect(await focused()).toBe('input e-mail');
    const field = visitor.page.getByRole('textbox', { name: 'Work e-mail' });
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await visitor.page.locator(`#${await field.getAttribute('aria-describedby')}`).innerText()).toBe(
      'Enter an e-mail address, such as ada@example.com.',
    );
    expect(await visitor.page.title()).toBe('Error: Sign in to Acme Aerospace');

    await keyboard.press('Control+a');
    await keyboard.type('ada@acme.example');
    await visitor.follow(() => keyboard.press('Enter'));
    expect(await visitor.heading()).toBe('Sign in with Acme Okta');
    expect(await tab()).toMatch(/^button Ada Lovelace/);
    await visitor.follow(() => keyboard.press('Space'));
    expect(await visitor.heading()).toBe('Welcome back to Acme Aerospace');
    expect(await tab()).toBe('a Sign in as somebody else');
    expect(await tab()).toMatch(/^summary For support/);
    await keyboard.press('Enter');
    expect((await visitor.trace()).reason).toBe('member');
  });

  it('works without JavaScript', async () => {
    const visitor = await loginPage.visitor({ javaScriptEnabled: false });
    await visitor.open('/');
    await visitor.enterEmail('hedy@globex.example');
    await visitor.press(/^Hedy Lamarr/);
    expect(await visitor.heading()).toBe('Welcome back to Globex Energy');
    expect(await visitor.trace()).toMatchObject({ reason: 'member' });
  });
});
