import { lookup } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import type { EventDelivery, EventStream } from '../database/client.js';
import { afterCommit } from '../database/request-transaction.js';
import { DomainError } from '../errors/domain-error.js';
import { found } from '../errors/found.js';
import { untilDecided } from '../errors/until-decided.js';
import type { CheckpointPage, Page } from '../http/pagination.js';
import { removeUnder, type Preconditions } from '../http/preconditions.js';
import { at } from '../http/validation/wording.js';
import { randomText } from '../identifiers.js';
import { DestinationClient, type Attempt } from './destination-client.js';
import { DestinationPolicy, hostOf } from './domain/destination.js';
import { exampleChangeOf } from './domain/example-change.js';
import { eventOf, eventSourceOf, type CloudEvent } from './domain/event.js';
import {
  credentialOf,
  MAX_EVENT_STREAMS,
  usernameOf,
  type EventStreamChanges,
  type EventStreamDraft,
  type WebhookDestination,
} from './domain/event-stream.js';
import type { EventType } from './domain/event-type.js';
import { EventDispatcher } from './event-dispatcher.js';
import { EventStreamsRepository, type DeliveryFilter, type EventStreamRow } from './event-streams.repository.js';
import { newSigningSecret, StreamSecretsSeal, type StreamSecrets } from './stream-secrets.js';

const EVENT_ID_LENGTH = 22;
/** Limits on waiting within a request: Postgres ends its transaction after 10 s without a statement. */
const TEST_ANSWER_MS = 5_000;
const LOOKUP_MS = 3_000;

export interface FailedDelivery {
  readonly delivery: EventDelivery;
  /** Undefined when its change is no longer stored. */
  readonly event?: CloudEvent;
}

export interface TestDelivery {
  readonly event: Omit<CloudEvent, 'data'> & { readonly data: object };
  /** Undefined when the event was not sent. */
  readonly attempt?: Attempt;
}

@Injectable()
export class EventStreamsService {
  private readonly policy: DestinationPolicy;
  private readonly source: ReturnType<typeof eventSourceOf>;

  constructor(
    private readonly config: AppConfig,
    private readonly repository: EventStreamsRepository,
    private readonly seal: StreamSecretsSeal,
    private readonly dispatcher: EventDispatcher,
  ) {
    this.policy = new DestinationPolicy(config.eventDestinationsAllow);
    this.source = eventSourceOf(config.publicUrl);
  }

  list(page: CheckpointPage): Promise<Page<EventStream>> {
    return this.repository.list(page);
  }

  async get(id: string): Promise<EventStream> {
    return found(await this.repository.get(id), 'event_stream_not_found');
  }

  async create(draft: EventStreamDraft): Promise<EventStream> {
    await this.requireDestination(draft.destination);
    const row = {
      name: draft.name ?? null,
      ...(await this.columnsOf(draft.destination, { signingSecret: newSigningSecret() })),
      eventTypes: [...draft.eventTypes],
      status: draft.isEnabled ? ('enabled' as const) : ('disabled' as const),
      pausedReason: null,
    };
    const created = await this.repository.create(row, MAX_EVENT_STREAMS);
    if (typeof created === 'string') throw new DomainError(created, String(MAX_EVENT_STREAMS));
    this.refresh();
    return created;
  }

  /** Keeps the signing secret, also for a new destination. */
  async update(id: string, changes: EventStreamChanges, preconditions: Preconditions): Promise<EventStream> {
    const { destination, name, eventTypes, isEnabled } = changes;
    if (destination) await this.requireDestination(destination);
    return this.change(id, async (present) => {
      preconditions.require(present);
      return {
        name,
        ...(destination && (await this.columnsOf(destination, await this.seal.open(present.secrets)))),
        eventTypes: eventTypes && [...eventTypes],
        ...statusOf(isEnabled, present),
      };
    });
  }

  /**
   * Creates a new signing secret.
   *
   * @param overlapMs how long events are also signed with the previous secret
   * @returns when that ends
   */
  async rotateSigningSecret(id: string, overlapMs: number): Promise<Date> {
    const until = new Date(Date.now() + overlapMs);
    await this.change(id, async ({ secrets }) => {
      const { signingSecret, credential } = await this.seal.open(secrets);
      const previous = overlapMs > 0 ? { signingSecret, until: until.toISOString() } : undefined;
      return this.seal.seal({ signingSecret: newSigningSecret(), previous, credential });
    });
    return until;
  }

  /** Does nothing when the stream does not exist. */
  async remove(id: string, preconditions: Preconditions): Promise<void> {
    await removeUnder(
      preconditions,
      () => this.repository.remove(id, preconditions),
      () => this.repository.get(id),
    );
    this.refresh();
  }

  async signingSecret(id: string): Promise<string> {
    const { secrets } = await this.get(id);
    return (await this.seal.open(secrets)).signingSecret;
  }

  async listFailed(id: string, filter: DeliveryFilter, page: CheckpointPage): Promise<Page<FailedDelivery>> {
    const listed = await this.repository.listFailed(id, filter, page);
    if (listed.rows.length === 0) await this.get(id);
    return { ...listed, rows: listed.rows.map((delivery) => ({ delivery })) };
  }

  async getFailed(id: string, eventId: string): Promise<FailedDelivery> {
    const delivery = await this.repository.getFailed(id, eventId);
    if (delivery === null) {
      await this.get(id);
      throw new DomainError('event_delivery_not_found');
    }
    const change = await this.repository.changeOf(delivery);
    return { delivery, event: change && eventOf(change, id, this.source) };
  }

  async redeliver(id: string, filter: DeliveryFilter): Promise<void> {
    if ((await this.repository.redeliver(id, filter)) === 0) {
      await this.get(id);
      if (filter.eventId !== undefined) throw new DomainError('event_delivery_not_found');
    }
    this.refresh();
  }

  /**
   * Sends an example event once, without retries.
   *
   * @param data replaces the data of the example
   * @param isSent false returns the event without sending it
   */
  async test(id: string, type: EventType, data: object | undefined, isSent: boolean): Promise<TestDelivery> {
    const stream = await this.get(id);
    const example = eventOf(exampleChangeOf(type, new Date()), id, this.source)!;
    const event = { ...example, id: `evt_${randomText(EVENT_ID_LENGTH)}`, data: data ?? example.data };
    if (!isSent) return { event };
    const secrets = await this.seal.open(stream.secrets);
    const answerMs = Math.min(TEST_ANSWER_MS, this.config.deadlines.eventAnswer);
    const client = new DestinationClient(stream, secrets, this.policy, 1, answerMs);
    try {
      return { event, attempt: await client.send(event.id, JSON.stringify(event)) };
    } finally {
      await client.end();
    }
  }

  /** Refuses a forbidden URL, and a host that resolves to a forbidden address now; each connection is checked again. */
  private async requireDestination({ endpoint }: WebhookDestination): Promise<void> {
    const problem = this.policy.problemOf(endpoint) ?? (await this.problemOfAddresses(endpoint));
    if (problem === undefined) return;
    const path = ['destination', 'configuration', 'webhook_endpoint'];
    throw new DomainError('body_invalid', at(`The destination is not allowed, ${problem}`, path));
  }

  private async problemOfAddresses(endpoint: string): Promise<string | undefined> {
    const host = hostOf(new URL(endpoint));
    // A name that does not resolve yet is accepted: it may resolve later.
    const found = lookup(host, { all: true }).catch(() => []);
    const addresses = await Promise.race([found, delay(LOOKUP_MS, [], { ref: false })]);
    const isRefused = addresses.some(({ address }) => !this.policy.mayConnect(host, address));
    return isRefused ? 'its address is not public' : undefined;
  }

  /** @param decide returns the columns to change, given the present stream */
  private async change(
    id: string,
    decide: (present: EventStream) => Promise<Partial<EventStreamRow>>,
  ): Promise<EventStream> {
    const changed = await untilDecided<EventStream>(
      async () => {
        const present = await this.get(id);
        const row = await decide(present);
        const isChanged = Object.values(row).some((value) => value !== undefined);
        return isChanged ? this.repository.update(id, row, { versions: { in: [present.version] } }) : present;
      },
      // Another request changed the stream, so it is read again.
      () => Promise.resolve(),
    );
    this.refresh();
    return changed;
  }

  private async columnsOf(
    { endpoint, authorization }: WebhookDestination,
    signing: Pick<StreamSecrets, 'signingSecret' | 'previous'>,
  ) {
    return {
      endpoint,
      authorization: authorization.method,
      username: usernameOf(authorization),
      ...(await this.seal.seal({ ...signing, credential: credentialOf(authorization) })),
    };
  }

  private refresh(): void {
    afterCommit(() => this.dispatcher.refresh());
  }
}

/** A paused stream stays paused until it is enabled: clients are shown, and send back, `disabled`. */
function statusOf(isEnabled: boolean | undefined, { status }: EventStream): Partial<EventStreamRow> {
  if (isEnabled === undefined || (!isEnabled && status === 'paused')) return {};
  return { status: isEnabled ? 'enabled' : 'disabled', pausedReason: null };
}
