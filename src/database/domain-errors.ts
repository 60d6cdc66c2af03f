import { DomainError, type ErrorCode } from '../errors/domain-error.js';
import { CONSTRAINT_ERRORS } from './constraints.js';
import { saysUnavailable, sqlStateOf } from './sqlstate.js';

/** Which refusal an error of Postgres is, by its SQLSTATE, whatever the statement was. */
const SQLSTATE_ERRORS: Readonly<Record<string, ErrorCode>> = { '55P03': 'row_locked' };

/** What Prisma's adapter makes of the failure of a connection. */
const ADAPTER_UNAVAILABLE = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TlsConnectionError'];

/** Prisma's own, for a transaction that it has stopped waiting for. */
const PRISMA_UNAVAILABLE = 'P2028';

/** What `pg` and the system call the failure of a connection. A defect of ours is a `TypeError` or its like. */
const CONNECTION_ERRORS = ['Error', 'AggregateError'];

/**
 * Rethrows an error of the database, and of nothing else: as the domain error that the broken constraint or the SQLSTATE
 * stands for, as `database_unavailable` when it is the database that failed, else unchanged.
 *
 * @throws DomainError or the error itself, always
 */
export function rethrowAsDomainError(error: unknown): never {
  const code =
    CONSTRAINT_ERRORS[constraintOf(error) ?? ''] ?? SQLSTATE_ERRORS[stateOf(error) ?? ''] ?? refusalOfPool(error);
  if (code !== undefined) throw new DomainError(code);
  throw isUnavailable(error) ? new DomainError('database_unavailable', '', '', error) : error;
}

function isUnavailable(error: unknown): boolean {
  const state = stateOf(error);
  if (state !== undefined) return saysUnavailable(state);
  const { name = '', code } = (error ?? {}) as { name?: string; code?: string };
  const kind = causeOf(error as DriverError)?.kind ?? '';
  return CONNECTION_ERRORS.includes(name) || ADAPTER_UNAVAILABLE.includes(kind) || code === PRISMA_UNAVAILABLE;
}

/** Of an error that the pool threw, Prisma keeps nothing but the code. */
function refusalOfPool(error: unknown): ErrorCode | undefined {
  return (error as { code?: unknown } | undefined)?.code === OVERLOADED ? OVERLOADED : undefined;
}

const OVERLOADED = 'overloaded' satisfies ErrorCode;

interface DriverError {
  /** From pg itself. */
  constraint?: unknown;
  /** From Prisma: where a driver adapter leaves it, and where it is for what fails at the COMMIT. */
  meta?: { driverAdapterError?: { cause?: DriverCause } };
  cause?: DriverCause;
}

interface DriverCause {
  kind?: string;
  constraint?: unknown;
  originalCode?: string;
  originalMessage?: unknown;
}

const causeOf = (error: DriverError | undefined) => error?.meta?.driverAdapterError?.cause ?? error?.cause;

function stateOf(error: unknown): string | undefined {
  return causeOf(error as DriverError)?.originalCode ?? sqlStateOf(error);
}

function constraintOf(error: unknown): string | undefined {
  const cause = causeOf(error as DriverError);
  return (
    nameIn((error as DriverError).constraint) ??
    nameIn(cause?.constraint) ??
    quotedConstraintName(cause?.originalMessage)
  );
}

/** Prisma gives the name as `{ index }` for keys and `{ foreignKey }` or nothing for other constraints. */
function nameIn(constraint: unknown): string | undefined {
  if (typeof constraint === 'string') return constraint;
  if (typeof constraint !== 'object' || constraint === null) return undefined;
  const { index } = constraint as { index?: unknown };
  return typeof index === 'string' ? index : undefined;
}

/** Postgres names the constraint last in the message of its error, in the language of the server but always quoted. */
function quotedConstraintName(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined;
  return Object.keys(CONSTRAINT_ERRORS).find((name) => message.includes(`"${name}"`));
}
