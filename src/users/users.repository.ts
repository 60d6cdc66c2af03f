import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { type Prisma, type Organization, type Transaction } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { DomainError } from '../errors/domain-error.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import { newUserKey } from '../identifiers.js';
import {
  normalizeEmail,
  userIdOf,
  type User,
  type UserChanges,
  type ChangeableUser,
  type UserDraft,
  type UserFilter,
  type UserOrder,
} from './domain/user.js';
import { GET } from './users.hot.js';
import { removeUserOfDeletedConnection } from './removed-users.js';

const WITH_CONNECTION = { connection: { select: { name: true, strategy: true, strategyKind: true } } } as const;

@Injectable()
export class UsersRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Rows with the same value are ordered by id. */
  async list(filter: UserFilter, order: UserOrder, page: OffsetPage): Promise<Page<User>> {
    const where: Prisma.UserWhereInput = {
      email: filter.email && normalizeEmail(filter.email),
      connection: filter.connection === undefined ? undefined : { name: filter.connection },
    };
    const direction = order.descending ? 'desc' : 'asc';
    return this.prisma.snapshot(async ({ user }) => {
      const rows = await user.findMany({
        where,
        orderBy: [{ [COLUMNS[order.by]]: direction }, { userId: direction }],
        skip: page.offset,
        take: page.limit,
        include: WITH_CONNECTION,
      });
      const total = page.includeTotals ? await user.count({ where }) : rows.length;
      return { kind: 'offset', rows, total, page };
    });
  }

  async get(userId: string): Promise<User | undefined> {
    const [row] = await this.prisma.hot.read(GET, [userId]);
    return row;
  }

  /**
   * Returns undefined when the connection does not exist.
   *
   * @throws DomainError when the connection already has a user with this id, address or username
   */
  async create(actor: Actor, { connection: name, key = newUserKey(), ...rest }: UserDraft): Promise<User | undefined> {
    const connection = await this.prisma.client.connection.findUnique({
      where: { name },
      select: { id: true, strategy: true },
    });
    if (!connection) return undefined;
    const userId = userIdOf(connection.strategy, key);
    const data = { ...forPrisma(rest), userId, connectionId: connection.id };
    const insert = () => this.prisma.write(actor, ({ user }) => user.create({ data, include: WITH_CONNECTION }));
    return insert().catch(async (error: unknown) => {
      const isFree =
        isTaken(error) && (await this.prisma.write(actor, (tx) => removeUserOfDeletedConnection(tx, userId)));
      if (isFree) return insert();
      throw error;
    });
  }

  /**
   * Locks the row before it is read, so that no concurrent change is lost. Returns undefined when the user does not
   * exist.
   *
   * @param decide returns the changes, given the present user; an error it throws rolls back
   */
  async update(
    actor: Actor,
    userId: string,
    decide: (present: ChangeableUser) => UserChanges,
  ): Promise<User | undefined> {
    const work = async (transaction: Transaction) => {
      await transaction.$queryRaw`
        SELECT u.user_id FROM users u JOIN connections c ON c.id = u.connection_id
         WHERE u.user_id = ${userId} AND c.deleted_at IS NULL FOR NO KEY UPDATE OF u`;
      const present = await transaction.user.findUnique({ where: { userId } });
      if (!present) return undefined;
      const data = forPrisma(decide(present));
      return transaction.user.update({ where: { userId }, data, include: WITH_CONNECTION });
    };
    return this.prisma.write(actor, work, { row: `users ${userId}` });
  }

  /** Removes the memberships too. Returns whether a user had this id and one of these versions. */
  async remove(actor: Actor, userId: string, { versions }: Preconditions): Promise<boolean> {
    const where = { userId, version: versions };
    const { count } = await this.prisma.write(actor, ({ user }) => user.deleteMany({ where }), {
      row: `users ${userId}`,
    });
    return count > 0;
  }

  /** Ordered by organization id. */
  async listOrganizations(userId: string, page: OffsetPage): Promise<Page<Organization>> {
    return this.prisma.snapshot(async ({ organizationMember }) => {
      const memberships = await organizationMember.findMany({
        where: { userId },
        orderBy: { organizationId: 'asc' },
        skip: page.offset,
        take: page.limit,
        include: { organization: true },
      });
      const rows = memberships.map(({ organization }) => organization);
      const total = page.includeTotals ? await organizationMember.count({ where: { userId } }) : rows.length;
      return { kind: 'offset', rows, total, page };
    });
  }
}

const isTaken = (error: unknown) => error instanceof DomainError && error.code === 'user_exists';

const COLUMNS = { created_at: 'createdAt', email: 'email', name: 'name' } as const satisfies Record<
  UserOrder['by'],
  keyof Prisma.UserOrderByWithRelationInput
>;

function forPrisma({ userMetadata, appMetadata, ...rest }: UserChanges) {
  return {
    ...rest,
    userMetadata: userMetadata as Prisma.InputJsonObject | undefined,
    appMetadata: appMetadata as Prisma.InputJsonObject | undefined,
  };
}
