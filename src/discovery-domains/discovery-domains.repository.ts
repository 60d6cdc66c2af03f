import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database, type OrganizationDiscoveryDomain } from '../database/database.js';
import { lockOrganization, organizationExists } from '../database/organizations.js';
import { refusal, type Refusal } from '../errors/refusal.js';
import { checkpointPage, invalidCheckpoint, type CheckpointPage, type Page } from '../http/pagination.js';
import { newSortedId } from '../identifiers.js';
import {
  MAX_DISCOVERY_DOMAINS,
  type DiscoveryDomainChanges,
  type DiscoveryDomainDraft,
  type DiscoveryDomainKey,
} from './domain/discovery-domain.js';

const VERIFICATION_BYTES = 16;

type NoOrganization = Refusal<'organization_not_found'>;
type NotFound = NoOrganization | Refusal<'discovery_domain_not_found'>;

/** The rows of `organization_discovery_domains`. Every call is about one organization, and touches no row of another. */
@Injectable()
export class DiscoveryDomainsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Ordered by id, which is the order of creation. */
  async list(
    organizationId: string,
    page: CheckpointPage,
  ): Promise<Page<OrganizationDiscoveryDomain> | NoOrganization> {
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const fetched = await this.database.organizationDiscoveryDomain.findMany({
      where: { organizationId, id: page.after && { gt: page.after[0] } },
      orderBy: { id: 'asc' },
      take: page.limit + 1,
    });
    const known = fetched.length > 0 || (await organizationExists(this.database, organizationId));
    return known ? checkpointPage(fetched, page, ({ id }) => [id]) : refusal('organization_not_found');
  }

  async get(key: DiscoveryDomainKey): Promise<OrganizationDiscoveryDomain | NotFound> {
    const where = { organizationId_id: key };
    return (
      (await this.database.organizationDiscoveryDomain.findUnique({ where })) ??
      (await this.missing(key.organizationId))
    );
  }

  async getByName(organizationId: string, domain: string): Promise<OrganizationDiscoveryDomain | NotFound> {
    const where = { organizationId_domain: { organizationId, domain } };
    return (
      (await this.database.organizationDiscoveryDomain.findUnique({ where })) ?? (await this.missing(organizationId))
    );
  }

  /** A domain that the organization already has fails its unique index. */
  async create(
    organizationId: string,
    draft: DiscoveryDomainDraft,
  ): Promise<OrganizationDiscoveryDomain | NoOrganization | Refusal<'discovery_domain_limit_reached'>> {
    return this.database.$transaction(async (transaction) => {
      if (!(await lockOrganization(transaction, organizationId))) return refusal('organization_not_found');
      const others = await transaction.organizationDiscoveryDomain.count({
        where: { organizationId, domain: { not: draft.domain } },
      });
      if (others >= MAX_DISCOVERY_DOMAINS) {
        return refusal('discovery_domain_limit_reached', String(MAX_DISCOVERY_DOMAINS));
      }
      const verificationTxt = randomBytes(VERIFICATION_BYTES).toString('hex');
      return transaction.organizationDiscoveryDomain.create({
        data: { ...draft, organizationId, id: newSortedId('ord'), verificationTxt },
      });
    });
  }

  async update(
    key: DiscoveryDomainKey,
    changes: DiscoveryDomainChanges,
  ): Promise<OrganizationDiscoveryDomain | NotFound> {
    const [updated] = await this.database.organizationDiscoveryDomain.updateManyAndReturn({
      where: { organizationId: key.organizationId, id: key.id },
      data: changes,
    });
    return updated ?? (await this.missing(key.organizationId));
  }

  /** Removing what is not there does nothing. */
  async remove({ organizationId, id }: DiscoveryDomainKey): Promise<'removed' | NoOrganization> {
    const { count } = await this.database.organizationDiscoveryDomain.deleteMany({ where: { organizationId, id } });
    return count > 0 || (await organizationExists(this.database, organizationId))
      ? 'removed'
      : refusal('organization_not_found');
  }

  private async missing(organizationId: string): Promise<NotFound> {
    const there = await organizationExists(this.database, organizationId);
    return refusal(there ? 'discovery_domain_not_found' : 'organization_not_found');
  }
}
