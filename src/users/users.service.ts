import { Injectable } from '@nestjs/common';
import type { Organization } from '../database/database.js';
import { accepted } from '../errors/refusal.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import {
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
    return accepted(await this.repository.get(userId));
  }

  async create(draft: UserDraft): Promise<User> {
    return accepted(await this.repository.create(withDefaults(draft)));
  }

  async update(userId: string, changes: UserChanges): Promise<User> {
    return accepted(await this.repository.update(userId, changes));
  }

  remove(userId: string): Promise<void> {
    return this.repository.remove(userId);
  }

  async listOrganizations(userId: string, page: OffsetPage): Promise<Page<Organization>> {
    return accepted(await this.repository.listOrganizations(userId, page));
  }
}
