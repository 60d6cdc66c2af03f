import type { Change, Operation, RecordedTable } from './change.js';

/** A change made by a request to the Management API. */
export interface LogEntry {
  readonly change: Change;
  /** The name of the machine client; null when it is not, or no longer, a client of this service. */
  readonly clientName: string | null;
}

/** Descriptions of changes, in the words of the published documentation. */
export const DESCRIPTIONS: Readonly<Record<RecordedTable, Readonly<Record<Operation, string>>>> = {
  organizations: {
    created: 'Create an Organization',
    updated: 'Modify an Organization',
    deleted: 'Delete an Organization',
  },
  connections: {
    created: 'Create a connection',
    updated: 'Update a connection',
    deleted: 'Delete a connection',
  },
  organization_connections: {
    created: 'Add a connection to an Organization',
    updated: 'Update the Connection of an Organization',
    deleted: 'Delete a connection from an Organization',
  },
  organization_members: {
    created: 'Add a member to an Organization',
    updated: 'Change a member of an Organization',
    deleted: 'Delete a member from an Organization',
  },
  organization_discovery_domains: {
    created: 'Create an Organization discovery domain',
    updated: 'Update an Organization discovery domain',
    deleted: 'Delete an Organization discovery domain',
  },
  users: {
    created: 'Create a User',
    updated: 'Update a User',
    deleted: 'Delete a User',
  },
  machine_clients: {
    created: 'Create a client',
    updated: 'Update a client',
    deleted: 'Delete a client',
  },
};

export const descriptionOf = ({ table, operation }: Change) => DESCRIPTIONS[table][operation];
