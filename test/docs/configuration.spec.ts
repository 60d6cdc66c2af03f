import { readFileSync } from 'node:fs';
import { VARIABLES } from '../../src/config/config.js';

/** The variables in the first cells of a page's tables. */
const documentedIn = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^\| (`[A-Z].*?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!),
  );

describe('docs/configuration.md', () => {
  it('has each variable once, and no other', () => {
    // OpenTelemetry's own are on the page about operation, with those that only its SDK reads.
    const read = VARIABLES.filter((name) => !name.startsWith('OTEL_'));
    const documented = documentedIn('docs/configuration.md').filter((name) => !name.startsWith('OTEL_'));
    expect(documented.sort()).toEqual([...read].sort());
    const ofTracing = VARIABLES.filter((name) => name.startsWith('OTEL_'));
    expect(documentedIn('docs/operating.md')).toEqual(expect.arrayContaining(ofTracing));
  });
});
