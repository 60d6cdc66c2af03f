import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { writing } from '../database/recording.js';
import { DATABASE, type Database, type OrganizationDiscoveryDomain } from '../database/database.js';
import { checkpointPage, invalidCheckpoint, type CheckpointPage, type Page } from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import { newSortedId } from '../identifiers.js';
import { lockOrganization } from '../organizations/organizations.statements.js';
import {
  type DiscoveryDomainChanges,
  type DiscoveryDomainDraft,
  type DiscoveryDomainKey,
} from './domain/discovery-domain.js';

const VERIFICATION_BYTES = 16;

/** The rows of `organization_discovery_domains`. Every call is about one organization, and touches no row of another. */
@Injectable()
export class DiscoveryDomainsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Ordered by id, which is the order of creation. */
  async list(organizationId: string, page: CheckpointPage): Promise<Page<OrganizationDiscoveryDomain>> {
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const fetched = await this.database.organizationDiscoveryDomain.findMany({
      where: { organizationId, id: page.after && { gt: page.after[0] } },
      orderBy: { id: 'asc' },
      take: page.limit + 1,
    });
    return checkpointPage(fetched, page, ({ id }) => [id]);
  }

  get(key: DiscoveryDomainKey): Promise<OrganizationDiscoveryDomain | null> {
    return this.database.organizationDiscoveryDomain.findUnique({ where: { organizationId_id: key } });
  }

  getByName(organizationId: string, domain: string): Promise<OrganizationDiscoveryDomain | null> {
    const where = { organizationId_domain: { organizationId, domain } };
    return this.database.organizationDiscoveryDomain.findUnique({ where });
  }

  /**
   * A domain that the organization already has fails its unique index.
   *
   * @param limit how many domains an organization may have
   */
  async create(
    actor: Actor,
    organizationId: string,
    draft: DiscoveryDomainDraft,
    limit: number,
  ): Promise<OrganizationDiscoveryDomain | 'organization_not_found' | 'discovery_domain_limit_reached'> {
    return writing(this.database, actor, async (transaction) => {
      if (!(await lockOrganization(transaction, organizationId))) return 'organization_not_found';
      const others = await transaction.organizationDiscoveryDomain.count({
        where: { organizationId, domain: { not: draft.domain } },
      });
      if (others >= limit) return 'discovery_domain_limit_reached';
      const verificationTxt = randomBytes(VERIFICATION_BYTES).toString('hex');
      return transaction.organizationDiscoveryDomain.create({
        data: { ...draft, organizationId, id: newSortedId('ord'), verificationTxt },
      });
    });
  }

  /** Undefined: there is none, or not as it was asked for. */
  async update(
    actor: Actor,
    { organizationId, id }: DiscoveryDomainKey,
    changes: DiscoveryDomainChanges,
    { versions }: Preconditions,
  ): Promise<OrganizationDiscoveryDomain | undefined> {
    const where = { organizationId, id, version: versions };
    const [updated] = await writing(this.database, actor, ({ organizationDiscoveryDomain }) =>
      organizationDiscoveryDomain.updateManyAndReturn({ where, data: changes }),
    );
    return updated;
  }

  /** @returns whether there was such a domain, as it was asked for */
  async remove(
    actor: Actor,
    { organizationId, id }: DiscoveryDomainKey,
    { versions }: Preconditions,
  ): Promise<boolean> {
    const where = { organizationId, id, version: versions };
    const { count } = await writing(this.database, actor, ({ organizationDiscoveryDomain }) =>
      organizationDiscoveryDomain.deleteMany({ where }),
    );
    return count > 0;
  }
}
