import { readFileSync } from 'node:fs';
import { alike } from '../support/alike.js';
import { useApp } from '../support/app.js';
import { Shell } from '../support/shell.js';

const PAGE = readFileSync(new URL('../../docs/changing.md', import.meta.url), 'utf8');

interface Example {
  readonly section: string;
  readonly line: number;
  readonly script: string;
  /** What the page shows behind it, if anything. */
  readonly shown?: { readonly language: string; readonly text: string };
}

/** A script, and with nothing in between what it prints. */
const EXAMPLE = /^```sh\n(.*?)^```$(?:\n+```(json|text|http)\n(.*?)^```$)?/gms;

function examplesOf(page: string): Example[] {
  return [...page.matchAll(EXAMPLE)].map(({ index, 1: script = '', 2: language, 3: text = '' }) => {
    const before = page.slice(0, index);
    const [section = ''] = before.split(/^## /m).at(-1)!.split('\n');
    return { section, line: before.split('\n').length, script, shown: language ? { language, text } : undefined };
  });
}

/** An answer with its head, of which the page shows some lines, as curl prints it with -i. */
function answerIn(text: string) {
  const [head = '', body = ''] = text.split(/\r?\n\r?\n(.*)/s);
  const [status = '', ...lines] = head.split(/\r?\n/);
  const headers = lines.map((line) => /^([^:]+): *(.*)$/.exec(line)!);
  return {
    status: status.trim(),
    headers: Object.fromEntries(headers.map(([, name, value]) => [name!.toLowerCase(), alike(value!.trim())])),
    body: body.trim() === '' ? undefined : (JSON.parse(alike(body)) as unknown),
  };
}

const EXPECT: Record<string, (printed: string, shown: string) => void> = {
  json: (printed, shown) => expect(JSON.parse(alike(printed))).toEqual(JSON.parse(alike(shown))),
  text: (printed, shown) => expect(alike(printed).trimEnd()).toBe(alike(shown).trimEnd()),
  http: (printed, shown) => {
    const { headers, ...rest } = answerIn(printed);
    const { headers: shownHeaders, ...shownRest } = answerIn(shown);
    expect(rest).toEqual(shownRest);
    expect(headers).toMatchObject(shownHeaders);
  },
};

describe('docs/changing.md', () => {
  const app = useApp();
  let shell: Shell;
  beforeAll(() => {
    shell = new Shell({ API: app.api.origin, TOKEN: app.api.token! });
  });
  afterAll(() => shell.end());

  it('has an example for each of its tools', () => {
    expect(examplesOf(PAGE).length).toBeGreaterThan(0);
  });

  // One after the other in one session: what an example has set or made is there for the next.
  it.each(examplesOf(PAGE).map((example) => [example.section, example.line, example] as const))(
    '%s: the example in line %i prints what is shown',
    async (_section, _line, { script, shown }) => {
      const printed = await shell.run(script);
      if (shown === undefined) expect(printed).toBe('');
      else EXPECT[shown.language]!(printed, shown.text);
    },
  );
});
