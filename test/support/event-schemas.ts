import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { EventType } from '../../src/event-streams/domain/event-type.js';
import type { ReceivedEvent } from './sink.js';

type Schema = Record<string, unknown>;

/** An object with these properties and no others; a name with a question mark may be missing. */
function closed(properties: Record<string, Schema>): Schema {
  const names = Object.keys(properties);
  const bare = (name: string) => name.replace('?', '');
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(properties).map(([name, schema]) => [bare(name), schema])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

const text = { type: 'string' };
const flag = { type: 'boolean' };
const open = { type: 'object' };
const time = { type: 'string', format: 'date-time' };
const like = (pattern: string) => ({ type: 'string', pattern });
const organizationId = like('^org_[a-zA-Z0-9]{16}$');

const organization = { id: organizationId, 'name?': text, 'display_name?': text, 'metadata?': open };
const colors = closed({ 'primary?': text, 'page_background?': text });
const branded = closed({ ...organization, 'branding?': closed({ 'logo_url?': text, 'colors?': colors }) });
const pair = {
  organization: closed({ id: organizationId }),
  connection: closed({ id: like('^con_[a-zA-Z0-9]{16}$') }),
};
const organizationConnection = closed({
  ...pair,
  assign_membership_on_login: flag,
  is_enabled: flag,
  is_signup_enabled: flag,
  organization_access_level: { enum: ['none', 'readonly', 'limited', 'full'] },
  'organization_member_access_level?': { enum: ['none', 'readonly', 'limited', 'full'] },
  show_as_button: flag,
});
const member = closed({ organization: closed({ id: organizationId }), user: closed({ user_id: text }) });
const identity = closed({ connection: text, isSocial: flag, provider: text, user_id: text });
const user = {
  user_id: text,
  'email?': text,
  email_verified: flag,
  'phone_number?': like('^\\+[0-9]{1,15}$'),
  'phone_verified?': flag,
  'username?': text,
  'name?': text,
  'given_name?': text,
  'family_name?': text,
  'nickname?': text,
  'picture?': text,
  blocked: flag,
  'user_metadata?': open,
  'app_metadata?': open,
  identities: { type: 'array', items: identity, minItems: 1, maxItems: 1 },
  created_at: time,
  updated_at: time,
};

const OBJECTS: Readonly<Record<EventType, Schema>> = {
  'organization.created': branded,
  'organization.updated': branded,
  'organization.deleted': closed(organization),
  'organization.connection.added': organizationConnection,
  'organization.connection.updated': organizationConnection,
  'organization.connection.removed': closed(pair),
  'organization.member.added': member,
  'organization.member.deleted': member,
  'user.created': closed(user),
  'user.updated': closed(user),
  'user.deleted': closed({ ...user, deleted_at: time }),
};

const context = closed({
  tenant: closed({ id: text }),
  'client?': closed({ id: text, name: text, metadata: open }),
  'request?': closed({ geo: open, hostname: text, ip: text, method: text, user_agent: text }),
});

const eventSchema = (type: string, object: Schema): Schema =>
  closed({
    specversion: { const: '1.0' },
    type: { const: type },
    source: like('^urn:auth0:.+'),
    id: like('^evt_[a-zA-Z0-9]{22}$'),
    time,
    a0tenant: like('^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$'),
    a0stream: like('^est_[a-zA-Z0-9]{22}$'),
    data: closed({ object, ...(type.endsWith('.updated') ? { previous_object: object } : {}), context }),
  });

const CONTRACT = '../shared/contract/events.json';

/** What an event must be: by the repository's own schemas, and by those of the contract where they are at hand. */
const schemas: ReadonlyMap<string, readonly ValidateFunction[]> = (() => {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    formats: { 'date-time': fullFormats['date-time'], uri: fullFormats.uri, 'idn-email': /^\S+@\S+$/ },
  });
  const contract = existsSync(CONTRACT)
    ? (JSON.parse(readFileSync(CONTRACT, 'utf8')) as { events: Record<string, Schema> }).events
    : {};
  return new Map(
    Object.entries(OBJECTS).map(([type, object]) => {
      const all = [
        eventSchema(type, object),
        ...[contract[type]].filter((schema) => schema !== undefined).map(withNewer),
      ];
      return [type, all.map((schema) => ajv.compile(schema))];
    }),
  );
})();

/** The contract's schemas are of before this field, and closed. */
function withNewer(schema: Schema): Schema {
  const text = JSON.stringify(schema);
  return JSON.parse(
    text.replaceAll(
      '"organization_access_level":{',
      '"organization_member_access_level":{},"organization_access_level":{',
    ),
  ) as Schema;
}

/** Fails with all that is wrong with an event. */
export function expectEvent(event: ReceivedEvent): void {
  const problems = schemas.get(event.type)!.flatMap((validate) => (validate(event) ? [] : validate.errors!));
  expect({ event, problems }).toEqual({ event, problems: [] });
}
