import { DomainError, type ErrorCode } from '../errors/domain-error.js';
import { CONSTRAINT_ERRORS } from './constraints.js';
import { sqlStateOf } from './sqlstate.js';

/** Which refusal an error of Postgres is, by its SQLSTATE, whatever the statement was. */
const SQLSTATE_ERRORS: Readonly<Record<string, ErrorCode>> = { '55P03': 'row_locked' };

/**
 * Rethrows a database error: as the domain error that the broken constraint or the SQLSTATE stands for, else unchanged.
 *
 * @throws DomainError or the error itself, always
 */
export function rethrowAsDomainError(error: unknown): never {
  const code =
    CONSTRAINT_ERRORS[constraintOf(error) ?? ''] ?? SQLSTATE_ERRORS[stateOf(error) ?? ''] ?? refusalOfPool(error);
  throw code === undefined ? error : new DomainError(code);
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
  constraint?: unknown;
  originalCode?: string;
  originalMessage?: unknown;
}

const causeOf = ({ meta, cause }: DriverError) => meta?.driverAdapterError?.cause ?? cause;

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
