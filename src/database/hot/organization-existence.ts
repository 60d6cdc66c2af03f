import { Injectable } from '@nestjs/common';
import { DomainError } from '../../errors/domain-error.js';
import { PrismaService } from '../prisma.service.js';
import { hotStatement } from './hot-statements.js';

const EXISTS = hotStatement<{ id: string }>(
  'organization_exists',
  'SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL',
);

/** For the test of the query plans. */
export const HOT_STATEMENTS = [EXISTS];

@Injectable()
export class OrganizationExistence {
  constructor(private readonly prisma: PrismaService) {}

  /** @throws DomainError when the organization does not exist */
  async require(organizationId: string): Promise<void> {
    const [row] = await this.prisma.hot.read(EXISTS, [organizationId]);
    if (row === undefined) throw new DomainError('organization_not_found');
  }
}
