import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findDifferences } from './compare.js';
import { INTENDED } from './intended-differences.js';
import type { Document } from './openapi.js';
import { review } from './review.js';

/** The contract is not part of the repository; where it lies beside the checkout, our document is held against it. */
const [contract = '../shared/contract/management-api.json'] = process.argv.slice(2);
const OURS = 'openapi.json';

if (existsSync(contract)) await check();
else say(`${contract} is not there: the contract was not checked.`);

async function check(): Promise<void> {
  const differences = findDifferences(await read(contract), await read(OURS));
  const { unlisted, outdated } = review(differences, INTENDED);
  report('Differences from the contract that are not in intended-differences.ts', unlisted);
  report('Entries of intended-differences.ts that are no differences any more', outdated);
  if (unlisted.length + outdated.length > 0) process.exitCode = 1;
  else say(`${OURS} is as the contract says, but for ${differences.length} intended differences.`);
}

async function read(path: string): Promise<Document> {
  return JSON.parse(await readFile(path, 'utf8')) as Document;
}

function report(title: string, lines: readonly string[]): void {
  if (lines.length > 0) say(`${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
