import { channel, type ChannelListener } from 'node:diagnostics_channel';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ChangeFeed } from '../database/change-feed.js';
import { LEASE_MS } from '../database/notifications.js';
import { connectionWaits, type ConnectionWait, type Pool } from '../database/pool.js';
import { failureOf, statementRuns, type StatementRun } from '../database/statement-channel.js';
import { sheds, type Shed } from '../database/waiting-line.js';
import type { EventDispatcher } from '../event-streams/event-dispatcher.js';
import { answeredRequests, type AnsweredRequest } from '../http/access-log.js';
import { decisionsMade, type DecisionMade } from '../login/decision-channel.js';
import type { TermsCache } from '../login/terms-cache.js';

/** What the figures are taken from. */
export interface Measured {
  readonly pool: Pool;
  /** How many requests wait for a connection, or for their caller's share of them. */
  readonly waiting: () => number;
  readonly termsCache: TermsCache;
  readonly feed: ChangeFeed;
  readonly events: Pick<EventDispatcher, 'figures'>;
  readonly version: string;
  /** The newest that the database has. */
  readonly migration: string;
}

export interface Metrics {
  readonly registry: Registry;
  /** Hears of nothing more. */
  readonly end: () => void;
}

const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STATEMENT_BUCKETS = [0.00025, 0.0005, ...REQUEST_BUCKETS];

/** Of a request that no route takes. Its path is anybody's, and would be a time series each. */
const NO_ROUTE = 'unmatched';
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const OTHER_METHOD = 'OTHER';

/**
 * Every metric of the service. What happens is heard over Node's diagnostics channels, which belong to the process: of
 * two servers in one process, each hears of both.
 */
export function createMetrics(measured: Measured): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  describeBuild(registry, measured);
  describePool(registry, measured);
  if (measured.termsCache.isOn) describeTermsCache(registry, measured.termsCache, measured.feed);
  describeEvents(registry, measured.events);
  const endings = [
    countRequests(registry),
    timeConnectionWaits(registry),
    countSheds(registry),
    timeStatements(registry),
    countDecisions(registry),
  ];
  return { registry, end: () => endings.forEach((end) => end()) };
}

function describeBuild(registry: Registry, { version, migration }: Measured): void {
  new Gauge({
    name: 'vestibule_build_info',
    help: 'Always 1; the labels say what runs. The migration is the newest that the database had at the start.',
    labelNames: ['version', 'node_version', 'migration'],
    registers: [registry],
  }).set({ version, node_version: process.version, migration }, 1);
}

function describePool(registry: Registry, { pool, waiting }: Measured): void {
  new Gauge({
    name: 'vestibule_database_pool_connections',
    help: 'Connections of the pool that are open, by whether somebody uses them.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'in_use' }, pool.inUse);
      this.set({ state: 'idle' }, pool.idleCount);
    },
  });
  new Gauge({
    name: 'vestibule_database_pool_waiting',
    help: 'Requests that wait for a connection of the pool, or for their share of it.',
    registers: [registry],
    collect() {
      this.set(waiting());
    },
  });
  new Gauge({
    name: 'vestibule_database_pool_max_connections',
    help: 'How many connections the pool may open (DATABASE_POOL_SIZE).',
    registers: [registry],
  }).set(pool.options.max);
}

function describeTermsCache(registry: Registry, cache: TermsCache, feed: ChangeFeed): void {
  new Counter({
    name: 'vestibule_terms_cache_requests_total',
    help: 'Questions for the terms of an organization: answered from memory (hit), read (miss), or read because memory could not be relied on (bypass).',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      const { hits, misses, bypasses } = cache.figures();
      this.reset();
      this.inc({ result: 'hit' }, hits);
      this.inc({ result: 'miss' }, misses);
      this.inc({ result: 'bypass' }, bypasses);
    },
  });
  const holding = (name: string, help: string, of: 'entries' | 'bytes' | 'maxBytes') =>
    new Gauge({
      name,
      help,
      labelNames: ['kind'],
      registers: [registry],
      collect() {
        const figures = cache.figures();
        for (const kind of ['organizations', 'connections'] as const) this.set({ kind }, figures[kind][of]);
      },
    });
  holding('vestibule_terms_cache_entries', 'Rows that are remembered.', 'entries');
  holding('vestibule_terms_cache_bytes', 'About what they take in memory.', 'bytes');
  holding('vestibule_terms_cache_max_bytes', 'What they may take (TERMS_CACHE_MEGABYTES).', 'maxBytes');

  new Gauge({
    name: 'vestibule_change_feed_listening',
    help: '1 while a connection hears of changes by other processes; at 0 nothing is answered from memory.',
    registers: [registry],
    collect() {
      this.set(feed.unconfirmedMs === undefined ? 0 : 1);
    },
  });
  new Gauge({
    name: 'vestibule_change_feed_current',
    help: '1 while memory may be relied on. 0 as well when nobody has asked for a while: an idle process confirms nothing.',
    registers: [registry],
    collect() {
      this.set((feed.unconfirmedMs ?? Infinity) < LEASE_MS ? 1 : 0);
    },
  });
  new Gauge({
    name: 'vestibule_change_feed_confirmed_age_seconds',
    help: 'How long ago it was last confirmed that every change has been heard; NaN while nothing is heard. Grows while nobody asks.',
    registers: [registry],
    collect() {
      this.set((feed.unconfirmedMs ?? NaN) / 1000);
    },
  });
}

function describeEvents(registry: Registry, events: Measured['events']): void {
  new Gauge({
    name: 'vestibule_event_lag_seconds',
    help: 'How old the oldest change is that a stream of this server should have sent, those that wait to be tried again apart. Grows while a transaction stays open anywhere in the Postgres cluster.',
    registers: [registry],
    collect() {
      this.set(events.figures.lagMs / 1000);
    },
  });
  new Gauge({
    name: 'vestibule_event_streams',
    help: 'Streams of events that this server works on.',
    registers: [registry],
    collect() {
      this.set(events.figures.streams);
    },
  });
  new Gauge({
    name: 'vestibule_event_streams_waiting_organizations',
    help: 'Organizations, and rows of none, of which an event could not be delivered yet, in all streams of this server.',
    registers: [registry],
    collect() {
      this.set(events.figures.waitingPartitions);
    },
  });
}

function countRequests(registry: Registry): () => void {
  const total = new Counter({
    name: 'vestibule_http_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'vestibule_http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: REQUEST_BUCKETS,
    registers: [registry],
  });
  return hear<AnsweredRequest>(answeredRequests.name, ({ request, reply }) => {
    const method = METHODS.has(request.method) ? request.method : OTHER_METHOD;
    const route = (request.is404 ? undefined : request.routeOptions.url) ?? NO_ROUTE;
    total.inc({ method, route, status: reply.statusCode });
    duration.observe({ method, route }, reply.elapsedTime / 1000);
  });
}

function timeConnectionWaits(registry: Registry): () => void {
  const wait = new Histogram({
    name: 'vestibule_database_pool_wait_seconds',
    help: 'From when a connection of the pool was asked for until it was granted or could not be had.',
    labelNames: ['result'],
    buckets: STATEMENT_BUCKETS,
    registers: [registry],
  });
  return hear<ConnectionWait>(connectionWaits.name, ({ milliseconds, isGranted }) => {
    wait.observe({ result: isGranted ? 'granted' : 'failed' }, milliseconds / 1000);
  });
}

function countSheds(registry: Registry): () => void {
  const total = new Counter({
    name: 'vestibule_shed_total',
    help: 'Requests that were refused because the database had no connection for them: what they waited for, and whether they waited too long or the line was full.',
    labelNames: ['awaited', 'reason'],
    registers: [registry],
  });
  for (const awaited of ['connection', 'share', 'transaction'] satisfies Shed['awaited'][]) {
    for (const reason of ['line_full', 'waited_too_long'] satisfies Shed['reason'][]) total.inc({ awaited, reason }, 0);
  }
  return hear<Shed>(sheds.name, ({ awaited, reason }) => total.inc({ awaited, reason }));
}

function timeStatements(registry: Registry): () => void {
  const duration = new Histogram({
    name: 'vestibule_database_statement_duration_seconds',
    help: 'From when a statement was asked for to its answer, waiting for a connection included.',
    labelNames: ['name'],
    buckets: STATEMENT_BUCKETS,
    registers: [registry],
  });
  const failures = new Counter({
    name: 'vestibule_database_statement_failures_total',
    help: 'Statements that failed, by the refusal it became, the SQLSTATE, a code of Prisma, or other.',
    labelNames: ['name', 'reason'],
    registers: [registry],
  });
  return hear<StatementRun>(statementRuns.asyncEnd.name, ({ name, startedAt, error }) => {
    duration.observe({ name }, (performance.now() - startedAt) / 1000);
    if (error !== undefined) failures.inc({ name, reason: failureOf(error) });
  });
}

function countDecisions(registry: Registry): () => void {
  const total = new Counter({
    name: 'vestibule_login_decisions_total',
    help: 'Answers to who may come in; dry_run are those that wrote nothing.',
    labelNames: ['decision', 'reason', 'intent', 'dry_run'],
    registers: [registry],
  });
  return hear<DecisionMade>(decisionsMade.name, ({ decision, reason, intent, dryRun }) => {
    total.inc({ decision, reason, intent, dry_run: String(dryRun) });
  });
}

function hear<Message>(name: string | symbol, listener: (message: Message) => void): () => void {
  const heard = channel(name);
  const onMessage = listener as ChannelListener;
  heard.subscribe(onMessage);
  return () => heard.unsubscribe(onMessage);
}
