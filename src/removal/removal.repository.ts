import { Injectable } from '@nestjs/common';
import { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import { Prisma, type Transaction } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import type { Preconditions } from '../http/preconditions.js';

/** What may have more rows than one statement can remove. */
export type Owner = 'organizations' | 'connections';

export type Versions = Preconditions['versions'];

/** The actor of a deletion is recorded with the organization or the connection, and this one with each row that goes later. */
const REMOVER = new Actor({ subject: 'vestibule removal' });

/** Organizations and connections that are deleted at once, and whose rows are removed bit by bit. */
@Injectable()
export class RemovalRepository {
  private readonly atOnce: number;
  private readonly batch: number;

  constructor(
    private readonly prisma: PrismaService,
    { removal }: AppConfig,
  ) {
    this.atOnce = removal.atOnce;
    this.batch = removal.batch;
  }

  /** Whether more would go with it than one statement should remove. Counts no further than it must. */
  async isLarge(owner: Owner, id: string): Promise<boolean> {
    const isMore = (rows: Prisma.Sql) =>
      Prisma.sql`(SELECT count(*) FROM (SELECT ${rows} LIMIT ${this.atOnce} + 1) counted) > ${this.atOnce}`;
    // The rows of the users are looked at only where there are few users.
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

  /** Hides it from every reader. @returns false when there is none of these versions */
  hide(actor: Actor, owner: Owner, id: string, versions: Versions): Promise<boolean> {
    // The name is one that no other row can have, and that no client can give: names have no spaces.
    const hiding = { where: { id, version: versions }, data: { deletedAt: new Date(), name: `deleted ${id}` } };
    return this.prisma.write(actor, async (transaction) => {
      const { count } =
        owner === 'organizations'
          ? await transaction.organization.updateMany(hiding)
          : await transaction.connection.updateMany(hiding);
      if (count === 0) return false;
      if (owner === 'organizations') {
        // What an organization owns, but for its members, is few rows, whose number is limited.
        await transaction.$executeRaw`DELETE FROM organization_connections WHERE organization_id = ${id}`;
        await transaction.$executeRaw`DELETE FROM organization_discovery_domains WHERE organization_id = ${id}`;
      }
      return true;
    });
  }

  /**
   * Removes some of what is hidden, but for what another server is at.
   *
   * @param held what was found to be held up before; it is left alone
   * @returns whether there was anything; or what is held up, because the last of its rows are locked
   */
  async removeSome(held: readonly string[]): Promise<boolean | { heldUp: string }> {
    if (!(await this.hasHidden())) return false;
    return this.prisma.write(REMOVER, async (transaction) => {
      const organizationId = await takeHidden(transaction, 'organizations', held);
      if (organizationId !== undefined) return this.removeOrganization(transaction, organizationId);
      const connectionId = await takeHidden(transaction, 'connections', held);
      return connectionId !== undefined && this.removeConnection(transaction, connectionId);
    });
  }

  private async hasHidden(): Promise<boolean> {
    const [row] = await this.prisma.client.$queryRaw<{ hasHidden: boolean }[]>`
      SELECT EXISTS (SELECT FROM organizations WHERE deleted_at IS NOT NULL)
             OR EXISTS (SELECT FROM connections WHERE deleted_at IS NOT NULL) AS "hasHidden"`;
    return row!.hasHidden;
  }

  private async removeOrganization(transaction: Transaction, id: string): Promise<true | { heldUp: string }> {
    const members = Prisma.sql`organization_id = ${id}`;
    if ((await removeUnlocked(transaction, 'organization_members', members, this.batch)) > 0) return true;
    // With what is added at this moment, by a request that began before the deletion. It does not wait for locked rows.
    const removed = await transaction.$executeRaw`
      DELETE FROM organizations o
       WHERE id = ${id} AND NOT EXISTS (SELECT FROM organization_members WHERE organization_id = o.id)`;
    return removed > 0 || { heldUp: id };
  }

  private async removeConnection(transaction: Transaction, id: string): Promise<true | { heldUp: string }> {
    const rows = Prisma.sql`connection_id = ${id}`;
    if ((await removeUnlocked(transaction, 'organization_connections', rows, this.batch)) > 0) return true;
    const users = await transaction.$queryRaw<{ userId: string }[]>`
      SELECT user_id AS "userId" FROM users WHERE connection_id = ${id} LIMIT ${this.batch} FOR UPDATE SKIP LOCKED`;
    if (users.length === 0) {
      const removed = await transaction.$executeRaw`
        DELETE FROM connections c
         WHERE id = ${id} AND NOT EXISTS (SELECT FROM users WHERE connection_id = c.id)
           AND NOT EXISTS (SELECT FROM organization_connections WHERE connection_id = c.id)`;
      return removed > 0 || { heldUp: id };
    }
    const userIds = users.map(({ userId }) => userId);
    const memberships = Prisma.sql`user_id = ANY (${userIds})`;
    const removed = await removeUnlocked(transaction, 'organization_members', memberships, this.batch);
    // Where there may be more of them, the users come later.
    if (removed < this.batch) await transaction.$executeRaw`DELETE FROM users WHERE user_id = ANY (${userIds})`;
    return true;
  }
}

/**
 * Returns the id of one that is hidden, locked until the end of the transaction, or undefined when there is none that is
 * not locked.
 */
async function takeHidden(transaction: Transaction, owner: Owner, held: readonly string[]) {
  const [row] = await transaction.$queryRaw<{ id: string }[]>`
    SELECT id FROM ${Prisma.raw(owner)} WHERE deleted_at IS NOT NULL AND id <> ALL (${held})
     ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED`;
  return row?.id;
}

/** Locked rows are left for later, so that no deadlock comes of it. @returns how many rows were removed */
function removeUnlocked(transaction: Transaction, name: string, condition: Prisma.Sql, limit: number): Promise<number> {
  const table = Prisma.raw(name);
  return transaction.$executeRaw`
    DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;
}
