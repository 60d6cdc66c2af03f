import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import type { Organization } from '../database/client.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { untilDecided } from '../errors/until-decided.js';
import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import { newId } from '../identifiers.js';
import { rowOf, type OrganizationConnection } from '../organization-connections/domain/organization-connection.js';
import type { Settings } from '../organization-connections/domain/settings.js';
import type { OrganizationChanges, OrganizationDraft, OrganizationOrder } from './domain/organization.js';
import { OrganizationsRepository } from './organizations.repository.js';

export interface CreatedOrganization {
  readonly organization: Organization;
  readonly connections: readonly OrganizationConnection[];
}

/** A connection that a new organization starts with. */
export interface InitialConnection {
  readonly connectionId: string;
  readonly settings: Settings;
}

@Injectable()
export class OrganizationsService {
  constructor(
    private readonly repository: OrganizationsRepository,
    private readonly config: AppConfig,
  ) {}

  list(order: OrganizationOrder, page: OffsetPage | CheckpointPage): Promise<Page<Organization>> {
    return this.repository.list(order, page);
  }

  async get(id: string): Promise<Organization> {
    return found(await this.repository.get(id), 'organization_not_found');
  }

  async getByName(name: string): Promise<Organization> {
    return found(await this.repository.getByName(name), 'organization_not_found');
  }

  /** Creates an organization with its connections, or nothing. @throws DomainError when a connection breaks a rule */
  async create(
    actor: Actor,
    draft: OrganizationDraft,
    initial: readonly InitialConnection[],
  ): Promise<CreatedOrganization> {
    const id = newId('org');
    const known = await this.repository.connectionsOf(initial.map(({ connectionId }) => connectionId));
    const connections = initial.map(({ connectionId, settings }) => {
      const connection = known.find((one) => one.id === connectionId);
      return rowOf(id, found(connection, 'connection_in_body_unknown'), settings);
    });
    const limit = this.config.maxConnectionsPerOrganization;
    if (connections.length > limit) throw new DomainError('connection_limit_reached', String(limit));
    return { organization: await this.repository.create(actor, id, draft, connections), connections };
  }

  update(actor: Actor, id: string, changes: OrganizationChanges, preconditions: Preconditions): Promise<Organization> {
    return untilDecided(
      () => this.repository.update(actor, id, changes, preconditions),
      async () => preconditions.require(await this.get(id)),
    );
  }

  async remove(actor: Actor, id: string, preconditions: Preconditions): Promise<void> {
    await removeUnder(
      preconditions,
      () => this.repository.remove(actor, id, preconditions),
      () => this.get(id),
    );
  }
}
