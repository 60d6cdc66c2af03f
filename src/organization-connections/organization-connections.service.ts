import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import { OrganizationExistence } from '../database/hot/organization-existence.js';
import { DomainError, type ErrorCode } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { untilDecided } from '../errors/until-decided.js';
import type { OffsetPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import { requireAllowedFlags } from './domain/flags.js';
import type { Api, OrganizationConnectionKey, StoredOrganizationConnection } from './domain/organization-connection.js';
import { decideReplacement, type Replacement, type StoredReplacement, type WantedRow } from './domain/replacement.js';
import { changesNothing, withChanges, type Settings } from './domain/settings.js';
import { OrganizationConnectionsRepository } from './organization-connections.repository.js';
import { RowSetsRepository } from './row-sets.repository.js';

/**
 * Enforces the rules of each connection's strategy. The statement that writes decides, together with the constraints of
 * the table; when it wrote nothing, a read finds the reason.
 */
@Injectable()
export class OrganizationConnectionsService {
  constructor(
    private readonly repository: OrganizationConnectionsRepository,
    private readonly rowSets: RowSetsRepository,
    private readonly organizations: OrganizationExistence,
    private readonly config: AppConfig,
  ) {}

  async list(
    organizationId: string,
    page: OffsetPage,
    isEnabled?: boolean,
  ): Promise<Page<StoredOrganizationConnection>> {
    const listed = await this.repository.list(organizationId, page, isEnabled);
    if (listed.rows.length === 0) await this.organizations.require(organizationId);
    return listed;
  }

  async get(key: OrganizationConnectionKey, api: Api): Promise<StoredOrganizationConnection> {
    return found(await this.find(key, api), 'organization_connection_not_found');
  }

  async add(
    actor: Actor,
    key: OrganizationConnectionKey,
    settings: Settings,
    api: Api,
  ): Promise<StoredOrganizationConnection> {
    const limit = this.config.maxConnectionsPerOrganization;
    return untilDecided(
      () => this.repository.add(actor, key, settings, api, limit).catch(leaveToExplanation),
      async () => {
        const facts = await this.repository.explainAdd(key);
        if (!facts.organizationExists) throw new DomainError('organization_not_found');
        requireAllowedFlags(found(facts.strategyKind, 'connection_in_body_unknown'), settings);
        // In the enabled-connections API a row that is not enabled does not exist.
        const isPresent = api === 'connections' ? facts.isEnabled !== undefined : facts.isEnabled === true;
        if (isPresent) throw new DomainError('organization_connection_exists');
        if (facts.otherConnections >= limit) throw new DomainError('connection_limit_reached', String(limit));
      },
    );
  }

  /** Returns the row as it is when there are no changes. */
  async update(
    actor: Actor,
    key: OrganizationConnectionKey,
    changes: Partial<Settings>,
    api: Api,
    preconditions: Preconditions,
  ): Promise<StoredOrganizationConnection> {
    const getPresent = async () => {
      const present = await this.get(key, api);
      preconditions.require(present);
      return present;
    };
    if (changesNothing(changes)) return getPresent();
    return untilDecided<StoredOrganizationConnection>(
      () => this.repository.update(actor, key, changes, api, preconditions).catch(leaveToExplanation),
      async () => {
        const present = await getPresent();
        requireAllowedFlags(present.strategyKind, withChanges(present, changes));
      },
    );
  }

  /** Removing a row that does not exist does nothing. */
  async remove(actor: Actor, key: OrganizationConnectionKey, api: Api, preconditions: Preconditions): Promise<void> {
    await removeUnder(
      preconditions,
      () => this.repository.remove(actor, key, api, preconditions),
      () => this.find(key, api),
    );
  }

  /**
   * Replaces the rows of an organization, all or nothing. Rows that stay keep their `created_at`, and unchanged ones are not
   * written. Idempotent. An empty list removes all rows.
   *
   * @throws DomainError for the first row that breaks a rule, with its index
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

  /** Returns or throws what {@link replace} would. Changes and locks nothing. */
  async planReplacement(organizationId: string, wanted: readonly WantedRow[]): Promise<Replacement> {
    this.requireWithinLimit(wanted.length);
    await this.organizations.require(organizationId);
    return decideReplacement(organizationId, await this.rowSets.factsOf(organizationId, connectionsIn(wanted)), wanted);
  }

  /** Returns undefined when the organization does not have the connection. @throws DomainError when the organization does not exist */
  private async find(key: OrganizationConnectionKey, api: Api): Promise<StoredOrganizationConnection | undefined> {
    const row = await this.repository.get(key, api);
    if (!row) await this.organizations.require(key.organizationId);
    return row;
  }

  private requireWithinLimit(connections: number): void {
    const limit = this.config.maxConnectionsPerOrganization;
    if (connections > limit) throw new DomainError('connection_limit_reached', String(limit));
  }
}

/**
 * The constraints have refused the row. Of two broken rules Postgres names one and the function another, so the message is
 * left to the function.
 */
function leaveToExplanation(error: unknown): undefined {
  const isRule = error instanceof DomainError && RULES.has(error.code);
  if (!isRule) throw error;
}

const RULES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['signup_not_supported', 'hidden_button_not_supported']);

const connectionsIn = (rows: readonly WantedRow[]) => rows.map(({ connection }) => connection);
