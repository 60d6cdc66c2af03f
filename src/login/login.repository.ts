import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { Actor } from '../actor.js';
import { CallerShares } from '../database/caller-shares.js';
import { POOL } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
import type { Queryable } from '../database/statement.js';
import { inTransaction } from '../database/transaction.js';
import { newUserKey } from '../identifiers.js';
import { userIdOf, withDefaults } from '../users/domain/user.js';
import type { Candidate, Decision, Destination, Facts, Grant, Intent } from './domain/decision.js';
import type { OrganizationName } from './domain/discovery.js';
import type { LoginConnection, OrganizationTerms } from './domain/organization-terms.js';
import { addressOf, isMember, personOf, type Claimant } from './domain/person.js';
import { removeUnseenUser } from '../users/users.statements.js';
import * as statements from './login.statements.js';
import { TermsCache } from './terms-cache.js';

/** The question who may come in. Organization and connection are ids or names. */
export interface DecisionRequest {
  /** Undefined: wherever the user may come in. */
  readonly organization?: string;
  readonly connection: string;
  readonly clientId?: string;
  readonly user: Claimant;
  readonly intent: Intent;
  readonly dryRun: boolean;
}

/** What signing in reads, and the two rows that it writes. */
@Injectable()
export class LoginRepository {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly reads: ReadConnection,
    private readonly cache: TermsCache,
    private readonly shares: CallerShares,
  ) {}

  /** From memory, where they are at hand. Undefined: there is no organization of this id or name. */
  terms(organization: string): Promise<OrganizationTerms | undefined> {
    return this.cache.get(organization);
  }

  /** The options of the organization's enabled enterprise connections, by connection id. */
  enterpriseOptions(organizationId: string): Promise<ReadonlyMap<string, unknown>> {
    return statements.enterpriseOptions(this.reads, organizationId);
  }

  /** Those to which a verified domain points, by name. */
  organizationsByDomain(domain: string): Promise<readonly OrganizationName[]> {
    return statements.organizationsByDomain(this.reads, domain);
  }

  facts({ facts: { subject } }: Actor, request: DecisionRequest): Promise<Facts> {
    // Without an organization all that share the connection may have to be looked at, while nobody waits behind it.
    const factsBy = (on: Queryable) => factsOn(on, request, (organization) => this.terms(organization));
    const isAboutMany = request.organization === undefined;
    return isAboutMany ? this.shares.within(subject, () => factsBy(this.pool)) : factsBy(this.reads);
  }

  /**
   * Makes a decision true: the terms and the user are locked, the decision is made again on what they are then, and what
   * it grants is written, in one transaction.
   *
   * @param planned what the decision was about when it was made without locks
   * @returns undefined when somebody else was faster, so that the request has to be looked at anew; nothing is written
   */
  grant(
    actor: Actor,
    request: DecisionRequest,
    planned: Grant,
    decide: (facts: Facts) => Decision,
  ): Promise<Decision | undefined> {
    const { organization, connection, userId } = planned;
    const work = async (client: pg.ClientBase): Promise<Decision | undefined> => {
      await statements.lockTerms(client, organization.id, connection.id);
      if (userId !== undefined) await statements.lockUser(client, userId);
      const decision = decide(
        await factsOn(client, request, (idOrName) => statements.getOrganizationTerms(client, idOrName)),
      );
      if (decision.grant === undefined) return decision;
      if (!isSame(decision.grant, planned)) return undefined;
      const member = userId ?? (await addUser(client, request.user, connection));
      if (member === undefined || !(await statements.addMember(client, organization.id, member))) return undefined;
      return { ...decision, userId: member };
    };
    return this.shares.within(actor.facts.subject, () => inTransaction(this.pool, actor, work));
  }
}

async function factsOn(
  on: Queryable,
  { organization, connection: idOrName, clientId, user, intent, dryRun }: DecisionRequest,
  termsOf: (organization: string) => Promise<OrganizationTerms | undefined>,
): Promise<Facts> {
  const terms = organization === undefined ? undefined : await termsOf(organization);
  const row = terms?.connections.find(({ connection: { id, name } }) => id === idOrName || name === idOrName);
  const connection = row?.connection ?? (await statements.getConnection(on, idOrName));
  const rows = connection && (await statements.findUsers(on, connection.id, user.userId, addressOf(user), terms?.id));
  const person = connection && rows ? personOf(user, connection, rows) : ({ kind: 'unknown' } as const);
  const userId = person.kind === 'known' ? person.id : undefined;
  const destination: Destination =
    organization === undefined
      ? { kind: 'open', ...(await organizationsFor(on, connection, userId, intent)) }
      : {
          kind: 'named',
          candidate: terms && {
            organization: { id: terms.id, name: terms.name },
            terms: row,
            isMember: rows !== undefined && isMember(person, rows),
          },
        };
  return { intent, clientId, dryRun, connection, destination, person };
}

async function organizationsFor(
  on: Queryable,
  connection: LoginConnection | undefined,
  userId: string | undefined,
  intent: Intent,
): Promise<{ open: readonly Candidate[]; own: readonly Candidate[] }> {
  if (connection === undefined) return { open: [], own: [] };
  const open = await statements.openOrganizations(on, connection.id, userId, intent === 'signup');
  const own = userId === undefined ? [] : await statements.ownOrganizations(on, connection.id, userId);
  return { open, own };
}

/** @returns the id of the user who was made; undefined when there is one already */
async function addUser(
  on: Queryable,
  user: Claimant,
  { id, name, strategy }: LoginConnection,
): Promise<string | undefined> {
  const userId = user.userId ?? userIdOf(strategy, newUserKey());
  const profile = withDefaults({ ...user, email: addressOf(user), connection: name });
  const add = () => statements.addUser(on, userId, id, profile);
  const isAdded = (await add()) || ((await removeUnseenUser(on, userId)) && (await add()));
  return isAdded ? userId : undefined;
}

const isSame = (a: Grant, b: Grant) =>
  a.organization.id === b.organization.id && a.connection.id === b.connection.id && a.userId === b.userId;
