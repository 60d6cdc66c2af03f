import { readFileSync } from 'node:fs';
import { ERROR_TABLE } from './error-table.js';

interface Row {
  readonly status: number;
  readonly message: string;
  readonly errorCode?: string;
}

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** The rows of the table in docs/errors.md, without the cell that says when. */
function documented(): Row[] {
  return PAGE.split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .filter(([, , status]) => /^\d{3}$/.test(status ?? ''))
    .map(([, , status, message = '', errorCode]) => ({
      status: Number(status),
      message,
      errorCode: errorCode === '' ? undefined : errorCode,
    }));
}

/** The page shows an example where the message has a detail. */
function describes(row: Row, { status, message, errorCode }: Row): boolean {
  const [before = '', after] = message.split('%');
  const fits =
    after === undefined ? row.message === before : row.message.startsWith(before) && row.message.endsWith(after);
  return row.status === status && row.errorCode === errorCode && fits;
}

describe('the error table', () => {
  const rows = documented();

  it('is in docs/errors.md', () => {
    expect(rows.length).toBeGreaterThan(0);
  });

  it.each(Object.entries(ERROR_TABLE))('has a row in docs/errors.md for %s', (_, error) => {
    expect(rows.filter((row) => describes(row, error))).toHaveLength(1);
  });

  it.each(rows)('has an error for the "$message" of docs/errors.md', (row) => {
    expect(Object.values(ERROR_TABLE).filter((error) => describes(row, error))).toHaveLength(1);
  });

  it('tells no two errors by the same answer', () => {
    const answers = Object.values(ERROR_TABLE).map(
      ({ status, message, errorCode }) => `${status} ${message} ${errorCode}`,
    );
    expect(new Set(answers).size).toBe(answers.length);
  });
});
