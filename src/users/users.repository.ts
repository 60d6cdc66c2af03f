import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { Actor } from '../actor.js';
import { writing } from '../database/recording.js';
import { DATABASE, POOL, Prisma, type Database, type Organization } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
import { RowTurns } from '../database/row-turns.js';
import { inSnapshot } from '../database/snapshot.js';
import { DomainError } from '../errors/domain-error.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import { newUserKey } from '../identifiers.js';
import {
  emailAsKept,
  userIdOf,
  type User,
  type UserChanges,
  type ChangeableUser,
  type UserDraft,
  type UserFilter,
  type UserOrder,
} from './domain/user.js';
import { getUser, removeUnseenUser } from './users.statements.js';

const WITH_CONNECTION = { connection: { select: { name: true, strategy: true, strategyKind: true } } } as const;

/** The rows of `users`. */
@Injectable()
export class UsersRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly reads: ReadConnection,
    private readonly turns: RowTurns,
  ) {}

  /** Rows with the same value are ordered by id. */
  async list(filter: UserFilter, order: UserOrder, page: OffsetPage): Promise<Page<User>> {
    const where: Prisma.UserWhereInput = {
      email: filter.email && emailAsKept(filter.email),
      connection: filter.connection === undefined ? undefined : { name: filter.connection },
    };
    const direction = order.descending ? 'desc' : 'asc';
    return inSnapshot(this.database, async ({ user }) => {
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

  get(userId: string): Promise<User | undefined> {
    return getUser(this.reads, userId);
  }

  /**
   * An id, address or username that the connection already has fails its unique index. Undefined: there is no such
   * connection.
   */
  async create(actor: Actor, { connection: name, key = newUserKey(), ...rest }: UserDraft): Promise<User | undefined> {
    const connection = await this.database.connection.findUnique({
      where: { name },
      select: { id: true, strategy: true },
    });
    if (!connection) return undefined;
    const userId = userIdOf(connection.strategy, key);
    const data = { ...forPrisma(rest), userId, connectionId: connection.id };
    const insert = () => writing(this.database, actor, ({ user }) => user.create({ data, include: WITH_CONNECTION }));
    return insert().catch(async (error: unknown) => {
      if (isTaken(error) && (await removeUnseenUser(this.pool, userId))) return insert();
      throw error;
    });
  }

  /**
   * The row is locked between the look at it and the change, so that of two changes at once neither is lost.
   *
   * @param decide what to change about the user who is there; what it throws leaves them as they are
   */
  async update(
    actor: Actor,
    userId: string,
    decide: (present: ChangeableUser) => UserChanges,
  ): Promise<User | undefined> {
    return this.turns.take(`users ${userId}`, () =>
      writing(this.database, actor, async (transaction) => {
        await transaction.$queryRaw`
          SELECT FROM users u JOIN connections c ON c.id = u.connection_id
           WHERE u.user_id = ${userId} AND c.deleted_at IS NULL FOR NO KEY UPDATE OF u`;
        const present = await transaction.user.findUnique({ where: { userId } });
        if (!present) return undefined;
        const data = forPrisma(decide(present));
        return transaction.user.update({ where: { userId }, data, include: WITH_CONNECTION });
      }),
    );
  }

  /** Takes its memberships along. @returns whether there was such a user, as it was asked for */
  async remove(actor: Actor, userId: string, { versions }: Preconditions): Promise<boolean> {
    const { count } = await this.turns.take(`users ${userId}`, () =>
      writing(this.database, actor, ({ user }) => user.deleteMany({ where: { userId, version: versions } })),
    );
    return count > 0;
  }

  /** Ordered by organization id. */
  async listOrganizations(userId: string, page: OffsetPage): Promise<Page<Organization>> {
    return inSnapshot(this.database, async ({ organizationMember }) => {
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

/** Prisma takes JSON by a type of its own. */
function forPrisma({ userMetadata, appMetadata, ...rest }: UserChanges) {
  return {
    ...rest,
    userMetadata: userMetadata as Prisma.InputJsonObject | undefined,
    appMetadata: appMetadata as Prisma.InputJsonObject | undefined,
  };
}
