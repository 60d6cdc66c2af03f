import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { buildConnector, Pool } from 'undici';
import type { DestinationPolicy } from './domain/destination.js';
import type { StreamSecrets } from './stream-secrets.js';

/** What it takes to send to a destination. */
export interface DestinationSettings {
  readonly endpoint: string;
  readonly authorization: { readonly method: 'basic'; readonly username: string } | { readonly method: 'bearer' };
  readonly secrets: StreamSecrets;
}

/** How a try to deliver ended. */
export interface Attempt {
  readonly at: Date;
  readonly milliseconds: number;
  /** Absent when the destination has taken it. */
  readonly error?: string;
}

/** How much of an answer is read, so that its connection can be used again; of a longer one the connection is closed. */
const MAX_ANSWER_BYTES = 65_536;

/** Sends signed events to one destination, over persistent connections. */
export class DestinationClient {
  private readonly url: URL;
  private readonly pool: Pool;
  private readonly signers: readonly Signer[];
  private readonly headers: Readonly<Record<string, string>>;

  /**
   * @param connections how many there may be at once
   * @param answerMs how long the destination may take to answer
   */
  constructor(
    { endpoint, authorization, secrets }: DestinationSettings,
    policy: DestinationPolicy,
    connections: number,
    private readonly answerMs: number,
  ) {
    this.url = new URL(endpoint);
    this.signers = signersOf(secrets);
    this.headers = {
      'content-type': 'application/json',
      'user-agent': 'vestibule',
      authorization:
        authorization.method === 'basic'
          ? `Basic ${Buffer.from(`${authorization.username}:${secrets.credential}`).toString('base64')}`
          : `Bearer ${secrets.credential}`,
    };
    this.pool = new Pool(this.url.origin, { connections, connect: connectorFor(policy, answerMs) });
  }

  /** @param id of the event, the same whenever it is sent */
  async send(id: string, payload: string): Promise<Attempt> {
    const at = new Date();
    const startedAt = performance.now();
    const error = await this.post(id, at, payload);
    return { at, milliseconds: Math.round(performance.now() - startedAt), error };
  }

  /** Whatever is under way fails. */
  end(): Promise<void> {
    return this.pool.destroy();
  }

  /** By each secret that is good, as Standard Webhooks has it for the time of a rotation. */
  private sign(id: string, at: Date, payload: string): string {
    const good = this.signers.filter(({ until }) => until === undefined || at < until);
    return good.map(({ webhook }) => webhook.sign(id, at, payload)).join(' ');
  }

  private async post(id: string, at: Date, payload: string): Promise<string | undefined> {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), this.answerMs);
    try {
      // What it answers is not looked at, so a redirect is no success and nothing follows it.
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

interface Signer {
  readonly webhook: Webhook;
  /** Absent when it is good for ever. */
  readonly until?: Date;
}

function signersOf({ signingSecret, previous }: StreamSecrets): Signer[] {
  const signers: Signer[] = [{ webhook: new Webhook(signingSecret) }];
  if (previous) signers.push({ webhook: new Webhook(previous.signingSecret), until: new Date(previous.until) });
  return signers;
}

class RefusedAddressError extends Error {}

/** Without the address, which tells where a name leads to inside of a network. */
function reasonOf(error: unknown): string {
  if (error instanceof RefusedAddressError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return `The destination cannot be reached: ${code ?? message}`;
}

/**
 * Connects to addresses that the policy allows alone. It looks at the address that is connected to, so that a name that leads
 * elsewhere since it was looked up gains nothing.
 */
function connectorFor(policy: DestinationPolicy, timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, lookup: guardedLookup(policy) });
  return (options, callback) => {
    const host = options.hostname.replaceAll(/^\[|\]$/g, '');
    // An address is not looked up.
    if (isIP(host) !== 0 && !policy.mayConnect(host, host)) {
      callback(new RefusedAddressError('The address of the destination is not public'), null);
      return;
    }
    connect(options, callback);
  };
}

type Found = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

function guardedLookup(policy: DestinationPolicy): LookupFunction {
  // Who asks meanwhile waits for the same answer: the system looks up only a few names at once, also those of others.
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
