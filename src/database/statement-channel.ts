import { tracingChannel } from 'node:diagnostics_channel';
import { DomainError } from '../errors/domain-error.js';
import { sqlStateOf } from './sqlstate.js';

/** One run of a statement, from when it was asked for. Waiting for a connection is part of it. */
export interface StatementRun {
  /** From a closed set: the name of a hot statement, or a model and operation of Prisma. */
  readonly name: string;
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** Set by Node when it failed. */
  readonly error?: unknown;
}

/** Publishes every run of a statement. */
export const statementRuns = tracingChannel<unknown, StatementRun>('vestibule:database.statement');

/** Runs the work as a run of a statement. Costs nothing while nobody listens. */
export function asStatementRun<T>(name: string, work: () => Promise<T>): Promise<T> {
  return statementRuns.hasSubscribers
    ? statementRuns.tracePromise(work, { name, startedAt: performance.now() })
    : work();
}

/** Why a statement failed, of a closed set: the code of the refusal, an SQLSTATE, a code of Prisma, or `other`. */
export function failureOf(error: unknown): string {
  if (error instanceof DomainError) return error.cause === undefined ? error.code : failureOf(error.cause);
  const code = sqlStateOf(error) ?? (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : 'other';
}
