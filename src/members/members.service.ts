import { Injectable } from '@nestjs/common';
import { accepted } from '../errors/refusal.js';
import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';
import type { Member } from './domain/member.js';
import { MembersRepository } from './members.repository.js';

@Injectable()
export class MembersService {
  constructor(private readonly repository: MembersRepository) {}

  async list(organizationId: string, page: OffsetPage | CheckpointPage): Promise<Page<Member>> {
    return accepted(await this.repository.list(organizationId, page));
  }

  add(organizationId: string, userIds: readonly string[]): Promise<void> {
    return this.repository.add(organizationId, userIds);
  }

  async remove(organizationId: string, userIds: readonly string[]): Promise<void> {
    accepted(await this.repository.remove(organizationId, userIds));
  }
}
