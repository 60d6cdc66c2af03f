import type { RecordedRow } from '../../changes/domain/change.js';
import type { RecordedChange } from './change.js';
import { EVENT_TABLES, eventTypeOf, type ChangeOperation, type EventType } from './event-type.js';

const NOW = '2026-01-01T00:00:00.000Z';
const ORGANIZATION_ID = 'org_0000000000000000';
const CONNECTION_ID = 'con_0000000000000000';
const USER_ID = 'auth0|000000000000000000000000';

const ROWS: Readonly<Record<string, RecordedRow>> = {
  organizations: { id: ORGANIZATION_ID, name: 'example', display_name: 'Example' },
  organization_connections: {
    organization_id: ORGANIZATION_ID,
    connection_id: CONNECTION_ID,
    assign_membership_on_login: false,
    is_signup_enabled: false,
    show_as_button: true,
    is_enabled: true,
    organization_access_level: 'none',
  },
  organization_members: { organization_id: ORGANIZATION_ID, user_id: USER_ID },
  users: {
    user_id: USER_ID,
    email: 'somebody@example.com',
    email_verified: false,
    phone_number: null,
    blocked: false,
    created_at: NOW,
    updated_at: NOW,
  },
};

const OPERATIONS: readonly ChangeOperation[] = ['INSERT', 'UPDATE', 'DELETE'];

/** A made-up change that becomes an event of this type. */
export function exampleChangeOf(type: EventType, at: Date): RecordedChange {
  const kinds = EVENT_TABLES.flatMap((table) => OPERATIONS.map((operation) => ({ table, operation })));
  const { table, operation } = kinds.find((kind) => eventTypeOf(kind) === type)!;
  const row = ROWS[table]!;
  return {
    sequence: 0,
    changedAt: at,
    organizationId: table === 'users' ? '' : ORGANIZATION_ID,
    table,
    rowId: '',
    operation,
    actor: null,
    clientName: null,
    before: operation === 'INSERT' ? null : row,
    after: operation === 'DELETE' ? null : row,
    connection: { name: 'Username-Password-Authentication', strategy: 'auth0', strategy_kind: 'database' },
    bytes: 0,
  };
}
