import { DomainError } from '../../errors/domain-error.js';
import { found } from '../../errors/found.js';
import type { ConnectionFacts } from './organization-connection.js';

/** The ids of the first organizations, and the total number. */
export interface SomeOrganizations {
  readonly ids: readonly string[];
  readonly total: number;
}

/** The facts that decide whether one connection can replace another in all organizations that have it. */
export interface MoveFacts {
  /** Undefined when the connection does not exist. */
  readonly from: ConnectionFacts | undefined;
  readonly to: ConnectionFacts | undefined;
  /** Organizations with flags that the other connection cannot have. Undefined when the other connection does not exist. */
  readonly withForbiddenFlags: SomeOrganizations | undefined;
  /** Organizations that have both connections. */
  readonly withBoth: SomeOrganizations | undefined;
}

/** Returns the other connection. @throws DomainError when it cannot replace the first */
export function requireMovable({ from, to, withForbiddenFlags, withBoth }: MoveFacts): ConnectionFacts {
  const { id } = found(from, 'connection_not_found');
  const other = found(to, 'connection_in_body_unknown');
  if (other.id === id) throw new DomainError('body_invalid', "'Must be another connection' on property connection_id");
  if (withForbiddenFlags?.total) throw new DomainError('move_breaks_rules', naming(withForbiddenFlags));
  if (withBoth?.total) throw new DomainError('move_meets_other', naming(withBoth));
  return other;
}

function naming({ ids, total }: SomeOrganizations): string {
  const some = total > ids.length ? `, the first ${ids.length} of them` : '';
  return `${total} organization${total === 1 ? '' : 's'}${some}: ${ids.join(', ')}`;
}
