import { isEnabledForClient, type ConnectionTerms, type LoginConnection } from './organization-terms.js';
import type { OrganizationName } from './discovery.js';

export const INTENTS = ['login', 'signup'] as const;
export type Intent = (typeof INTENTS)[number];

export const DECISIONS = ['allow', 'deny'] as const;

/** Every reason, and what it decides. docs/login.md says of each what it means and what to do. */
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

/** On what somebody comes in; `none` for whoever does not. */
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

/** What a check found. */
export interface Finding {
  readonly check: (typeof CHECKS)[number];
  readonly result: (typeof RESULTS)[number];
  /** In words, for the people who ask why. */
  readonly detail: string;
}

/** An organization that somebody may come into by the connection. */
export interface Candidate {
  readonly organization: OrganizationName;
  /** Undefined: it does not have the connection. */
  readonly terms?: Pick<ConnectionTerms, 'isEnabled' | 'assignMembershipOnLogin' | 'isSignupEnabled'>;
  readonly isMember: boolean;
}

/** The organization that the request names, if there is one of that name, or those that are open to one that names none. */
export type Destination =
  | { readonly kind: 'named'; readonly candidate?: Candidate }
  | {
      readonly kind: 'open';
      /** Those that have the connection enabled and take new members by it, with this intent. Two stand for more. */
      readonly open: readonly Candidate[];
      /** Those that have the connection enabled and the user as a member. Two stand for more. */
      readonly own: readonly Candidate[];
    };

/**
 * Who the request is about. `elsewhere`: the id is that of another connection. `address_taken`: nobody has the id, and
 * somebody else has the address.
 */
export type Person =
  | { readonly kind: 'known'; readonly id: string; readonly isBlocked: boolean }
  | { readonly kind: 'unknown' | 'elsewhere' | 'address_taken' };

export interface Facts {
  readonly intent: Intent;
  /** Undefined: for no application in particular. */
  readonly clientId?: string;
  readonly dryRun: boolean;
  /** Undefined: there is none of that id or name. */
  readonly connection?: LoginConnection;
  readonly destination: Destination;
  readonly person: Person;
}

/** What has to be written for the decision to be true. */
export interface Grant {
  readonly organization: OrganizationName;
  readonly connection: LoginConnection;
  /** Undefined: the user is made too. */
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
  /** Undefined: nothing is written. */
  readonly grant?: Grant;
}

/** Who may come in. */
export function decide(facts: Facts): Decision {
  const place = placeOf(facts);
  const trace: Finding[] = [];
  const reason = judge(facts, place, (finding) => trace.push(finding));
  const organization = place.kind === 'one' ? place.candidate.organization : undefined;
  const userId = facts.person.kind === 'known' ? facts.person.id : undefined;
  const membership = membershipOf(reason, facts.dryRun);
  const grant = membership === 'granted' && { organization: organization!, connection: facts.connection!, userId };
  return { decision: DECISION_OF[reason], reason, membership, organization, userId, trace, ...(grant && { grant }) };
}

type Place =
  { readonly kind: 'one'; readonly candidate: Candidate } | { readonly kind: 'unknown' | 'none' | 'several' };

/** Whoever is a member of exactly one organization and names none comes in there. */
function placeOf({ intent, destination }: Facts): Place {
  switch (destination.kind) {
    case 'named':
      return destination.candidate ? { kind: 'one', candidate: destination.candidate } : { kind: 'unknown' };
    case 'open': {
      const candidates = intent === 'login' && destination.own.length === 1 ? destination.own : destination.open;
      const [candidate, ...others] = candidates;
      if (candidate === undefined) return { kind: 'none' };
      return others.length === 0 ? { kind: 'one', candidate } : { kind: 'several' };
    }
  }
}

/** The checks in their order, to the first that fails. */
function judge({ intent, clientId, connection, destination, person }: Facts, place: Place, note: Note): Reason {
  const passed = (check: Finding['check'], detail: string) => note({ check, result: 'passed', detail });
  const failed = (check: Finding['check'], reason: Reason, detail: string): Reason => {
    note({ check, result: 'failed', detail });
    return reason;
  };

  if (connection === undefined) return failed('connection', 'connection_unknown', 'there is none of that id or name');
  passed('connection', `${connection.name} (${connection.id}), ${connection.kind}`);

  switch (place.kind) {
    case 'unknown':
      return failed('organization', 'organization_unknown', 'there is none of that id or name');
    case 'none':
      return failed('organization', 'no_organization', `none was named, and none is open to this ${intent}`);
    case 'several':
      return failed('organization', 'ambiguous_organization', `none was named, and several are open to this ${intent}`);
    case 'one':
  }
  const { organization, terms, isMember } = place.candidate;
  const how = destination.kind === 'named' ? 'named' : 'the only one, as none was named';
  passed('organization', `${organization.name} (${organization.id}), ${how}`);

  if (terms === undefined)
    return failed('organization_connection', 'connection_not_enabled', 'the organization does not have the connection');
  if (!terms.isEnabled) return failed('organization_connection', 'connection_disabled', 'is_enabled is false');
  passed('organization_connection', 'enabled');

  if (clientId === undefined) note({ check: 'client', result: 'skipped', detail: 'none was named' });
  else if (isEnabledForClient(connection, clientId)) passed('client', 'among the enabled_clients of the connection');
  else return failed('client', 'connection_not_enabled_for_client', 'not among the enabled_clients of the connection');

  switch (person.kind) {
    case 'known':
      if (person.isBlocked) return failed('user', 'user_blocked', `${person.id} is blocked`);
      passed('user', `known as ${person.id}`);
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
      if (person.kind === 'unknown' && connection.kind === 'database')
        return failed('membership', 'user_unknown', 'a database connection has only users who signed up or were made');
      if (!terms.assignMembershipOnLogin)
        return failed('membership', 'not_a_member', 'no member, and assign_membership_on_login is false');
      passed('membership', 'no member yet, and assign_membership_on_login is true');
      return 'membership_granted';
    case 'signup':
      if (!terms.isSignupEnabled) return failed('signup', 'signup_not_enabled', 'is_signup_enabled is false');
      if (person.kind !== 'unknown') return failed('signup', 'user_exists', 'the connection has this user already');
      passed('signup', 'is_signup_enabled is true');
      return 'signup_granted';
  }
}

type Note = (finding: Finding) => void;

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
