import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';
import { OrganizationExistence } from '../database/hot/organization-existence.js';
import type { Member } from './domain/member.js';
import { MembersRepository } from './members.repository.js';

@Injectable()
export class MembersService {
  constructor(
    private readonly repository: MembersRepository,
    private readonly organizations: OrganizationExistence,
  ) {}

  async list(organizationId: string, page: OffsetPage | CheckpointPage): Promise<Page<Member>> {
    const listed = await this.repository.list(organizationId, page);
    if (listed.rows.length === 0) await this.organizations.require(organizationId);
    return listed;
  }

  add(actor: Actor, organizationId: string, userIds: readonly string[]): Promise<void> {
    return this.repository.add(actor, organizationId, userIds);
  }

  async remove(actor: Actor, organizationId: string, userIds: readonly string[]): Promise<void> {
    const removed = await this.repository.remove(actor, organizationId, userIds);
    if (!removed) await this.organizations.require(organizationId);
  }
}
