import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { Prisma, type Transaction } from '../database/client.js';
import { PrismaService, SignInPrismaService } from '../database/prisma.service.js';
import { newUserKey } from '../identifiers.js';
import { userIdOf, withDefaults } from '../users/domain/user.js';
import { removeUserOfDeletedConnection } from '../users/removed-users.js';
import type { Candidate, Decision, Facts, Grant, Intent, OrganizationLookup } from './domain/decision.js';
import type { OrganizationName } from './domain/discovery.js';
import {
  sorted,
  type LoginConnection,
  type SignInConnection,
  type SignInFlags,
  type SignInOrganization,
} from './domain/sign-in-organization.js';
import { addressOf, userOf, type RequestedUser } from './domain/user.js';
import { DECIDE, FLAGS, PROMPT, type DecideRow, type FlagsAndConnection } from './login.hot.js';

export interface DecisionRequest {
  /** An id or name; undefined finds the organization by memberships, or one that accepts new users. */
  readonly organization?: string;
  /** An id or name. */
  readonly connection: string;
  readonly clientId?: string;
  readonly user: RequestedUser;
  readonly intent: Intent;
  readonly dryRun: boolean;
}

@Injectable()
export class LoginRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly signIns: SignInPrismaService,
  ) {}

  /** Returns undefined when no organization has the id or name. */
  async organization(idOrName: string): Promise<SignInOrganization | undefined> {
    const rows = await this.prisma.hot.read(PROMPT, [idOrName]);
    const [first] = rows;
    if (first === undefined) return undefined;
    const { id, name, displayName, branding } = first;
    return { id, name, displayName, branding, connections: sorted(rows.flatMap((row) => connectionOf(row) ?? [])) };
  }

  /** The options of the organization's enabled enterprise connections, by connection id. */
  async enterpriseOptions(organizationId: string): Promise<ReadonlyMap<string, unknown>> {
    const connections = await this.prisma.client.connection.findMany({
      where: { strategyKind: 'enterprise', organizationConnections: { some: { organizationId, isEnabled: true } } },
      select: { id: true, options: true },
    });
    return new Map(connections.map(({ id, options }) => [id, options]));
  }

  /** The organizations with this verified domain, by name. */
  organizationsByDomain(domain: string): Promise<readonly OrganizationName[]> {
    const verified = { domain, status: 'verified', useForOrganizationDiscovery: true } as const;
    return this.prisma.client.organization.findMany({
      where: { discoveryDomains: { some: verified } },
      select: { id: true, name: true },
      orderBy: { name: 'asc' },
    });
  }

  async facts(request: DecisionRequest): Promise<Facts> {
    const [row] = await this.prisma.hot.read(DECIDE, valuesOf(request));
    return factsOf(request, row!, this.prisma.client);
  }

  /**
   * Carries out a grant in one transaction: locks the flags and the user, decides again, and creates the membership
   * and, if needed, the user.
   *
   * @param planned the grant of the decision that was made without locks
   * @returns undefined, with nothing written, when another request has changed the facts
   */
  grant(
    actor: Actor,
    request: DecisionRequest,
    planned: Grant,
    decide: (facts: Facts) => Decision,
  ): Promise<Decision | undefined> {
    const { organization, connection, userId } = planned;
    return this.signIns.write(actor, async (transaction) => {
      // Locks in the order of cascading deletes, so that a grant and a deletion cannot deadlock.
      await transaction.$executeRaw`
        SELECT FROM organizations o, connections c, organization_connections oc
         WHERE o.id = ${organization.id} AND c.id = ${connection.id}
           AND oc.organization_id = o.id AND oc.connection_id = c.id
           FOR KEY SHARE OF o FOR SHARE OF c FOR SHARE OF oc`;
      if (userId !== undefined) {
        await transaction.$executeRaw`SELECT FROM users WHERE user_id = ${userId} FOR SHARE`;
      }
      const [row] = await transaction.$queryRawUnsafe<DecideRow[]>(DECIDE.text, ...valuesOf(request));
      const decision = decide(await factsOf(request, row!, transaction));
      if (decision.grant === undefined) return decision;
      if (!isSame(decision.grant, planned)) return undefined;
      const member = userId ?? (await addUser(transaction, request.user, connection));
      if (member === undefined) return undefined;
      const { count } = await transaction.organizationMember.createMany({
        data: { organizationId: organization.id, userId: member },
        skipDuplicates: true,
      });
      return count === 1 ? { ...decision, userId: member } : undefined;
    });
  }
}

const valuesOf = ({ organization, connection, user }: DecisionRequest) => [
  organization ?? null,
  connection,
  user.userId ?? null,
  addressOf(user) ?? null,
];

function connectionOf(row: FlagsAndConnection): SignInConnection | undefined {
  const connection = loginConnectionOf(row);
  const flags = flagsOf(row);
  return connection && flags && { ...flags, connection };
}

function loginConnectionOf(row: FlagsAndConnection): LoginConnection | undefined {
  if (row.connectionId === null) return undefined;
  return {
    id: row.connectionId,
    name: row.connectionName!,
    displayName: row.connectionDisplayName,
    strategy: row.strategy!,
    kind: row.kind!,
    enabledClients: row.enabledClients!,
  };
}

function flagsOf({ isEnabled, assignMembershipOnLogin, isSignupEnabled, showAsButton }: FlagsAndConnection) {
  if (isEnabled === null) return undefined;
  return {
    isEnabled,
    assignMembershipOnLogin: assignMembershipOnLogin!,
    isSignupEnabled: isSignupEnabled!,
    showAsButton: showAsButton!,
  };
}

/** @param client finds the candidates when the request names no organization */
async function factsOf(
  request: DecisionRequest,
  row: DecideRow,
  client: Pick<Transaction, '$queryRaw'>,
): Promise<Facts> {
  const { clientId, intent, dryRun } = request;
  const connection = loginConnectionOf(row);
  const user = connection ? userOf(request.user, connection, row) : ({ kind: 'unknown' } as const);
  const userId = user.kind === 'known' ? user.id : undefined;
  const organization: OrganizationLookup =
    request.organization === undefined
      ? { kind: 'not_named', ...(await organizationsFor(client, connection?.id, userId, intent)) }
      : {
          kind: 'named',
          candidate:
            row.organizationId === null
              ? undefined
              : {
                  organization: { id: row.organizationId, name: row.organizationName! },
                  flags: flagsOf(row),
                  isMember: row.isMember && userId !== undefined,
                },
        };
  return { intent, clientId, dryRun, connection, organization, user };
}

/** The candidates of a request that names no organization. LIMIT 2 tells one match from several. */
async function organizationsFor(
  client: Pick<Transaction, '$queryRaw'>,
  connectionId: string | undefined,
  userId: string | undefined,
  intent: Intent,
): Promise<{ open: readonly Candidate[]; own: readonly Candidate[] }> {
  if (connectionId === undefined) return { open: [], own: [] };
  const find = async (condition: Prisma.Sql): Promise<Candidate[]> => {
    const rows = await client.$queryRaw<CandidateRow[]>`
      SELECT o.id, o.name, ${Prisma.raw(FLAGS)}, m.user_id IS NOT NULL AS "isMember"
        FROM organization_connections oc
        JOIN organizations o ON o.id = oc.organization_id
        LEFT JOIN organization_members m ON m.organization_id = o.id AND m.user_id = ${userId ?? null}
       WHERE oc.connection_id = ${connectionId} AND oc.is_enabled AND ${condition}
       LIMIT 2`;
    return rows.map(({ id, name, isMember, ...flags }) => ({ organization: { id, name }, flags, isMember }));
  };
  const open = await find(
    intent === 'signup' ? Prisma.sql`oc.is_signup_enabled` : Prisma.sql`oc.assign_membership_on_login`,
  );
  const own = userId === undefined ? [] : await find(Prisma.sql`m.user_id IS NOT NULL`);
  return { open, own };
}

type CandidateRow = OrganizationName & SignInFlags & Pick<Candidate, 'isMember'>;

/** Returns the id of the new user, or undefined when the connection already has a user with this id or address. */
async function addUser(
  transaction: Transaction,
  requested: RequestedUser,
  connection: LoginConnection,
): Promise<string | undefined> {
  const userId = requested.userId ?? userIdOf(connection.strategy, newUserKey());
  const profile = { ...requested, email: addressOf(requested) };
  const { name, nickname } = withDefaults({ ...profile, connection: connection.name });
  const data = { ...profile, name, nickname, userId, connectionId: connection.id };
  const add = () => transaction.user.createMany({ data, skipDuplicates: true });
  if ((await add()).count === 1) return userId;
  const isRetried = await removeUserOfDeletedConnection(transaction, userId);
  return isRetried && (await add()).count === 1 ? userId : undefined;
}

const isSame = (a: Grant, b: Grant) =>
  a.organization.id === b.organization.id && a.connection.id === b.connection.id && a.userId === b.userId;
