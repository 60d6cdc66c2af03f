import { Injectable } from '@nestjs/common';
import type { Organization } from '../database/database.js';
import { accepted } from '../errors/refusal.js';
import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';
import type { NewRow } from '../organization-connections/domain/organization-connection.js';
import type { OrganizationChanges, OrganizationDraft, OrganizationOrder } from './domain/organization.js';
import { OrganizationsRepository, type CreatedOrganization } from './organizations.repository.js';

@Injectable()
export class OrganizationsService {
  constructor(private readonly repository: OrganizationsRepository) {}

  list(order: OrganizationOrder, page: OffsetPage | CheckpointPage): Promise<Page<Organization>> {
    return this.repository.list(order, page);
  }

  async get(id: string): Promise<Organization> {
    return accepted(await this.repository.get(id));
  }

  async getByName(name: string): Promise<Organization> {
    return accepted(await this.repository.getByName(name));
  }

  async create(draft: OrganizationDraft, connections: readonly NewRow[]): Promise<CreatedOrganization> {
    return accepted(await this.repository.create(draft, connections));
  }

  async update(id: string, changes: OrganizationChanges): Promise<Organization> {
    return accepted(await this.repository.update(id, changes));
  }

  async remove(id: string): Promise<void> {
    accepted(await this.repository.remove(id));
  }
}
