import { useApp } from '../support/app.js';
import { Shell } from '../support/shell.js';
import { examplesOf, expectShown } from './examples.js';

const EXAMPLES = examplesOf('changing.md');

describe('docs/changing.md', () => {
  const app = useApp();
  let shell: Shell;
  beforeAll(() => {
    shell = new Shell({ API: app.api.origin, TOKEN: app.api.token! });
  });
  afterAll(() => shell.end());

  it('has an example for each of its tools', () => {
    expect(EXAMPLES.length).toBeGreaterThan(0);
  });

  // One after the other in one session: what an example has set or made is there for the next.
  it.each(EXAMPLES.map((example) => [example.section, example.line, example] as const))(
    '%s: the example in line %i prints what is shown',
    async (_section, _line, example) => {
      expectShown(example, await shell.run(example.script));
    },
  );
});
