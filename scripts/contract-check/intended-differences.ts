/** Differences from the contract that are meant to be, with the reason. `*` stands for any text. */
export interface Intended {
  readonly because: string;
  readonly differences: readonly string[];
}

/** Operations of the contract that this service does not have. */
const NOT_SERVED: readonly Intended[] = [
  {
    because: 'Users are not kept yet.',
    differences: ['* /users: present → absent', '* /users/{id}: present → absent'],
  },
  {
    because: 'Members are not kept yet.',
    differences: ['* /organizations/{id}/members: present → absent', 'GET /users/{id}/organizations: present → absent'],
  },
  {
    because: 'Discovery domains are not kept yet.',
    differences: ['* /organizations/{id}/discovery-domains*: present → absent'],
  },
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
      '* /organizations*third_party_client_access: absent → present',
      '* /organizations*is_app_entitlement_active: absent → present',
    ],
  },
  {
    because: 'A field that cannot be sorted by is refused and not ignored.',
    differences: ['GET /organizations query sort pattern: none → "^(name|display_name|created_at):-?1$"'],
  },
];

const STATUSES: readonly Intended[] = [
  {
    because: 'Every operation can fail unexpectedly, and then says so with a request id.',
    differences: ['* 500: absent → present'],
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
    ],
  },
  {
    because: 'An unknown organization, or a row it does not have, is 404 wherever it is in the path.',
    differences: [
      'PATCH /organizations/{id} 404: absent → present',
      'GET /organizations/{id}/connections 404: absent → present',
      'PATCH /organizations/{id}/connections/{connection_id} 404: absent → present',
      'DELETE /organizations/{id}/connections/{connection_id} 404: absent → present',
    ],
  },
  {
    because: 'A name that is taken, or a connection that is already there, is 409 as where the contract has it.',
    differences: [
      'PATCH /organizations/{id} 409: absent → present',
      'POST /organizations/{id}/enabled_connections 409: absent → present',
    ],
  },
  {
    because: 'Nothing that an update can change has to be unique.',
    differences: ['PATCH /connections/{id} 409: present → absent'],
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
];

export const INTENDED: readonly Intended[] = [...NOT_SERVED, ...REQUESTS, ...STATUSES, ...ANSWERS];
