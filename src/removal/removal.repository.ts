import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { AppConfig } from '../config/config.js';
import { POOL } from '../database/database.js';
import { inTransaction } from '../database/transaction.js';
import * as statements from './removal.statements.js';
import type { Owner, Versions } from './removal.statements.js';

/** Organizations and connections that are deleted at once, and whose rows are removed bit by bit. */
@Injectable()
export class RemovalRepository {
  private readonly atOnce: number;
  private readonly batch: number;

  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
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
  hide(owner: Owner, id: string, versions: Versions): Promise<boolean> {
    return inTransaction(this.pool, async (client) => {
      if (!(await statements.hideOwner(client, owner, id, versions))) return false;
      if (owner === 'organizations') await statements.removeFew(client, id);
      return true;
    });
  }

  /** Removes some of what is hidden. @returns whether there was anything; what another server is at does not count */
  removeSome(): Promise<boolean> {
    return inTransaction(this.pool, async (client) => {
      const organizationId = await statements.takeHidden(client, 'organizations');
      if (organizationId !== undefined) {
        const removed = await statements.removeMembers(client, organizationId, this.batch);
        if (removed === 0) await statements.removeOwner(client, 'organizations', organizationId);
        return true;
      }
      const connectionId = await statements.takeHidden(client, 'connections');
      if (connectionId === undefined) return false;
      if ((await statements.removeRows(client, connectionId, this.batch)) > 0) return true;
      const users = await statements.takeUsers(client, connectionId, this.batch);
      if (users.length === 0) await statements.removeOwner(client, 'connections', connectionId);
      else {
        const memberships = await statements.removeMemberships(client, users, this.batch);
        // Where there may be more of them, the users come later.
        if (memberships < this.batch) await statements.removeUsers(client, users);
      }
      return true;
    });
  }
}
