import { Inject, Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { DATABASE, type Database } from '../database/database.js';
import { lockOrganization, organizationExists } from '../database/organizations.js';
import type { Key, ListWindow } from '../database/organization-connection.statements.js';
import { refusal, type Refusal } from '../errors/refusal.js';
import type { Page, OffsetPage } from '../http/pagination.js';
import type { Face, OrganizationConnection, Settings } from './domain/organization-connection.js';
import { judgeTerms } from './domain/terms.js';

/** Why a call may do nothing. */
type Refused = Refusal<
  | 'organization_not_found'
  | 'organization_connection_not_found'
  | 'connection_in_body_unknown'
  | 'signup_not_supported'
  | 'hidden_button_not_supported'
  | 'organization_connection_exists'
  | 'connection_limit_reached'
>;

/** The database, or a transaction on it. */
type Queries = Pick<Database, 'organization'>;

/** The rows of `organization_connections`. Every call is about one organization, and touches no row of another. */
@Injectable()
export class OrganizationConnectionsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** Ordered by connection id. */
  async list(
    organizationId: string,
    page: OffsetPage,
    isEnabled: boolean | undefined,
  ): Promise<Page<OrganizationConnection> | Refused> {
    const window: ListWindow = { isEnabled, offset: page.offset, limit: page.limit };
    const rows = await this.database.organizationConnection.listOf(organizationId, window);
    const [first] = rows;
    if (first) return { kind: 'offset', rows, total: first.total, page };
    if (!(await organizationExists(this.database, organizationId))) return refusal('organization_not_found');
    const total = await this.database.organizationConnection.count({ where: { organizationId, isEnabled } });
    return { kind: 'offset', rows, total, page };
  }

  async get(key: Key, face: Face): Promise<OrganizationConnection | Refused> {
    const row = await this.database.organizationConnection.getOne(key, visibility(face));
    return row ?? (await this.missing(key));
  }

  /** Changes only what `changes` has; judged on the row as it will be. */
  async update(key: Key, changes: Partial<Settings>, face: Face): Promise<OrganizationConnection | Refused> {
    const row = await this.database.organizationConnection.updateOne(key, visibility(face), changes);
    return row ?? this.updateLocked(key, changes, face);
  }

  async add(key: Key, settings: Settings, face: Face): Promise<OrganizationConnection | Refused> {
    const limit = this.config.maxConnectionsPerOrganization;
    const row = await this.database.organizationConnection.addOne(key, visibility(face), settings, limit);
    return row ?? this.addLocked(key, settings, face);
  }

  /** Removing what is not there does nothing. */
  async remove(key: Key, face: Face): Promise<'removed' | Refused> {
    const removed = await this.database.organizationConnection.removeOne(key, visibility(face));
    return removed || (await organizationExists(this.database, key.organizationId))
      ? 'removed'
      : refusal('organization_not_found');
  }

  /**
   * What the one statement refused, again and step by step with the row locked, to learn why. Should another writer have
   * made it possible in between, it is done after all: the answer is true of the row either way.
   */
  private updateLocked(key: Key, changes: Partial<Settings>, face: Face): Promise<OrganizationConnection | Refused> {
    return this.database.$transaction(async (transaction) => {
      await transaction.$queryRaw`
        SELECT FROM organization_connections
         WHERE organization_id = ${key.organizationId} AND connection_id = ${key.connectionId} FOR NO KEY UPDATE`;
      const where = { organizationId_connectionId: key };
      const row = await transaction.organizationConnection.findUnique({ where });
      if (!row || (face === 'older' && !row.isEnabled)) return this.missing(key, transaction);
      const verdict = judgeTerms(row.strategyKind, { ...row, ...withoutUndefined(changes) });
      if (verdict !== 'allowed') return refusal(verdict);
      return fromPrisma(
        await transaction.organizationConnection.update({ where, data: changes, include: { connection: true } }),
      );
    });
  }

  /** As {@link updateLocked}, with the organization locked, so that the count of its connections stands still. */
  private addLocked(key: Key, settings: Settings, face: Face): Promise<OrganizationConnection | Refused> {
    return this.database.$transaction(async (transaction) => {
      if (!(await lockOrganization(transaction, key.organizationId))) return refusal('organization_not_found');
      const connection = await transaction.connection.findUnique({
        where: { id: key.connectionId },
        select: { strategyKind: true },
      });
      if (!connection) return refusal('connection_in_body_unknown');
      const verdict = judgeTerms(connection.strategyKind, settings);
      if (verdict !== 'allowed') return refusal(verdict);
      const where = { organizationId_connectionId: key };
      const present = await transaction.organizationConnection.findUnique({ where });
      if (present && (face === 'newer' || present.isEnabled)) return refusal('organization_connection_exists');
      const { organizationId, connectionId } = key;
      const others = await transaction.organizationConnection.count({
        where: { organizationId, connectionId: { not: connectionId } },
      });
      const limit = this.config.maxConnectionsPerOrganization;
      if (others >= limit) return refusal('connection_limit_reached', String(limit));
      const row = await transaction.organizationConnection.upsert({
        where,
        create: { ...key, ...settings, strategyKind: connection.strategyKind },
        update: settings,
        include: { connection: true },
      });
      return fromPrisma(row);
    });
  }

  private async missing({ organizationId }: Key, database: Queries = this.database): Promise<Refused> {
    const there = await organizationExists(database, organizationId);
    return refusal(there ? 'organization_connection_not_found' : 'organization_not_found');
  }
}

const visibility = (face: Face) => ({ onlyEnabled: face === 'older' });

function withoutUndefined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

type PrismaRow = Omit<OrganizationConnection, 'connectionName' | 'strategy'> & {
  connection: { name: string; strategy: string };
};

function fromPrisma({ connection, ...row }: PrismaRow): OrganizationConnection {
  return { ...row, connectionName: connection.name, strategy: connection.strategy };
}
