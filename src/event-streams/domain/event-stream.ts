import type { EventType } from './event-type.js';

/** How many streams there can be: each may have connections open and reads the changes for itself. */
export const MAX_EVENT_STREAMS = 100;

export type Authorization =
  | { readonly method: 'basic'; readonly username: string; readonly password: string }
  | { readonly method: 'bearer'; readonly token: string };

/** What is sent along with the events, and known to nobody else. */
export const credentialOf = (authorization: Authorization): string =>
  authorization.method === 'basic' ? authorization.password : authorization.token;

export const usernameOf = (authorization: Authorization): string | null =>
  authorization.method === 'basic' ? authorization.username : null;

export interface WebhookDestination {
  readonly endpoint: string;
  readonly authorization: Authorization;
}

/** What a client may set. */
export interface EventStreamDraft {
  readonly name?: string;
  readonly destination: WebhookDestination;
  readonly eventTypes: readonly EventType[];
  readonly isEnabled: boolean;
}

export type EventStreamChanges = Partial<EventStreamDraft>;
