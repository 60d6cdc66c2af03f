import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import { POOL } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
import { inTransaction } from '../database/transaction.js';
import * as statements from './removal.statements.js';
import type { Owner, Versions } from './removal.statements.js';

/** Whoever deleted an organization or a connection is recorded with it, and this with each row that goes later. */
const REMOVER = new Actor({ subject: 'vestibule removal' });

/** Organizations and connections that are deleted at once, and whose rows are removed bit by bit. */
@Injectable()
export class RemovalRepository {
  private readonly atOnce: number;
  private readonly batch: number;

  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly reads: ReadConnection,
    { removal }: AppConfig,
  ) {
    this.atOnce = removal.atOnce;
    this.batch = removal.batch;
  }

  /** Whether more would go with it than one statement should remove. */
  isLarge(owner: Owner, id: string): Promise<boolean> {
    return statements.isLarge(this.pool, owner, id, this.atOnce);
  }

  /** @returns whether there was such a one, of these versions */
  hide(actor: Actor, owner: Owner, id: string, versions: Versions): Promise<boolean> {
    return inTransaction(this.pool, actor, async (client) => {
      if (!(await statements.hideOwner(client, owner, id, versions))) return false;
      if (owner === 'organizations') await statements.removeFew(client, id);
      return true;
    });
  }

  /**
   * Removes some of what is hidden, but for what another server is at.
   *
   * @param held what was found to be held up before; it is left alone
   * @returns whether there was anything; or what is held up, because somebody has the last of its rows locked
   */
  async removeSome(held: readonly string[]): Promise<boolean | { heldUp: string }> {
    // Almost always there is nothing, and then no connection of the pool is taken for it.
    if (!(await statements.hasHidden(this.reads))) return false;
    return inTransaction(this.pool, REMOVER, async (client) => {
      const organizationId = await statements.takeHidden(client, 'organizations', held);
      if (organizationId !== undefined) {
        if ((await statements.removeMembers(client, organizationId, this.batch)) > 0) return true;
        return (await statements.removeOwner(client, 'organizations', organizationId)) || { heldUp: organizationId };
      }
      const connectionId = await statements.takeHidden(client, 'connections', held);
      if (connectionId === undefined) return false;
      if ((await statements.removeRows(client, connectionId, this.batch)) > 0) return true;
      const users = await statements.takeUsers(client, connectionId, this.batch);
      if (users.length === 0) {
        return (await statements.removeOwner(client, 'connections', connectionId)) || { heldUp: connectionId };
      }
      const memberships = await statements.removeMemberships(client, users, this.batch);
      // Where there may be more of them, the users come later.
      if (memberships < this.batch) await statements.removeUsers(client, users);
      return true;
    });
  }
}
