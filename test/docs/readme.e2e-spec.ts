import { readFileSync } from 'node:fs';
import { useSdk } from '../compatibility/sdk.js';
import { Shell } from '../support/shell.js';
import { examplesOf, expectShown } from './examples.js';

/** Those with curl; the others start the service or a program. */
const EXAMPLES = examplesOf('../README.md').filter(({ script }) => script.includes('send '));
const [, PROGRAM = ''] = /^```js\n(.*?)^```$/ms.exec(readFileSync('README.md', 'utf8')) ?? [];

describe('README.md', () => {
  const sdk = useSdk();
  let shell: Shell;
  beforeAll(() => {
    shell = new Shell({ TOKEN: sdk.app.api.token!, NODE_EXTRA_CA_CERTS: sdk.authority });
  });
  afterAll(() => shell.end());

  it('shows what its calls with curl print', async () => {
    expect(EXAMPLES).toHaveLength(2);
    for (const example of EXAMPLES) {
      const script = example.script.replace('http://localhost:3000', sdk.app.api.origin);
      expectShown(example, await shell.run(script));
    }
  });

  it('has a program that changes the flags by the SDK', async () => {
    const program = PROGRAM.replace('localhost:3443', `localhost:${sdk.app.server.httpsPort}`);
    const printed = await shell.run(`'${process.execPath}' --input-type=module <<'JS'\n${program}JS`);
    expect(printed).toContain('assign_membership_on_login: true');
    expect(printed).toContain('is_signup_enabled: true');
  });
});
