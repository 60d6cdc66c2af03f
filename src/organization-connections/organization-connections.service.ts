import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { untilDecided } from '../errors/until-decided.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import {
  withChanges,
  type Face,
  type NewRow,
  type OrganizationConnectionKey,
  type Settings,
  type StoredOrganizationConnection,
} from './domain/organization-connection.js';
import { decideReplacement, type Replacement, type StoredReplacement, type WantedRow } from './domain/replacement.js';
import { requireAllowedTerms } from './domain/terms.js';
import { OrganizationConnectionsRepository } from './organization-connections.repository.js';
import { RowSetsRepository } from './row-sets.repository.js';

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

  async list(
    organizationId: string,
    page: OffsetPage,
    isEnabled?: boolean,
  ): Promise<Page<StoredOrganizationConnection>> {
    return found(await this.repository.list(organizationId, page, isEnabled), 'organization_not_found');
  }

  async get(key: OrganizationConnectionKey, face: Face): Promise<StoredOrganizationConnection> {
    const row = await this.repository.get(key, face);
    if (!row) await this.organizations.requireExistence(key.organizationId);
    return found(row, 'organization_connection_not_found');
  }

  async add(
    actor: Actor,
    organizationId: string,
    { connectionId, ...settings }: NewRow,
    face: Face,
  ): Promise<StoredOrganizationConnection> {
    const key = { organizationId, connectionId };
    const limit = this.config.maxConnectionsPerOrganization;
    return untilDecided(
      () => this.repository.add(actor, key, settings, face, limit),
      () => this.explainAdd(key, settings, face, limit),
    );
  }

  /** No changes: the row as it is. */
  async update(
    actor: Actor,
    key: OrganizationConnectionKey,
    changes: Partial<Settings>,
    face: Face,
    preconditions: Preconditions,
  ): Promise<StoredOrganizationConnection> {
    if (Object.values(changes).every((value) => value === undefined)) {
      const present = await this.get(key, face);
      preconditions.require(present);
      return present;
    }
    return untilDecided(
      () => this.repository.update(actor, key, changes, face, preconditions),
      async () => {
        const present = await this.get(key, face);
        preconditions.require(present);
        requireAllowedTerms(present.strategyKind, withChanges(present, changes));
      },
    );
  }

  /** Removing what is not there does nothing. */
  async remove(actor: Actor, key: OrganizationConnectionKey, face: Face, preconditions: Preconditions): Promise<void> {
    await removeUnder(
      preconditions,
      () => this.repository.remove(actor, key, face, preconditions),
      async () => {
        const row = await this.repository.get(key, face);
        if (!row) await this.organizations.requireExistence(key.organizationId);
        return row;
      },
    );
  }

  /**
   * Makes the organization's rows these, all or nothing; only what differs is written, and what stays keeps its
   * `created_at`. Doing it again does nothing. An empty list removes all rows.
   *
   * @throws DomainError for the first row that breaks a rule, with its place
   */
  async replace(
    actor: Actor,
    organizationId: string,
    wanted: readonly WantedRow[],
    preconditions: Preconditions,
  ): Promise<StoredReplacement> {
    this.requireWithinLimit(wanted.length);
    const replacement = await this.rowSets.replace(actor, organizationId, connectionsIn(wanted), (facts) => {
      preconditions.requireList(facts.present);
      return decideReplacement(organizationId, facts, wanted);
    });
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
