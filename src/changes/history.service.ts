import { Injectable } from '@nestjs/common';
import type { Scope, GrantedScopes } from '../auth/scopes.js';
import type { Actor } from '../actor.js';
import { OrganizationExistence } from '../database/hot/organization-existence.js';
import { DiscoveryDomainsService } from '../discovery-domains/discovery-domains.service.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import type { CheckpointPage, Page } from '../http/pagination.js';
import { Preconditions } from '../http/preconditions.js';
import { MembersService } from '../members/members.service.js';
import { OrganizationConnectionsService } from '../organization-connections/organization-connections.service.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { ChangesRepository, type ChangeFilter, type RowName } from './changes.repository.js';
import type { Change } from './domain/change.js';
import { reversalOf, type Reversal } from './domain/reversal.js';

/** The history of an organization's rows, and the reversal of changes. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly repository: ChangesRepository,
    private readonly organizations: OrganizationsService,
    private readonly existence: OrganizationExistence,
    private readonly connections: OrganizationConnectionsService,
    private readonly members: MembersService,
    private readonly domains: DiscoveryDomainsService,
  ) {}

  /** Newest first. A deleted organization still has its history. */
  async list(organizationId: string, filter: ChangeFilter, page: CheckpointPage): Promise<Page<Change>> {
    const listed = await this.repository.list(organizationId, filter, page);
    if (listed.rows.length === 0) await this.requireKnown(organizationId);
    return listed;
  }

  /**
   * Restores a row to its state before a change. The restoration is checked like any write and recorded as a new
   * change.
   *
   * @param row finds only changes of this row; undefined finds any change of the organization
   * @returns the latest change of the row
   * @throws DomainError when the change does not exist or cannot be reverted
   */
  async revert(
    actor: Actor,
    scopes: GrantedScopes,
    organizationId: string,
    sequence: bigint,
    row?: RowName,
  ): Promise<Change> {
    const change = await this.repository.get(organizationId, sequence, row);
    if (!change) await this.requireKnown(organizationId);
    const reversal = reversalOf(found(change, 'change_not_found'));
    if (reversal === undefined) throw new DomainError('change_not_revertible');
    const scope = SCOPES[reversal.kind];
    if (!scopes.has(scope)) throw new DomainError('scope_insufficient', scope);
    await this.apply(actor, organizationId, reversal);
    return found(await this.repository.latest(organizationId, change!), 'change_not_found');
  }

  private async apply(actor: Actor, organizationId: string, reversal: Reversal): Promise<void> {
    switch (reversal.kind) {
      case 'update_organization':
        await this.organizations.update(actor, organizationId, reversal.changes, Preconditions.NONE);
        return;
      case 'put_connection':
        return this.putConnection(actor, organizationId, reversal);
      case 'remove_connection': {
        const key = { organizationId, connectionId: reversal.connectionId };
        return this.connections.remove(actor, key, 'connections', Preconditions.NONE);
      }
      case 'add_member':
        return this.members.add(actor, organizationId, [reversal.userId]);
      case 'remove_member':
        return this.members.remove(actor, organizationId, [reversal.userId]);
      case 'update_domain':
        await this.domains.update(actor, { organizationId, id: reversal.id }, reversal.changes, Preconditions.NONE);
        return;
      case 'remove_domain':
        return this.domains.remove(actor, { organizationId, id: reversal.id }, Preconditions.NONE);
    }
  }

  private async putConnection(
    actor: Actor,
    organizationId: string,
    { connectionId, settings }: Extract<Reversal, { kind: 'put_connection' }>,
  ): Promise<void> {
    const key = { organizationId, connectionId };
    try {
      await this.connections.update(actor, key, settings, 'connections', Preconditions.NONE);
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'organization_connection_not_found')) throw error;
      await this.connections.add(actor, key, settings, 'connections');
    }
  }

  /** @throws DomainError when the organization does not exist and has no history */
  private async requireKnown(organizationId: string): Promise<void> {
    const { rows } = await this.repository.list(organizationId, {}, { kind: 'checkpoint', limit: 1 });
    if (rows.length === 0) await this.existence.require(organizationId);
  }
}

/** The scope of the request that would make the same change. */
const SCOPES: Readonly<Record<Reversal['kind'], Scope>> = {
  update_organization: 'update:organizations',
  put_connection: 'update:organization_connections',
  remove_connection: 'delete:organization_connections',
  add_member: 'create:organization_members',
  remove_member: 'delete:organization_members',
  update_domain: 'update:organization_discovery_domains',
  remove_domain: 'delete:organization_discovery_domains',
};
