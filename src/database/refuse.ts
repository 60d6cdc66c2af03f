import { DomainError } from '../errors/domain-error.js';
import { CONSTRAINT_ERRORS } from './constraints.js';

/**
 * Rethrows a database error: as the refusal that the broken constraint stands for, else unchanged.
 *
 * @throws DomainError or the error itself, always
 */
export function refuse(error: unknown): never {
  const constraint = constraintOf(error);
  const code = constraint === undefined ? undefined : CONSTRAINT_ERRORS[constraint];
  throw code === undefined ? error : new DomainError(code);
}

interface DriverError {
  /** From pg itself. */
  constraint?: unknown;
  /** From Prisma: where a driver adapter leaves it. */
  meta?: { driverAdapterError?: { cause?: { constraint?: unknown; originalMessage?: unknown } } };
}

function constraintOf(error: unknown): string | undefined {
  const { constraint, meta } = error as DriverError;
  const cause = meta?.driverAdapterError?.cause;
  return nameIn(constraint) ?? nameIn(cause?.constraint) ?? quotedConstraintName(cause?.originalMessage);
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
