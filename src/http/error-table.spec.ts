import { readFileSync } from 'node:fs';
import { ERROR_TABLE } from './error-table.js';

interface Row {
  readonly status: number;
  readonly message: string;
  readonly errorCode?: string;
}

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The rows of README's error table, without what each is for. */
function documented(): Row[] {
  const [, section = ''] = /^## Errors$(.*?)^## /ms.exec(README) ?? [];
  return section
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .filter(([, , status]) => /^\d{3}$/.test(status ?? ''))
    .map(([, , status, message = '', errorCode]) => ({
      status: Number(status),
      message,
      errorCode: errorCode === '' ? undefined : errorCode,
    }));
}

/** README shows an example where the table leaves a detail open. */
function describes(row: Row, { status, message, errorCode }: Row): boolean {
  const [before = '', after] = message.split('%');
  const fits =
    after === undefined ? row.message === before : row.message.startsWith(before) && row.message.endsWith(after);
  return row.status === status && row.errorCode === errorCode && fits;
}

describe('the error table', () => {
  const rows = documented();

  it('is in README', () => {
    expect(rows.length).toBeGreaterThan(0);
  });

  it.each(Object.entries(ERROR_TABLE))('has a row in README for %s', (_, error) => {
    expect(rows.filter((row) => describes(row, error))).toHaveLength(1);
  });

  it.each(rows)('has an error for README’s "$message"', (row) => {
    expect(Object.values(ERROR_TABLE).filter((error) => describes(row, error))).toHaveLength(1);
  });

  it('tells no two errors by the same answer', () => {
    const answers = Object.values(ERROR_TABLE).map(
      ({ status, message, errorCode }) => `${status} ${message} ${errorCode}`,
    );
    expect(new Set(answers).size).toBe(answers.length);
  });
});
