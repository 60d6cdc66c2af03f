import type { EventType } from './event-type.js';

/** The most streams: each opens connections and reads the changes separately. */
export const MAX_EVENT_STREAMS = 100;

/** How long events are also signed with the previous secret after a rotation: by default, and at most. */
export const SECRET_OVERLAP_SECONDS = 86_400;
export const MAX_SECRET_OVERLAP_SECONDS = 604_800;

export type Authorization =
  | { readonly method: 'basic'; readonly username: string; readonly password: string }
  | { readonly method: 'bearer'; readonly token: string };

/** The secret in the `Authorization` header. */
export const credentialOf = (authorization: Authorization): string =>
  authorization.method === 'basic' ? authorization.password : authorization.token;

export const usernameOf = (authorization: Authorization): string | null =>
  authorization.method === 'basic' ? authorization.username : null;

export interface WebhookDestination {
  readonly endpoint: string;
  readonly authorization: Authorization;
}

export interface EventStreamDraft {
  readonly name?: string;
  readonly destination: WebhookDestination;
  readonly eventTypes: readonly EventType[];
  readonly isEnabled: boolean;
}

export type EventStreamChanges = Partial<EventStreamDraft>;
