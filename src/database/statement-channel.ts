import { tracingChannel } from 'node:diagnostics_channel';
import { DomainError } from '../errors/domain-error.js';
import { sqlStateOf } from './sqlstate.js';

/** One run of a statement, the wait for a connection included. */
export interface StatementRun {
  /** The name of a hot statement, or a model and operation of Prisma. */
  readonly name: string;
  /** In milliseconds, as of `performance.now()`. */
  readonly startedAt: number;
  /** Set by Node when the statement failed. */
  readonly error?: unknown;
}

/** Publishes every run of a statement. */
export const statementRuns = tracingChannel<unknown, StatementRun>('vestibule:database.statement');

/** Runs a statement and publishes the run. Costs nothing without subscribers. */
export function asStatementRun<T>(name: string, work: () => Promise<T>): Promise<T> {
  return statementRuns.hasSubscribers
    ? statementRuns.tracePromise(work, { name, startedAt: performance.now() })
    : work();
}

/** Returns why a statement failed: the code of a DomainError, an SQLSTATE, a code of Prisma, or `other`. */
export function failureOf(error: unknown): string {
  if (error instanceof DomainError) return error.cause === undefined ? error.code : failureOf(error.cause);
  const code = sqlStateOf(error) ?? (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : 'other';
}
