import { Inject, Injectable } from '@nestjs/common';
import type { OrganizationDiscoveryDomain } from '../database/database.js';
import { accepted } from '../errors/refusal.js';
import type { CheckpointPage, Page } from '../http/pagination.js';
import { DiscoveryDomainsRepository } from './discovery-domains.repository.js';
import {
  domainAsKept,
  isPublished,
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
    @Inject(LOOK_UP_TXT) private readonly lookUpTxt: LookUpTxt,
  ) {}

  async list(organizationId: string, page: CheckpointPage): Promise<Page<OrganizationDiscoveryDomain>> {
    return accepted(await this.repository.list(organizationId, page));
  }

  async get(key: DiscoveryDomainKey): Promise<OrganizationDiscoveryDomain> {
    return accepted(await this.repository.get(key));
  }

  async getByName(organizationId: string, domain: string): Promise<OrganizationDiscoveryDomain> {
    return accepted(await this.repository.getByName(organizationId, domainAsKept(domain)));
  }

  async create(organizationId: string, draft: DiscoveryDomainDraft): Promise<OrganizationDiscoveryDomain> {
    return accepted(await this.repository.create(organizationId, draft));
  }

  async update(key: DiscoveryDomainKey, changes: DiscoveryDomainChanges): Promise<OrganizationDiscoveryDomain> {
    return accepted(await this.repository.update(key, changes));
  }

  /** A domain that is verified once stays so, also when the record is gone. @returns the row as it is afterwards */
  async verify(key: DiscoveryDomainKey): Promise<OrganizationDiscoveryDomain> {
    const row = accepted(await this.repository.get(key));
    const records = await this.lookUpTxt(verificationHost(row.organizationId, row.domain));
    if (!isPublished(row.verificationTxt, records)) return row;
    return accepted(await this.repository.update(key, { status: 'verified' }));
  }

  async remove(key: DiscoveryDomainKey): Promise<void> {
    accepted(await this.repository.remove(key));
  }
}
