import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import type { Organization } from '../database/client.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import { sizeProblem } from '../http/validation/constraints.js';
import {
  MAX_METADATA_BYTES,
  mergedChanges,
  withDefaults,
  type User,
  type UserChanges,
  type UserDraft,
  type UserFilter,
  type UserOrder,
} from './domain/user.js';
import { UsersRepository } from './users.repository.js';

@Injectable()
export class UsersService {
  constructor(private readonly repository: UsersRepository) {}

  list(filter: UserFilter, order: UserOrder, page: OffsetPage): Promise<Page<User>> {
    return this.repository.list(filter, order, page);
  }

  async get(userId: string): Promise<User> {
    return found(await this.repository.get(userId), 'user_not_found');
  }

  async create(actor: Actor, draft: UserDraft): Promise<User> {
    return found(await this.repository.create(actor, withDefaults(draft)), 'connection_in_body_unknown');
  }

  async update(actor: Actor, userId: string, changes: UserChanges, preconditions: Preconditions): Promise<User> {
    const updated = await this.repository.update(actor, userId, (present) => {
      preconditions.require(present);
      const merged = mergedChanges(present, changes);
      requireMetadataSize('user_metadata', merged.userMetadata);
      requireMetadataSize('app_metadata', merged.appMetadata);
      return merged;
    });
    return found(updated, 'user_not_found');
  }

  /** Does nothing when the user does not exist. */
  async remove(actor: Actor, userId: string, preconditions: Preconditions): Promise<void> {
    await removeUnder(
      preconditions,
      () => this.repository.remove(actor, userId, preconditions),
      () => this.repository.get(userId),
    );
  }

  async listOrganizations(userId: string, page: OffsetPage): Promise<Page<Organization>> {
    const listed = await this.repository.listOrganizations(userId, page);
    if (listed.rows.length === 0) await this.get(userId);
    return listed;
  }
}

/** Merged metadata has the same limit as metadata in a request. */
function requireMetadataSize(property: string, merged: object | undefined): void {
  const problem = merged && sizeProblem(merged, MAX_METADATA_BYTES);
  if (problem) throw new DomainError('body_invalid', `'${problem}' on property ${property}`);
}
