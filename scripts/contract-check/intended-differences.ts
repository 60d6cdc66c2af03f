/** Differences from the contract that are meant to be, with the reason. `*` stands for any text. */
export interface Intended {
  readonly because: string;
  readonly differences: readonly string[];
}

/** Operations of the contract that this service does not have. */
const NOT_SERVED: readonly Intended[] = [
  {
    because: 'Roles and groups say what a member may do; this service says who may come in.',
    differences: [
      '* /organizations/{id}/members/{user_id}/*: present → absent',
      '* /organizations/{organization_id}/groups*: present → absent',
    ],
  },
  {
    because: 'Invitations are sent by e-mail and accepted on a login page; this service has neither.',
    differences: ['* /organizations/{id}/invitations*: present → absent'],
  },
  {
    because: 'Applications and their grants are kept where their tokens are issued.',
    differences: ['* /organizations/{id}/client-grants*: present → absent'],
  },
  {
    because: 'Which applications use a connection is sent and read as its enabled_clients.',
    differences: ['* /connections/{id}/clients: present → absent'],
  },
  {
    because: 'No connection is opened to the provider, so nothing is known of its state.',
    differences: ['GET /connections/{id}/status: present → absent'],
  },
];

const REQUESTS: readonly Intended[] = [
  {
    because: 'Forms are accepted wherever JSON is.',
    differences: ['* body content: ["application/json"] → ["application/json","application/x-www-form-urlencoded"]'],
  },
  {
    because: "A provider's settings are kept and returned as sent; only the provider's own software reads them.",
    differences: ['* /connections* body.options free-form: false → true'],
  },
  {
    because: 'The format is called strict-https-uri-or-null: null is a value of it.',
    differences: ['* /organizations* body.branding.logo_url type: ["string"] → ["null","string"]'],
  },
  {
    because: 'The provider enforces these without publishing them: ten connections, and ids that can be ids.',
    differences: [
      'POST /organizations body.enabled_connections maxItems: none → 10',
      'POST /organizations body.enabled_connections[].connection_id format: none → "connection-id"',
    ],
  },
  {
    because: 'Settings of an organization that the contract does not have yet.',
    differences: [
      '*/organizations*third_party_client_access: absent → present',
      '*/organizations*is_app_entitlement_active: absent → present',
    ],
  },
  {
    because: 'A field that cannot be sorted by is refused and not ignored.',
    differences: ['GET /organizations query sort pattern: none → "^(name|display_name|created_at):-?1$"'],
  },
  {
    because: 'A domain must be a host name; the provider publishes that of its answers only.',
    differences: ['POST /organizations/{id}/discovery-domains body.domain format: none → "hostname"'],
  },
  {
    because: 'An id of an organization has one limit, also where the contract does not repeat it.',
    differences: [
      'GET /organizations/{id} path id maxLength: none → 50',
      'PATCH /organizations/{id} path id maxLength: none → 50',
      '* /organizations/{id}/discovery-domains* path id maxLength: none → 50',
    ],
  },
  {
    because: "Terraform's data source sends it; it is accepted.",
    differences: ['GET /organizations query include_client_association_for: absent → present'],
  },
  {
    because: 'The field is newer than the description.',
    differences: ['*/connections*organization_member_access_level: absent → present'],
  },
  {
    because: 'One call is one transaction, so it has a limit.',
    differences: ['* /organizations/{id}/members body.members maxItems: none → 100'],
  },
  {
    because: 'Of the search language only the question for an address is understood; anything else is refused.',
    differences: [
      'GET /users query sort pattern: none → "^(created_at|email|name):-?1$"',
      'GET /users query q pattern: *',
      'GET /users query email: absent → present',
    ],
  },
  {
    because:
      'The scopes of a signed-in user reach only that user; here no token is issued to users, so they reach nobody.',
    differences: [
      'GET /users/{id} scopes: ["read:current_user","read:user_idp_tokens","read:users"] → *',
      'PATCH /users/{id} scopes: ["update:current_user_metadata","update:users","update:users_app_metadata"] → *',
      'DELETE /users/{id} scopes: ["delete:current_user","delete:users"] → *',
    ],
  },
  {
    because: 'No e-mail is sent, so it does not matter whose domain would be in it.',
    differences: ['* /users* header auth0-custom-domain: present → absent'],
  },
  {
    because: 'Metadata is kept and returned as sent; the contract says so of user_metadata and not of app_metadata.',
    differences: ['* /users*app_metadata free-form: false → true'],
  },
  {
    because: 'An addition: looks up the proof that an organization owns a domain.',
    differences: ['POST /organizations/{id}/discovery-domains/{discovery_domain_id}/verify: absent → present'],
  },
];

const ADDITIONS: readonly Intended[] = [
  {
    because: 'An addition: what a login page asks at sign-in, outside the Management API.',
    differences: ['* /login/*: absent → present'],
  },
  {
    because: 'An addition: the same for gateways, as the OpenID AuthZEN Authorization API 1.0 has it.',
    differences: ['* /access/*: absent → present'],
  },
  {
    because: 'An addition: who changed what about an organization, and the way back.',
    differences: [
      'GET /organizations/{id}/history: absent → present',
      'POST /organizations/{id}/history/{sequence}/revert: absent → present',
      'GET /organizations/{id}/connections/{connection_id}/history: absent → present',
      'POST /organizations/{id}/connections/{connection_id}/history/{sequence}/revert: absent → present',
    ],
  },
  {
    because: 'Served as the SDK has it; the part of the contract that is held against has no logs.',
    differences: ['GET /logs*: absent → present'],
  },
  {
    because: 'An addition: entity tags, so that no change is lost and nothing is sent that the client has already.',
    differences: [
      '* header If-Match: absent → present',
      '* header If-None-Match: absent → present',
      '* 304: absent → present',
      '* 412: absent → present',
    ],
  },
  {
    because: 'Event streams and events are in the SDK, and not in this slice of the contract.',
    differences: ['* /event-streams*: absent → present', 'GET /events: absent → present'],
  },
  {
    because: 'Additions: changes of many organization connections as one.',
    differences: [
      'PUT /organizations/{id}/connections: absent → present',
      'POST /organizations/connections/bulk: absent → present',
      'POST /connections/{id}/organizations/replace-with: absent → present',
    ],
  },
  {
    because: 'An addition: every write can be tried first.',
    differences: ['* header Vestibule-Dry-Run: absent → present'],
  },
  {
    because: 'An addition: a POST or PATCH can be repeated, but not while it runs, and not as another one.',
    differences: [
      '* header Idempotency-Key: absent → present',
      'POST * 409: absent → present',
      'PATCH * 409: absent → present',
      '* 422: absent → present',
    ],
  },
];

const STATUSES: readonly Intended[] = [
  {
    because: 'Every operation can fail unexpectedly, and then says so with a request id.',
    differences: ['* 500: absent → present'],
  },
  {
    because: 'The keys of the token issuer can be out of reach, and then no token can be checked.',
    differences: ['* 503: absent → present'],
  },
  {
    because: 'Every body can be too large or of a type that is not read.',
    differences: ['* 413: absent → present', '* 415: absent → present'],
  },
  {
    because: 'A path that is against the schema is refused everywhere, with the status the contract has elsewhere.',
    differences: [
      'GET /organizations/{id}/enabled_connections/{connectionId} 400: absent → present',
      'GET /organizations/{id}/connections/{connection_id} 400: absent → present',
      'DELETE /organizations/{id}/connections/{connection_id} 400: absent → present',
      'DELETE /organizations/{id}/discovery-domains/{discovery_domain_id} 400: absent → present',
      'GET /users/{id}/organizations 400: absent → present',
    ],
  },
  {
    because: 'An unknown organization, or a row it does not have, is 404 wherever it is in the path.',
    differences: [
      'PATCH /organizations/{id} 404: absent → present',
      'GET /organizations/{id}/connections 404: absent → present',
      'PATCH /organizations/{id}/connections/{connection_id} 404: absent → present',
      'DELETE /organizations/{id}/connections/{connection_id} 404: absent → present',
      '* /organizations/{id}/members 404: absent → present',
    ],
  },
  {
    because: 'A name that is taken, or a connection that is already there, is 409 as where the contract has it.',
    differences: [
      'PATCH /organizations/{id} 409: absent → present',
      'POST /organizations/{id}/enabled_connections 409: absent → present',
      'PATCH /users/{id} 409: absent → present',
    ],
  },
  {
    because: 'A token is asked for everywhere, also where the contract forgot to say so.',
    differences: ['PATCH /organizations/{id}/discovery-domains/{discovery_domain_id} 4*: absent → present'],
  },
];

const ANSWERS: readonly Intended[] = [
  {
    because: 'A stronger promise than the contract: what is always sent is declared so, and nothing else is sent.',
    differences: [
      '* 200* required: false → true',
      '* 201* required: false → true',
      '* 200* additionalProperties: true → false',
      '* 201* additionalProperties: true → false',
    ],
  },
  {
    because: 'A stronger promise than the contract: counts are whole numbers.',
    differences: [
      'GET * 200 oneOf[1].start type: ["number"] → ["integer"]',
      'GET * 200 oneOf[1].limit type: ["number"] → ["integer"]',
      'GET * 200 oneOf[1].total type: ["number"] → ["integer"]',
      'GET /users 200 oneOf[1].length type: ["number"] → ["integer"]',
    ],
  },
  {
    because: 'A stronger promise than the contract: a name that was sent with null is left out.',
    differences: [
      '* 200*.metadata.{any} type: ["null","string"] → ["string"]',
      '* 201.metadata.{any} type: ["null","string"] → ["string"]',
    ],
  },
  {
    because: 'Can be set to null, and is returned as it was set.',
    differences: [
      '* 200*.branding.logo_url type: ["string"] → ["null","string"]',
      '* 201.branding.logo_url type: ["string"] → ["null","string"]',
    ],
  },
  {
    because: 'In recorded traffic.',
    differences: [
      'GET /connections 200 oneOf[*.enabled_clients: absent → present',
      '* 200*.provisioning_ticket_url: absent → present',
      '* 201.provisioning_ticket_url: absent → present',
      'DELETE /connections/{id} 202 content: [] → ["application/json"]',
    ],
  },
  {
    because: 'Roles say what a member may do; this service says who may come in.',
    differences: ['GET /organizations/{id}/members 200*.roles: present → absent'],
  },
  {
    because: 'A user has one identity, whose id is a text, and no token of the provider is kept.',
    differences: [
      '* /users*.identities[].access_token*: present → absent',
      '* /users*.identities[].refresh_token: present → absent',
      '* /users*.identities[].profileData: present → absent',
      '* /users*.identities[].user_id *',
    ],
  },
  {
    because: 'Who signed in when, and with what further proof, is not kept.',
    differences: [
      '* /users*.last_ip: present → absent',
      '* /users*.last_login: present → absent',
      '* /users*.last_password_reset: present → absent',
      '* /users*.logins_count: present → absent',
      '* /users*.multifactor*: present → absent',
    ],
  },
];

export const INTENDED: readonly Intended[] = [...NOT_SERVED, ...REQUESTS, ...ADDITIONS, ...STATUSES, ...ANSWERS];
