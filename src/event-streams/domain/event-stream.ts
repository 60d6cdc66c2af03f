import type { EventType } from './event-type.js';

/** How many streams there can be: each may have connections open and reads the changes for itself. */
export const MAX_EVENT_STREAMS = 100;

/** For how long a stream's events are signed with the secret before the present one too, unless it is said, and at most. */
export const SECRET_OVERLAP_SECONDS = 86_400;
export const MAX_SECRET_OVERLAP_SECONDS = 604_800;

export type Authorization =
  | { readonly method: 'basic'; readonly username: string; readonly password: string }
  | { readonly method: 'bearer'; readonly token: string };

/** The secret that is sent along with the events. */
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
