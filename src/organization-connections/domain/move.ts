import { DomainError } from '../../errors/domain-error.js';
import { found } from '../../errors/found.js';
import type { ConnectionFacts } from './organization-connection.js';

/** Organizations by id: the first of them, and how many there are. */
export interface SomeOrganizations {
  readonly ids: readonly string[];
  readonly total: number;
}

/** What decides whether one connection can come in place of another, in all organizations that have that. */
export interface MoveFacts {
  /** Undefined: there is no such connection. */
  readonly from: ConnectionFacts | undefined;
  readonly to: ConnectionFacts | undefined;
  /** Those with terms that the other cannot have. Undefined: there is no other. */
  readonly withOtherTerms: SomeOrganizations | undefined;
  /** Those that have the other too. */
  readonly withBoth: SomeOrganizations | undefined;
}

/** @returns the other connection. @throws DomainError when it cannot come in place of the first */
export function requireMovable({ from, to, withOtherTerms, withBoth }: MoveFacts): ConnectionFacts {
  const { id } = found(from, 'connection_not_found');
  const other = found(to, 'connection_in_body_unknown');
  if (other.id === id) throw new DomainError('body_invalid', "'Must be another connection' on property connection_id");
  if (withOtherTerms?.total) throw new DomainError('move_breaks_rules', naming(withOtherTerms));
  if (withBoth?.total) throw new DomainError('move_meets_other', naming(withBoth));
  return other;
}

function naming({ ids, total }: SomeOrganizations): string {
  const some = total > ids.length ? `, the first ${ids.length} of them` : '';
  return `${total} organization${total === 1 ? '' : 's'}${some}: ${ids.join(', ')}`;
}
