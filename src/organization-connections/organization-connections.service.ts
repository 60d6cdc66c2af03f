import { Injectable } from '@nestjs/common';
import type { Key } from '../database/organization-connection.statements.js';
import { accepted } from '../errors/refusal.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import type { Face, NewRow, OrganizationConnection, Settings } from './domain/organization-connection.js';
import { OrganizationConnectionsRepository } from './organization-connections.repository.js';

@Injectable()
export class OrganizationConnectionsService {
  constructor(private readonly repository: OrganizationConnectionsRepository) {}

  async list(organizationId: string, page: OffsetPage, isEnabled?: boolean): Promise<Page<OrganizationConnection>> {
    return accepted(await this.repository.list(organizationId, page, isEnabled));
  }

  async get(key: Key, face: Face): Promise<OrganizationConnection> {
    return accepted(await this.repository.get(key, face));
  }

  async add(organizationId: string, row: NewRow, face: Face): Promise<OrganizationConnection> {
    const { connectionId, ...settings } = row;
    return accepted(await this.repository.add({ organizationId, connectionId }, settings, face));
  }

  /** No changes: the row as it is. */
  async update(key: Key, changes: Partial<Settings>, face: Face): Promise<OrganizationConnection> {
    const nothing = Object.values(changes).every((value) => value === undefined);
    return nothing ? this.get(key, face) : accepted(await this.repository.update(key, changes, face));
  }

  /** Idempotent. */
  async remove(key: Key, face: Face): Promise<void> {
    accepted(await this.repository.remove(key, face));
  }
}
