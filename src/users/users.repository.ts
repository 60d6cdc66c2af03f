import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, Prisma, type Database, type Organization } from '../database/database.js';
import { repeatAfterDeadlock } from '../database/deadlock.js';
import { refusal, type Refusal } from '../errors/refusal.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import { sizeProblem } from '../http/validation/wording.js';
import { newUserKey } from '../identifiers.js';
import {
  emailAsKept,
  MAX_METADATA_BYTES,
  mergeMetadata,
  userIdOf,
  withVerificationLost,
  type Metadata,
  type User,
  type UserChanges,
  type UserDraft,
  type UserFilter,
  type UserOrder,
} from './domain/user.js';

type NotFound = Refusal<'user_not_found'>;

const WITH_CONNECTION = { connection: { select: { name: true, strategy: true, strategyKind: true } } } as const;

/** The rows of `users`. */
@Injectable()
export class UsersRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Rows with the same value are ordered by id. */
  async list(filter: UserFilter, order: UserOrder, page: OffsetPage): Promise<Page<User>> {
    const where: Prisma.UserWhereInput = {
      email: filter.email && emailAsKept(filter.email),
      connection: filter.connection === undefined ? undefined : { name: filter.connection },
    };
    const direction = order.descending ? 'desc' : 'asc';
    const rows = await this.database.user.findMany({
      where,
      orderBy: [{ [COLUMNS[order.by]]: direction }, { userId: direction }],
      skip: page.offset,
      take: page.limit,
      include: WITH_CONNECTION,
    });
    const total = page.includeTotals ? await this.database.user.count({ where }) : rows.length;
    return { kind: 'offset', rows, total, page };
  }

  async get(userId: string): Promise<User | NotFound> {
    const row = await this.database.user.findUnique({ where: { userId }, include: WITH_CONNECTION });
    return row ?? refusal('user_not_found');
  }

  /** An id, address or username that the connection already has fails its unique index. */
  async create({
    connection: name,
    key = newUserKey(),
    ...rest
  }: UserDraft): Promise<User | Refusal<'connection_in_body_unknown'>> {
    const connection = await this.database.connection.findUnique({
      where: { name },
      select: { id: true, strategy: true },
    });
    if (!connection) return refusal('connection_in_body_unknown');
    return this.database.user.create({
      data: { ...forPrisma(rest), userId: userIdOf(connection.strategy, key), connectionId: connection.id },
      include: WITH_CONNECTION,
    });
  }

  /** Metadata is merged into what is there, with the row locked, so that of two merges at once none is lost. */
  async update(userId: string, changes: UserChanges): Promise<User | NotFound | Refusal<'body_invalid'>> {
    return this.database.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT FROM users WHERE user_id = ${userId} FOR NO KEY UPDATE`;
      const present = await transaction.user.findUnique({ where: { userId } });
      if (!present) return refusal('user_not_found');
      const userMetadata =
        changes.userMetadata && mergeMetadata(present.userMetadata as Metadata, changes.userMetadata);
      const appMetadata = changes.appMetadata && mergeMetadata(present.appMetadata as Metadata, changes.appMetadata);
      for (const [name, merged] of Object.entries({ user_metadata: userMetadata, app_metadata: appMetadata })) {
        const problem = merged && sizeProblem(merged, MAX_METADATA_BYTES);
        if (problem) return refusal('body_invalid', `'${problem}' on property ${name}`);
      }
      const merged = { ...withVerificationLost(present, changes), userMetadata, appMetadata };
      return transaction.user.update({ where: { userId }, data: forPrisma(merged), include: WITH_CONNECTION });
    });
  }

  /** Takes its memberships along. Removing whom nobody knows does nothing. */
  async remove(userId: string): Promise<void> {
    await repeatAfterDeadlock(() => this.database.user.deleteMany({ where: { userId } }));
  }

  /** Ordered by organization id. */
  async listOrganizations(userId: string, page: OffsetPage): Promise<Page<Organization> | NotFound> {
    const memberships = await this.database.organizationMember.findMany({
      where: { userId },
      orderBy: { organizationId: 'asc' },
      skip: page.offset,
      take: page.limit,
      include: { organization: true },
    });
    const rows = memberships.map(({ organization }) => organization);
    if (rows.length === 0 && !(await this.exists(userId))) return refusal('user_not_found');
    const total = page.includeTotals
      ? await this.database.organizationMember.count({ where: { userId } })
      : rows.length;
    return { kind: 'offset', rows, total, page };
  }

  private async exists(userId: string): Promise<boolean> {
    return (await this.database.user.findUnique({ where: { userId }, select: { userId: true } })) !== null;
  }
}

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
