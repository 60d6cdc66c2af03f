import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import {
  withChanges,
  type Face,
  type NewRow,
  type OrganizationConnection,
  type OrganizationConnectionKey,
  type Settings,
} from './domain/organization-connection.js';
import { decideReplacement, type Replacement, type WantedRow } from './domain/replacement.js';
import { requireAllowedTerms } from './domain/terms.js';
import { OrganizationConnectionsRepository } from './organization-connections.repository.js';
import { RowSetsRepository } from './row-sets.repository.js';

/** Of a write that was refused, each time for a reason that was gone when it was looked for. */
const ATTEMPTS = 10;

/**
 * Enforces the rules of each connection's strategy. The statement that writes has the last word on them; when it did
 * nothing, what it saw is read and judged here, which gives the refusal its reason.
 */
@Injectable()
export class OrganizationConnectionsService {
  constructor(
    private readonly repository: OrganizationConnectionsRepository,
    private readonly rowSets: RowSetsRepository,
    private readonly organizations: OrganizationsService,
    private readonly config: AppConfig,
  ) {}

  async list(organizationId: string, page: OffsetPage, isEnabled?: boolean): Promise<Page<OrganizationConnection>> {
    return found(await this.repository.list(organizationId, page, isEnabled), 'organization_not_found');
  }

  async get(key: OrganizationConnectionKey, face: Face): Promise<OrganizationConnection> {
    const row = await this.repository.get(key, face);
    if (!row) await this.organizations.requireExistence(key.organizationId);
    return found(row, 'organization_connection_not_found');
  }

  async add(
    organizationId: string,
    { connectionId, ...settings }: NewRow,
    face: Face,
  ): Promise<OrganizationConnection> {
    const key = { organizationId, connectionId };
    const limit = this.config.maxConnectionsPerOrganization;
    return untilDecided(
      () => this.repository.add(key, settings, face, limit),
      () => this.explainAdd(key, settings, face, limit),
    );
  }

  /** No changes: the row as it is. */
  async update(
    key: OrganizationConnectionKey,
    changes: Partial<Settings>,
    face: Face,
  ): Promise<OrganizationConnection> {
    if (Object.values(changes).every((value) => value === undefined)) return this.get(key, face);
    return untilDecided(
      () => this.repository.update(key, changes, face),
      async () => {
        const present = await this.get(key, face);
        requireAllowedTerms(present.strategyKind, withChanges(present, changes));
      },
    );
  }

  /** Removing what is not there does nothing. */
  async remove(key: OrganizationConnectionKey, face: Face): Promise<void> {
    const removed = await this.repository.remove(key, face);
    if (!removed) await this.organizations.requireExistence(key.organizationId);
  }

  /**
   * Makes the organization's rows these, all or nothing; only what differs is written, and what stays keeps its
   * `created_at`. Doing it again does nothing. An empty list removes all rows.
   *
   * @throws DomainError for the first row that breaks a rule, with its place
   */
  async replace(organizationId: string, wanted: readonly WantedRow[]): Promise<Replacement> {
    this.requireWithinLimit(wanted.length);
    const replacement = await this.rowSets.replace(organizationId, connectionsIn(wanted), (facts) =>
      decideReplacement(organizationId, facts, wanted),
    );
    return found(replacement, 'organization_not_found');
  }

  /** What {@link replace} would do and answer, and throw. Changes and locks nothing. */
  async planReplacement(organizationId: string, wanted: readonly WantedRow[]): Promise<Replacement> {
    this.requireWithinLimit(wanted.length);
    await this.organizations.requireExistence(organizationId);
    return decideReplacement(organizationId, await this.rowSets.look(organizationId, connectionsIn(wanted)), wanted);
  }

  private requireWithinLimit(connections: number): void {
    const limit = this.config.maxConnectionsPerOrganization;
    if (connections > limit) throw new DomainError('connection_limit_reached', String(limit));
  }

  private async explainAdd(
    key: OrganizationConnectionKey,
    settings: Settings,
    face: Face,
    limit: number,
  ): Promise<void> {
    const facts = await this.repository.explainAdd(key);
    if (!facts.organizationExists) throw new DomainError('organization_not_found');
    requireAllowedTerms(found(facts.strategyKind, 'connection_in_body_unknown'), settings);
    // On the older face a row that is not enabled does not exist.
    const isPresent = face === 'newer' ? facts.presentIsEnabled !== null : facts.presentIsEnabled === true;
    if (isPresent) throw new DomainError('organization_connection_exists');
    if (facts.otherConnections >= limit) throw new DomainError('connection_limit_reached', String(limit));
  }
}

const connectionsIn = (rows: readonly WantedRow[]) => rows.map(({ connection }) => connection);

/**
 * Writes, and says why when nothing was written. A reason that is gone when it is looked for was another writer's doing:
 * then the write is tried again.
 *
 * @param explain throws the reason; returns when there is none
 */
async function untilDecided<T>(write: () => Promise<T | undefined>, explain: () => Promise<void>): Promise<T> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const written = await write();
    if (written !== undefined) return written;
    await explain();
  }
  throw new DomainError('row_locked');
}
