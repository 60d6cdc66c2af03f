import { readFileSync } from 'node:fs';
import { alike } from '../support/alike.js';

export interface Example {
  readonly section: string;
  readonly line: number;
  readonly script: string;
  /** What the page shows behind it, if anything. */
  readonly shown?: { readonly language: string; readonly text: string };
}

/** A script, and with nothing in between what it prints. */
const EXAMPLE = /^```sh\n(.*?)^```$(?:\n+```(json|text|http)\n(.*?)^```$)?/gms;

/** The examples of a page of `docs/`, each with the heading that it stands under. */
export function examplesOf(page: string): Example[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(EXAMPLE)].map(({ index, 1: script = '', 2: language, 3: shown = '' }) => {
    const before = text.slice(0, index);
    const [section = ''] = before.split(/^##+ /m).at(-1)!.split('\n');
    return {
      section,
      line: before.split('\n').length,
      script,
      shown: language ? { language, text: shown } : undefined,
    };
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

/** That it printed what the page shows behind it, or nothing. */
export function expectShown({ shown }: Example, printed: string): void {
  if (shown === undefined) expect(printed).toBe('');
  else EXPECT[shown.language]!(printed, shown.text);
}
