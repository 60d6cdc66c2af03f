import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { Actor } from '../actor.js';
import { ChangeFeed } from '../database/change-feed.js';
import { POOL } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
import { RowTurns } from '../database/row-turns.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import type {
  Face,
  OrganizationConnectionKey,
  Settings,
  StoredOrganizationConnection,
} from './domain/organization-connection.js';
import * as statements from './organization-connections.statements.js';

/** The rows of `organization_connections`. Every call is about one organization, and touches no row of another. */
@Injectable()
export class OrganizationConnectionsRepository {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly reads: ReadConnection,
    private readonly turns: RowTurns,
    private readonly feed: ChangeFeed,
  ) {}

  /** Ordered by connection id. Undefined: there is no such organization. */
  async list(
    organizationId: string,
    page: OffsetPage,
    isEnabled: boolean | undefined,
  ): Promise<Page<StoredOrganizationConnection> | undefined> {
    const { offset, limit } = page;
    const rows = await statements.list(this.reads, organizationId, { isEnabled, offset, limit });
    const total = rows[0]?.total ?? (await statements.count(this.reads, organizationId, isEnabled));
    return total === undefined ? undefined : { kind: 'offset', rows, total, page };
  }

  get(key: OrganizationConnectionKey, face: Face): Promise<StoredOrganizationConnection | undefined> {
    return statements.get(this.reads, key, visibility(face));
  }

  /**
   * Changes only what `changes` has. Undefined: there is no such row, or not as it was asked for, or it would break a
   * rule as it would be.
   */
  update(
    actor: Actor,
    key: OrganizationConnectionKey,
    changes: Partial<Settings>,
    face: Face,
    { versions }: Preconditions,
  ): Promise<StoredOrganizationConnection | undefined> {
    return this.changing(key.organizationId, rowOf(key), () =>
      statements.update(this.pool, actor, key, visibility(face), changes, versions),
    );
  }

  /**
   * Undefined: it was not added, see {@link explainAdd}.
   *
   * @param limit how many connections an organization may have
   */
  add(
    actor: Actor,
    key: OrganizationConnectionKey,
    settings: Settings,
    face: Face,
    limit: number,
  ): Promise<StoredOrganizationConnection | undefined> {
    return this.changing(key.organizationId, `organizations ${key.organizationId}`, () =>
      statements.add(this.pool, actor, key, visibility(face), settings, limit),
    );
  }

  explainAdd(key: OrganizationConnectionKey): Promise<statements.AddFacts> {
    return statements.explainAdd(this.reads, key);
  }

  /** @returns whether there was a row as it was asked for */
  remove(actor: Actor, key: OrganizationConnectionKey, face: Face, { versions }: Preconditions): Promise<boolean> {
    return this.changing(key.organizationId, rowOf(key), () =>
      statements.remove(this.pool, actor, key, visibility(face), versions),
    );
  }

  private changing<T>(organizationId: string, row: string, work: () => Promise<T>): Promise<T> {
    return this.feed.announcing(`organizations ${organizationId}`, () => this.turns.take(row, work));
  }
}

const rowOf = ({ organizationId, connectionId }: OrganizationConnectionKey) =>
  `organization_connections ${organizationId} ${connectionId}`;

const visibility = (face: Face) => ({ onlyEnabled: face === 'older' });
