import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { Prisma } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { DomainError } from '../errors/domain-error.js';
import {
  invalidCheckpoint,
  isCheckpointTime,
  type CheckpointPage,
  type OffsetPage,
  type Page,
} from '../http/pagination.js';
import type { Member } from './domain/member.js';

/** The rows of `organization_members`. Every method reads and writes the rows of one organization. */
@Injectable()
export class MembersRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Ordered by when they joined, then by user id. */
  async list(organizationId: string, page: OffsetPage | CheckpointPage): Promise<Page<Member>> {
    if (page.kind === 'offset') {
      const rows = await this.select(organizationId, Prisma.empty, page.limit, page.offset);
      const total = page.includeTotals
        ? await this.prisma.client.organizationMember.count({ where: { organizationId } })
        : rows.length;
      return { kind: 'offset', rows, total, page };
    }
    const rows = await this.select(organizationId, afterCheckpoint(page.after), page.limit, 0);
    const last = rows.at(-1);
    // The last page with rows has a `next` too, as in recorded traffic: this list ends with an empty page.
    return { kind: 'checkpoint', rows, next: last && [last.createdAt.toISOString(), last.userId] };
  }

  /**
   * Adds all users or, when one is unknown, none. Members keep their `created_at`.
   *
   * @throws DomainError by the foreign keys, when a user or the organization is unknown
   */
  async add(actor: Actor, organizationId: string, userIds: readonly string[]): Promise<void> {
    await this.requirePresence(organizationId, userIds);
    // Sorted, so that two calls with some of the same users cannot deadlock.
    const data = [...userIds].sort().map((userId) => ({ organizationId, userId }));
    await this.prisma.write(actor, ({ organizationMember }) =>
      organizationMember.createMany({ data, skipDuplicates: true }),
    );
  }

  /** Ignores users who are not members. Returns whether a member was removed. */
  async remove(actor: Actor, organizationId: string, userIds: readonly string[]): Promise<boolean> {
    const where = { organizationId, userId: { in: [...userIds] } };
    const { count } = await this.prisma.write(actor, ({ organizationMember }) =>
      organizationMember.deleteMany({ where }),
    );
    return count > 0;
  }

  /** The foreign keys accept rows that are deleted but not removed yet. */
  private async requirePresence(organizationId: string, userIds: readonly string[]): Promise<void> {
    const [deleted] = await this.prisma.client.$queryRaw<{ organization: boolean; user: boolean }[]>`
      SELECT EXISTS (SELECT FROM organizations WHERE id = ${organizationId} AND deleted_at IS NOT NULL) AS organization,
             EXISTS (SELECT FROM users u JOIN connections c ON c.id = u.connection_id
                      WHERE u.user_id = ANY (${[...userIds]}) AND c.deleted_at IS NOT NULL) AS user`;
    if (deleted?.organization) throw new DomainError('organization_not_found');
    if (deleted?.user) throw new DomainError('user_not_found');
  }

  private select(organizationId: string, after: Prisma.Sql, limit: number, offset: number): Promise<Member[]> {
    return this.prisma.client.$queryRaw<Member[]>`
      SELECT u.user_id AS "userId", u.email, u.name, u.picture, m.created_at AS "createdAt"
        FROM organization_members m JOIN users u ON u.user_id = m.user_id
        JOIN connections c ON c.id = u.connection_id JOIN organizations o ON o.id = m.organization_id
       WHERE m.organization_id = ${organizationId} AND c.deleted_at IS NULL AND o.deleted_at IS NULL ${after}
       ORDER BY m.created_at, m.user_id LIMIT ${limit} OFFSET ${offset}`;
  }
}

/** Keyset paging: the cost of a page does not depend on how many rows come before it. */
function afterCheckpoint(after: readonly string[] | undefined): Prisma.Sql {
  if (after === undefined) return Prisma.empty;
  const [createdAt, userId, ...rest] = after;
  if (createdAt === undefined || userId === undefined || rest.length > 0 || !isCheckpointTime(createdAt)) {
    throw invalidCheckpoint();
  }
  return Prisma.sql`AND (m.created_at, m.user_id) > (${createdAt}::timestamptz, ${userId})`;
}
