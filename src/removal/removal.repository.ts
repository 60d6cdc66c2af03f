import { Injectable } from '@nestjs/common';
import { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import { Prisma, type Transaction } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import type { Preconditions } from '../http/preconditions.js';

/** Tables whose rows may own more rows than one statement should remove. */
export type Owner = 'organizations' | 'connections';

export type Versions = Preconditions['versions'];

/** Recorded for rows removed in the background. The hidden row itself is recorded with the actor of the deletion. */
const REMOVER = new Actor({ subject: 'vestibule removal' });

@Injectable()
export class RemovalRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly config: AppConfig,
  ) {}

  /** Whether more rows would be deleted by cascade than one statement should remove. Counts up to that limit. */
  async isLarge(owner: Owner, id: string): Promise<boolean> {
    const { atOnce } = this.config.removal;
    const isMore = (rows: Prisma.Sql) =>
      Prisma.sql`(SELECT count(*) FROM (SELECT ${rows} LIMIT ${atOnce} + 1) counted) > ${atOnce}`;
    // The users' memberships are counted only when there are few users.
    const condition =
      owner === 'organizations'
        ? isMore(Prisma.sql`FROM organization_members WHERE organization_id = ${id}`)
        : Prisma.sql`CASE
            WHEN ${isMore(Prisma.sql`FROM users WHERE connection_id = ${id}`)} THEN true
            WHEN ${isMore(Prisma.sql`FROM organization_connections WHERE connection_id = ${id}`)} THEN true
            ELSE ${isMore(Prisma.sql`FROM users u JOIN organization_members m USING (user_id) WHERE connection_id = ${id}`)}
          END`;
    const [row] = await this.prisma.client.$queryRaw<{ isLarge: boolean }[]>`SELECT ${condition} AS "isLarge"`;
    return row!.isLarge;
  }

  /** Hides the row from every reader. Returns false when no row has this id and one of these versions. */
  hide(actor: Actor, owner: Owner, id: string, versions: Versions): Promise<boolean> {
    // Frees the name: no client can use the new one, because names have no spaces.
    const hiding = { where: { id, version: versions }, data: { deletedAt: new Date(), name: `deleted ${id}` } };
    return this.prisma.write(actor, async (transaction) => {
      const { count } =
        owner === 'organizations'
          ? await transaction.organization.updateMany(hiding)
          : await transaction.connection.updateMany(hiding);
      if (count === 0) return false;
      if (owner === 'organizations') {
        // Everything but members is limited in number, and removed at once.
        await transaction.$executeRaw`DELETE FROM organization_connections WHERE organization_id = ${id}`;
        await transaction.$executeRaw`DELETE FROM organization_discovery_domains WHERE organization_id = ${id}`;
      }
      return true;
    });
  }

  /**
   * Removes a batch of hidden rows, except those that another server is removing.
   *
   * @param blocked ids to skip, returned by earlier calls
   * @returns whether hidden rows were found; or the id of a hidden row whose last rows are locked by other transactions
   */
  async removeSome(blocked: readonly string[]): Promise<boolean | Blocked> {
    if (!(await this.hasHidden())) return false;
    return this.prisma.write(REMOVER, async (transaction) => {
      const organizationId = await lockHidden(transaction, 'organizations', blocked);
      if (organizationId !== undefined) return this.removeOrganization(transaction, organizationId);
      const connectionId = await lockHidden(transaction, 'connections', blocked);
      return connectionId !== undefined && this.removeConnection(transaction, connectionId);
    });
  }

  private async hasHidden(): Promise<boolean> {
    const [row] = await this.prisma.client.$queryRaw<{ hasHidden: boolean }[]>`
      SELECT EXISTS (SELECT FROM organizations WHERE deleted_at IS NOT NULL)
             OR EXISTS (SELECT FROM connections WHERE deleted_at IS NOT NULL) AS "hasHidden"`;
    return row!.hasHidden;
  }

  private async removeOrganization(transaction: Transaction, id: string): Promise<true | Blocked> {
    const { batch } = this.config.removal;
    const members = Prisma.sql`organization_id = ${id}`;
    if ((await removeUnlocked(transaction, 'organization_members', members, batch)) > 0) return true;
    // NOT EXISTS instead of a cascade, which would wait for locked rows.
    const removed = await transaction.$executeRaw`
      DELETE FROM organizations o
       WHERE id = ${id} AND NOT EXISTS (SELECT FROM organization_members WHERE organization_id = o.id)`;
    return removed > 0 || { blockedId: id };
  }

  private async removeConnection(transaction: Transaction, id: string): Promise<true | Blocked> {
    const { batch } = this.config.removal;
    const rows = Prisma.sql`connection_id = ${id}`;
    if ((await removeUnlocked(transaction, 'organization_connections', rows, batch)) > 0) return true;
    const users = await transaction.$queryRaw<{ userId: string }[]>`
      SELECT user_id AS "userId" FROM users WHERE connection_id = ${id} LIMIT ${batch} FOR UPDATE SKIP LOCKED`;
    if (users.length === 0) {
      const removed = await transaction.$executeRaw`
        DELETE FROM connections c
         WHERE id = ${id} AND NOT EXISTS (SELECT FROM users WHERE connection_id = c.id)
           AND NOT EXISTS (SELECT FROM organization_connections WHERE connection_id = c.id)`;
      return removed > 0 || { blockedId: id };
    }
    const userIds = users.map(({ userId }) => userId);
    const memberships = Prisma.sql`user_id = ANY (${userIds})`;
    const removed = await removeUnlocked(transaction, 'organization_members', memberships, batch);
    // After a full batch, the users may have more memberships and are removed by a later call.
    if (removed < batch) await transaction.$executeRaw`DELETE FROM users WHERE user_id = ANY (${userIds})`;
    return true;
  }
}

interface Blocked {
  readonly blockedId: string;
}

/** Locks one hidden row until the end of the transaction. Returns its id, or undefined when all are locked. */
async function lockHidden(transaction: Transaction, owner: Owner, blocked: readonly string[]) {
  const [row] = await transaction.$queryRaw<{ id: string }[]>`
    SELECT id FROM ${Prisma.raw(owner)} WHERE deleted_at IS NOT NULL AND id <> ALL (${blocked})
     ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED`;
  return row?.id;
}

/** Removes rows, and skips locked ones to avoid deadlocks. Returns the number of removed rows. */
function removeUnlocked(transaction: Transaction, name: string, condition: Prisma.Sql, limit: number): Promise<number> {
  const table = Prisma.raw(name);
  return transaction.$executeRaw`
    DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;
}
