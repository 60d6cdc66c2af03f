import type autocannon from 'autocannon';
import {
  connectionId,
  connectionsOf,
  databaseConnectionOf,
  organizationId,
  spareConnectionOf,
  userId,
  USERS,
} from './seed.js';

export interface Operation {
  readonly name: string;
  /** The ratio to the reference it must reach. */
  readonly target: number;
  /** The requests of the reference, if others. */
  readonly reference?: { readonly server: 'bare' | 'vestibule'; readonly operation: string };
  /** Whether a round can leave rows behind. */
  readonly leavesRows?: boolean;
  /** The requests that one client repeats. */
  requests(organizations: number): autocannon.Request[];
}

const JSON_BODY = { 'content-type': 'application/json' };
const random = (below: number) => Math.floor(Math.random() * below);
const listPath = (organization: number) => `/api/v2/organizations/${organizationId(organization)}/enabled_connections`;

function randomRow(organizations: number): string {
  const organization = random(organizations);
  const connections = connectionsOf(organization);
  return `${listPath(organization)}/${connectionId(connections[random(connections.length)]!)}`;
}

/** The load generator asks for every request anew. */
const each = (
  method: autocannon.Request['method'],
  next: () => { path: string; body?: string },
): autocannon.Request => ({
  method,
  setupRequest: (request) => {
    const { path, body } = next();
    return { ...request, path, body, headers: { ...request.headers, ...(body === undefined ? {} : JSON_BODY) } };
  },
});

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'PATCH one',
    target: 0.85,
    requests: (organizations) => [
      each('PATCH', () => ({
        path: randomRow(organizations),
        body: JSON.stringify({ assign_membership_on_login: Math.random() < 0.5 }),
      })),
    ],
  },
  {
    name: 'GET one',
    target: 1.5,
    requests: (organizations) => [each('GET', () => ({ path: randomRow(organizations) }))],
  },
  {
    name: 'GET list of three',
    target: 1.5,
    requests: (organizations) => [
      each('GET', () => ({ path: `${listPath(random(organizations))}?include_totals=true` })),
    ],
  },
  {
    name: 'GET user',
    target: 1.5,
    requests: () => [each('GET', () => ({ path: `/api/v2/users/${encodeURIComponent(userId(random(USERS)))}` }))],
  },
  {
    name: 'POST + DELETE',
    target: 0.85,
    leavesRows: true,
    requests: (organizations) => addAndRemove(organizations),
  },
  {
    name: 'sign-in: prompt',
    target: 2.5,
    reference: { server: 'bare', operation: 'GET one' },
    requests: (organizations) => [
      each('GET', () => ({ path: `/login/organizations/${organizationId(random(organizations))}` })),
    ],
  },
  {
    name: 'sign-in: decision about a member',
    target: 1.2,
    reference: { server: 'bare', operation: 'GET one' },
    requests: () => [each('POST', decisionAboutAMember)],
  },
  {
    name: 'sign-in: decisions with 1 % PATCHes',
    target: 0.9,
    reference: { server: 'vestibule', operation: 'sign-in: decision about a member' },
    requests: (organizations) => [
      ...Array.from({ length: 99 }, () => each('POST', decisionAboutAMember)),
      each('PATCH', () => ({
        path: randomRow(organizations),
        body: JSON.stringify({ assign_membership_on_login: Math.random() < 0.5 }),
      })),
    ],
  },
];

function decisionAboutAMember(): { path: string; body: string } {
  let member: number;
  let connection: number | undefined;
  do connection = databaseConnectionOf((member = random(USERS)));
  while (connection === undefined);
  const request = {
    organization: organizationId(member),
    connection: connectionId(connection),
    user: { user_id: userId(member) },
    intent: 'login',
  };
  return { path: '/login/decisions', body: JSON.stringify(request) };
}

/** Each client adds a connection to an organization that no other client has at that moment, and removes it again. */
function addAndRemove(organizations: number): autocannon.Request[] {
  let next = 0;
  return [
    {
      method: 'POST',
      setupRequest: (request, context) => {
        const organization = next++ % organizations;
        (context as Turn).organization = organization;
        const body = JSON.stringify({ connection_id: connectionId(spareConnectionOf(organization)) });
        return { ...request, path: listPath(organization), body, headers: { ...request.headers, ...JSON_BODY } };
      },
    },
    {
      method: 'DELETE',
      setupRequest: (request, context) => {
        const { organization } = context as Turn;
        return { ...request, path: `${listPath(organization)}/${connectionId(spareConnectionOf(organization))}` };
      },
    },
  ];
}

/** The state of a client between its two requests. */
interface Turn {
  organization: number;
}
