import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import type { OrganizationDiscoveryDomain } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { checkpointPage, invalidCheckpoint, type CheckpointPage, type Page } from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import { newSortedId } from '../identifiers.js';
import {
  type DiscoveryDomainChanges,
  type DiscoveryDomainDraft,
  type DiscoveryDomainKey,
} from './domain/discovery-domain.js';

const VERIFICATION_BYTES = 16;

/** The rows of `organization_discovery_domains`. Every method reads and writes the rows of one organization. */
@Injectable()
export class DiscoveryDomainsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Ordered by id, which is the order of creation. */
  async list(organizationId: string, page: CheckpointPage): Promise<Page<OrganizationDiscoveryDomain>> {
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const fetched = await this.prisma.client.organizationDiscoveryDomain.findMany({
      where: { organizationId, id: page.after && { gt: page.after[0] } },
      orderBy: { id: 'asc' },
      take: page.limit + 1,
    });
    return checkpointPage(fetched, page, ({ id }) => [id]);
  }

  get(key: DiscoveryDomainKey): Promise<OrganizationDiscoveryDomain | null> {
    return this.prisma.client.organizationDiscoveryDomain.findUnique({ where: { organizationId_id: key } });
  }

  getByName(organizationId: string, domain: string): Promise<OrganizationDiscoveryDomain | null> {
    const where = { organizationId_domain: { organizationId, domain } };
    return this.prisma.client.organizationDiscoveryDomain.findUnique({ where });
  }

  /**
   * Violates the unique index when the organization has the domain already.
   *
   * @param limit how many domains an organization may have
   */
  async create(
    actor: Actor,
    organizationId: string,
    draft: DiscoveryDomainDraft,
    limit: number,
  ): Promise<OrganizationDiscoveryDomain | 'organization_not_found' | 'discovery_domain_limit_reached'> {
    return this.prisma.write(actor, async (transaction) => {
      // Concurrent calls wait for each other, so the second counts the first one's row.
      const locked = await transaction.$queryRaw<unknown[]>`
        SELECT id FROM organizations WHERE id = ${organizationId} AND deleted_at IS NULL FOR NO KEY UPDATE`;
      if (locked.length === 0) return 'organization_not_found';
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

  /** Returns undefined when the domain does not exist or fails the preconditions. */
  async update(
    actor: Actor,
    { organizationId, id }: DiscoveryDomainKey,
    changes: DiscoveryDomainChanges,
    { versions }: Preconditions,
  ): Promise<OrganizationDiscoveryDomain | undefined> {
    const where = { organizationId, id, version: versions };
    const [updated] = await this.prisma.write(actor, ({ organizationDiscoveryDomain }) =>
      organizationDiscoveryDomain.updateManyAndReturn({ where, data: changes }),
    );
    return updated;
  }

  /** Returns whether the domain existed and met the preconditions. */
  async remove(
    actor: Actor,
    { organizationId, id }: DiscoveryDomainKey,
    { versions }: Preconditions,
  ): Promise<boolean> {
    const where = { organizationId, id, version: versions };
    const { count } = await this.prisma.write(actor, ({ organizationDiscoveryDomain }) =>
      organizationDiscoveryDomain.deleteMany({ where }),
    );
    return count > 0;
  }
}
