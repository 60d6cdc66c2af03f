import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { buildConnector, Pool } from 'undici';
import type { EventStream } from '../database/client.js';
import type { DestinationPolicy } from './domain/destination.js';
import type { StreamSecrets } from './stream-secrets.js';

export interface Attempt {
  readonly at: Date;
  readonly milliseconds: number;
  /** Undefined when the destination accepted the event. */
  readonly error?: string;
}

/** An answer up to this size is read, so that its connection can be reused; a longer one closes the connection. */
const MAX_ANSWER_BYTES = 65_536;

/** Sends signed events to one destination, over persistent connections. */
export class DestinationClient {
  private readonly url: URL;
  private readonly pool: Pool;
  private readonly signers: readonly { readonly webhook: Webhook; readonly until?: Date }[];
  private readonly headers: Readonly<Record<string, string>>;

  /**
   * @param connections the most concurrent connections
   * @param answerMs how long the destination may take to answer
   */
  constructor(
    { endpoint, authorization, username }: Pick<EventStream, 'endpoint' | 'authorization' | 'username'>,
    { credential, signingSecret, previous }: StreamSecrets,
    policy: DestinationPolicy,
    connections: number,
    private readonly answerMs: number,
  ) {
    this.url = new URL(endpoint);
    this.signers = [
      { webhook: new Webhook(signingSecret) },
      ...(previous ? [{ webhook: new Webhook(previous.signingSecret), until: new Date(previous.until) }] : []),
    ];
    this.headers = {
      'content-type': 'application/json',
      'user-agent': 'vestibule',
      authorization:
        authorization === 'basic'
          ? `Basic ${Buffer.from(`${username}:${credential}`).toString('base64')}`
          : `Bearer ${credential}`,
    };
    this.pool = new Pool(this.url.origin, { connections, connect: connectorFor(policy, answerMs) });
  }

  /** @param id the event's id, which is the same for every attempt */
  async send(id: string, payload: string): Promise<Attempt> {
    const at = new Date();
    const startedAt = performance.now();
    const error = await this.post(id, at, payload);
    return { at, milliseconds: Math.round(performance.now() - startedAt), error };
  }

  /** Makes attempts in progress fail. */
  end(): Promise<void> {
    return this.pool.destroy();
  }

  /** Signs with each secret that has not expired, as Standard Webhooks specifies for a rotation. */
  private sign(id: string, at: Date, payload: string): string {
    const good = this.signers.filter(({ until }) => until === undefined || at < until);
    return good.map(({ webhook }) => webhook.sign(id, at, payload)).join(' ');
  }

  private async post(id: string, at: Date, payload: string): Promise<string | undefined> {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), this.answerMs);
    try {
      // Redirects are not followed and count as failures.
      const { statusCode, body } = await this.pool.request({
        method: 'POST',
        path: this.url.pathname + this.url.search,
        headers: {
          ...this.headers,
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': this.sign(id, at, payload),
        },
        body: payload,
        signal: giveUp.signal,
      });
      await body.dump({ limit: MAX_ANSWER_BYTES, signal: giveUp.signal }).catch(() => undefined);
      return statusCode >= 200 && statusCode < 300 ? undefined : `The destination answered ${statusCode}`;
    } catch (error) {
      return giveUp.signal.aborted ? `The destination did not answer within ${this.answerMs} ms` : reasonOf(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

class RefusedAddressError extends Error {}

/** Describes the error without the address, which would reveal an internal network. */
function reasonOf(error: unknown): string {
  if (error instanceof RefusedAddressError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return `The destination cannot be reached: ${code ?? message}`;
}

/**
 * Connects only to addresses that the policy allows. It checks the address of each connection, so that a DNS record
 * that is changed after the first check gains nothing (DNS rebinding).
 */
function connectorFor(policy: DestinationPolicy, timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, lookup: guardedLookup(policy) });
  return (options, callback) => {
    const host = options.hostname.replaceAll(/^\[|\]$/g, '');
    // A literal address is not resolved, so `lookup` does not check it.
    if (isIP(host) !== 0 && !policy.mayConnect(host, host)) {
      callback(new RefusedAddressError('The address of the destination is not public'), null);
      return;
    }
    connect(options, callback);
  };
}

type Found = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

function guardedLookup(policy: DestinationPolicy): LookupFunction {
  // Concurrent connections share one lookup, because the process runs only four at a time (libuv's thread pool).
  let waiting: Found[] | undefined;
  const lookUp = (host: string, found: Found) => {
    if (waiting) return void waiting.push(found);
    waiting = [found];
    lookup(host, { all: true }, (error, addresses) => {
      const all = waiting!;
      waiting = undefined;
      for (const tell of all) tell(error, addresses);
    });
  };
  return (host: string, options: LookupOptions, callback) => {
    lookUp(host, (error, addresses) => {
      const allowed = error ? [] : addresses.filter(({ address }) => policy.mayConnect(host, address));
      const [first] = allowed;
      if (error) callback(error, '', 0);
      else if (!first) callback(new RefusedAddressError('The address of the destination is not public'), '', 0);
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
