import { isEnabledForClient, type LoginConnection, type SignInFlags } from './sign-in-organization.js';
import type { OrganizationName } from './discovery.js';
import type { SignInUser } from './user.js';

export const INTENTS = ['login', 'signup'] as const;
export type Intent = (typeof INTENTS)[number];

export const DECISIONS = ['allow', 'deny'] as const;

/** Every reason with its decision. docs/login.md explains each one. */
export const DECISION_OF = {
  member: 'allow',
  membership_granted: 'allow',
  signup_granted: 'allow',
  connection_unknown: 'deny',
  organization_unknown: 'deny',
  no_organization: 'deny',
  ambiguous_organization: 'deny',
  connection_not_enabled: 'deny',
  connection_disabled: 'deny',
  connection_not_enabled_for_client: 'deny',
  user_blocked: 'deny',
  user_unknown: 'deny',
  user_exists: 'deny',
  not_a_member: 'deny',
  signup_not_enabled: 'deny',
} as const satisfies Record<string, (typeof DECISIONS)[number]>;

export type Reason = keyof typeof DECISION_OF;
export const REASONS = Object.keys(DECISION_OF) as Reason[];

/** How the user is a member of the organization; `none` when denied. */
export const MEMBERSHIPS = ['existing', 'granted', 'would_grant', 'none'] as const;
export type Membership = (typeof MEMBERSHIPS)[number];

export const CHECKS = [
  'connection',
  'organization',
  'organization_connection',
  'client',
  'user',
  'membership',
  'signup',
] as const;
export const RESULTS = ['passed', 'failed', 'skipped'] as const;

export interface Finding {
  readonly check: (typeof CHECKS)[number];
  readonly result: (typeof RESULTS)[number];
  /** In words, for administrators. */
  readonly detail: string;
}

/** An organization that the user might sign in to with the connection. */
export interface Candidate {
  readonly organization: OrganizationName;
  /** Undefined when the organization does not have the connection. */
  readonly flags?: Pick<SignInFlags, 'isEnabled' | 'assignMembershipOnLogin' | 'isSignupEnabled'>;
  readonly isMember: boolean;
}

/** The organization that the request names, if it exists, or the candidates when the request names none. */
export type OrganizationLookup =
  | { readonly kind: 'named'; readonly candidate?: Candidate }
  | {
      readonly kind: 'not_named';
      /** At most two organizations whose enabled connection accepts new members with this intent. */
      readonly open: readonly Candidate[];
      /** At most two organizations that have the connection enabled and the user as a member. */
      readonly own: readonly Candidate[];
    };

export interface Facts {
  readonly intent: Intent;
  /** The application, if the request names one. */
  readonly clientId?: string;
  readonly dryRun: boolean;
  /** Undefined when no connection has the id or name. */
  readonly connection?: LoginConnection;
  readonly organization: OrganizationLookup;
  readonly user: SignInUser;
}

/** The membership to create for the decision, and possibly the user. */
export interface Grant {
  readonly organization: OrganizationName;
  readonly connection: LoginConnection;
  /** Undefined when the user must be created. */
  readonly userId?: string;
}

export interface Decision {
  readonly decision: (typeof DECISIONS)[number];
  readonly reason: Reason;
  readonly membership: Membership;
  readonly organization?: OrganizationName;
  readonly userId?: string;
  /** In the order of the checks, up to the one that decided. */
  readonly trace: readonly Finding[];
  /** Undefined when nothing must be written. */
  readonly grant?: Grant;
}

export function decide(facts: Facts): Decision {
  const choice = choiceOf(facts);
  const trace: Finding[] = [];
  const reason = judge(facts, choice, (finding) => trace.push(finding));
  const organization = choice.kind === 'one' ? choice.candidate.organization : undefined;
  const userId = facts.user.kind === 'known' ? facts.user.id : undefined;
  const membership = membershipOf(reason, facts.dryRun);
  const grant = membership === 'granted' && { organization: organization!, connection: facts.connection!, userId };
  return { decision: DECISION_OF[reason], reason, membership, organization, userId, trace, ...(grant && { grant }) };
}

/** The organization to sign in to, or why there is not exactly one. */
type Choice =
  { readonly kind: 'one'; readonly candidate: Candidate } | { readonly kind: 'unknown' | 'none' | 'several' };

/** A login that names no organization goes to the user's only organization, if there is exactly one. */
function choiceOf({ intent, organization }: Facts): Choice {
  switch (organization.kind) {
    case 'named':
      return organization.candidate ? { kind: 'one', candidate: organization.candidate } : { kind: 'unknown' };
    case 'not_named': {
      const candidates = intent === 'login' && organization.own.length === 1 ? organization.own : organization.open;
      const [candidate, ...others] = candidates;
      if (candidate === undefined) return { kind: 'none' };
      return others.length === 0 ? { kind: 'one', candidate } : { kind: 'several' };
    }
  }
}

/** Runs the checks in order, up to the first that fails. */
function judge(
  { intent, clientId, connection, organization: lookup, user }: Facts,
  choice: Choice,
  note: (finding: Finding) => void,
): Reason {
  const passed = (check: Finding['check'], detail: string) => note({ check, result: 'passed', detail });
  const failed = (check: Finding['check'], reason: Reason, detail: string): Reason => {
    note({ check, result: 'failed', detail });
    return reason;
  };

  if (connection === undefined) return failed('connection', 'connection_unknown', 'there is none of that id or name');
  passed('connection', `${connection.name} (${connection.id}), ${connection.kind}`);

  switch (choice.kind) {
    case 'unknown':
      return failed('organization', 'organization_unknown', 'there is none of that id or name');
    case 'none':
      return failed('organization', 'no_organization', `none was named, and none is open to this ${intent}`);
    case 'several':
      return failed('organization', 'ambiguous_organization', `none was named, and several are open to this ${intent}`);
    case 'one':
  }
  const { organization, flags, isMember } = choice.candidate;
  const how = lookup.kind === 'named' ? 'named' : 'the only one, as none was named';
  passed('organization', `${organization.name} (${organization.id}), ${how}`);

  if (flags === undefined)
    return failed('organization_connection', 'connection_not_enabled', 'the organization does not have the connection');
  if (!flags.isEnabled) return failed('organization_connection', 'connection_disabled', 'is_enabled is false');
  passed('organization_connection', 'enabled');

  if (clientId === undefined) note({ check: 'client', result: 'skipped', detail: 'none was named' });
  else if (isEnabledForClient(connection, clientId)) passed('client', 'among the enabled_clients of the connection');
  else return failed('client', 'connection_not_enabled_for_client', 'not among the enabled_clients of the connection');

  switch (user.kind) {
    case 'known':
      if (user.isBlocked) return failed('user', 'user_blocked', `${user.id} is blocked`);
      passed('user', `known as ${user.id}`);
      break;
    case 'unknown':
      passed('user', 'not known to the connection yet');
      break;
    case 'elsewhere':
      return failed('user', 'user_unknown', 'the user_id is not one of this connection');
    case 'address_taken':
      if (intent === 'login')
        return failed('user', 'user_unknown', 'nobody has the user_id, and another user has the address');
      passed('user', 'another user of the connection has the address');
  }

  switch (intent) {
    case 'login':
      if (isMember) {
        passed('membership', 'a member');
        return 'member';
      }
      if (user.kind === 'unknown' && connection.kind === 'database')
        return failed('membership', 'user_unknown', 'a database connection has only users who signed up or were made');
      if (!flags.assignMembershipOnLogin)
        return failed('membership', 'not_a_member', 'no member, and assign_membership_on_login is false');
      passed('membership', 'no member yet, and assign_membership_on_login is true');
      return 'membership_granted';
    case 'signup':
      if (!flags.isSignupEnabled) return failed('signup', 'signup_not_enabled', 'is_signup_enabled is false');
      if (user.kind !== 'unknown') return failed('signup', 'user_exists', 'the connection has this user already');
      passed('signup', 'is_signup_enabled is true');
      return 'signup_granted';
  }
}

function membershipOf(reason: Reason, dryRun: boolean): Membership {
  switch (reason) {
    case 'member':
      return 'existing';
    case 'membership_granted':
    case 'signup_granted':
      return dryRun ? 'would_grant' : 'granted';
    case 'connection_unknown':
    case 'organization_unknown':
    case 'no_organization':
    case 'ambiguous_organization':
    case 'connection_not_enabled':
    case 'connection_disabled':
    case 'connection_not_enabled_for_client':
    case 'user_blocked':
    case 'user_unknown':
    case 'user_exists':
    case 'not_a_member':
    case 'signup_not_enabled':
      return 'none';
  }
}
