import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { OrganizationExistence } from '../database/hot/organization-existence.js';
import type { OrganizationDiscoveryDomain } from '../database/client.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { untilDecided } from '../errors/until-decided.js';
import type { CheckpointPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import { DiscoveryDomainsRepository } from './discovery-domains.repository.js';
import {
  normalizedDomain,
  isPublished,
  MAX_DISCOVERY_DOMAINS,
  verificationHost,
  type DiscoveryDomainChanges,
  type DiscoveryDomainDraft,
  type DiscoveryDomainKey,
} from './domain/discovery-domain.js';
import { LOOK_UP_TXT, type LookUpTxt } from './txt-records.js';

@Injectable()
export class DiscoveryDomainsService {
  constructor(
    private readonly repository: DiscoveryDomainsRepository,
    private readonly organizations: OrganizationExistence,
    @Inject(LOOK_UP_TXT) private readonly lookUpTxt: LookUpTxt,
  ) {}

  async list(organizationId: string, page: CheckpointPage): Promise<Page<OrganizationDiscoveryDomain>> {
    const listed = await this.repository.list(organizationId, page);
    if (listed.rows.length === 0) await this.organizations.require(organizationId);
    return listed;
  }

  async get(key: DiscoveryDomainKey): Promise<OrganizationDiscoveryDomain> {
    return this.foundIn(key.organizationId, await this.repository.get(key));
  }

  async getByName(organizationId: string, domain: string): Promise<OrganizationDiscoveryDomain> {
    return this.foundIn(organizationId, await this.repository.getByName(organizationId, normalizedDomain(domain)));
  }

  async create(
    actor: Actor,
    organizationId: string,
    draft: DiscoveryDomainDraft,
  ): Promise<OrganizationDiscoveryDomain> {
    const outcome = await this.repository.create(actor, organizationId, draft, MAX_DISCOVERY_DOMAINS);
    if (typeof outcome === 'string') throw new DomainError(outcome, String(MAX_DISCOVERY_DOMAINS));
    return outcome;
  }

  update(
    actor: Actor,
    key: DiscoveryDomainKey,
    changes: DiscoveryDomainChanges,
    preconditions: Preconditions,
  ): Promise<OrganizationDiscoveryDomain> {
    return untilDecided(
      () => this.repository.update(actor, key, changes, preconditions),
      async () => preconditions.require(await this.get(key)),
    );
  }

  /** A verified domain stays verified when its TXT record is gone. Returns the row afterwards. */
  async verify(
    actor: Actor,
    key: DiscoveryDomainKey,
    preconditions: Preconditions,
  ): Promise<OrganizationDiscoveryDomain> {
    const row = await this.get(key);
    preconditions.require(row);
    const records = await this.lookUpTxt(verificationHost(row.organizationId, row.domain));
    return isPublished(row.verificationTxt, records)
      ? this.update(actor, key, { status: 'verified' }, preconditions)
      : row;
  }

  /** Removing a domain that does not exist does nothing. */
  async remove(actor: Actor, key: DiscoveryDomainKey, preconditions: Preconditions): Promise<void> {
    await removeUnder(
      preconditions,
      () => this.repository.remove(actor, key, preconditions),
      async () => {
        const row = await this.repository.get(key);
        if (!row) await this.organizations.require(key.organizationId);
        return row;
      },
    );
  }

  /** @throws DomainError `organization_not_found` or `discovery_domain_not_found` */
  private async foundIn<T>(organizationId: string, row: T | null | undefined): Promise<T> {
    if (!row) await this.organizations.require(organizationId);
    return found(row, 'discovery_domain_not_found');
  }
}
