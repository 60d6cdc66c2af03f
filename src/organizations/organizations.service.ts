import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import type { Organization } from '../database/database.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { untilDecided } from '../errors/until-decided.js';
import type { CheckpointPage, OffsetPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import type { NewRow, OrganizationConnection } from '../organization-connections/domain/organization-connection.js';
import { requireAllowedTerms } from '../organization-connections/domain/terms.js';
import type { OrganizationChanges, OrganizationDraft, OrganizationOrder } from './domain/organization.js';
import { OrganizationsRepository } from './organizations.repository.js';

export interface CreatedOrganization {
  readonly organization: Organization;
  readonly connections: readonly OrganizationConnection[];
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

  /** @throws DomainError when there is no such organization */
  async requireExistence(id: string): Promise<void> {
    if (!(await this.repository.exists(id))) throw new DomainError('organization_not_found');
  }

  /** With its connections, judged by the rules of their strategies, or not at all. */
  async create(actor: Actor, draft: OrganizationDraft, initial: readonly NewRow[]): Promise<CreatedOrganization> {
    const known = await this.repository.connectionsOf(initial.map(({ connectionId }) => connectionId));
    const connections = initial.map((row): OrganizationConnection => {
      const connection = known.find(({ id }) => id === row.connectionId);
      const { strategyKind, strategy, name } = found(connection, 'connection_in_body_unknown');
      requireAllowedTerms(strategyKind, row);
      return { ...row, strategyKind, strategy, connectionName: name };
    });
    const limit = this.config.maxConnectionsPerOrganization;
    if (connections.length > limit) throw new DomainError('connection_limit_reached', String(limit));
    return { organization: await this.repository.create(actor, draft, connections), connections };
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
