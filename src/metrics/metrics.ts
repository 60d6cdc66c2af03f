import { channel, type ChannelListener } from 'node:diagnostics_channel';
import type pg from 'pg';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { connectionRefusals } from '../database/domain-errors.js';
import { connectionWaits, type ConnectionWait } from '../database/pool.js';
import { failureOf, statementRuns, type StatementRun } from '../database/statement-channel.js';
import type { EventDispatcher } from '../event-streams/event-dispatcher.js';
import { answeredRequests, type AnsweredRequest } from '../http/access-log.js';
import { decisionsMade, type DecisionMade } from '../login/decision-channel.js';
import { eventLoopRefusals } from '../rate-limit/under-pressure.js';

/** The sources of the gauges. */
export interface Measured {
  readonly pool: pg.Pool;
  readonly events: Pick<EventDispatcher, 'figures'>;
  readonly version: string;
  /** The newest migration of the database. */
  readonly migration: string;
}

export interface Metrics {
  readonly registry: Registry;
  /** Unsubscribes from the diagnostics channels. */
  readonly end: () => void;
}

const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STATEMENT_BUCKETS = [0.00025, 0.0005, ...REQUEST_BUCKETS];

/** The label of requests that no route matches. With their paths, clients could create any number of time series. */
const NO_ROUTE = 'unmatched';
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const OTHER_METHOD = 'OTHER';

/**
 * Creates the metrics of the service. They count messages of Node's diagnostics channels, which belong to the process: two
 * servers in one process count each other's.
 */
export function createMetrics({ pool, events, version, migration }: Measured): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const endings: (() => void)[] = [];
  const on = <Message>({ name }: { readonly name: string | symbol }, count: (message: Message) => void) => {
    const source = channel(name);
    source.subscribe(count as ChannelListener);
    endings.push(() => source.unsubscribe(count as ChannelListener));
  };

  new Gauge({
    name: 'vestibule_build_info',
    help: 'Always 1; the labels say what runs. The migration is the newest that the database had at the start.',
    labelNames: ['version', 'node_version', 'migration'],
    registers,
  }).set({ version, node_version: process.version, migration }, 1);

  new Gauge({
    name: 'vestibule_database_pool_connections',
    help: 'Open connections of the pool, by whether they are in use.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'in_use' }, pool.totalCount - pool.idleCount);
      this.set({ state: 'idle' }, pool.idleCount);
    },
  });
  gauge('vestibule_database_pool_waiting', 'Requests that wait for a connection of the pool.', () => pool.waitingCount);
  gauge(
    'vestibule_database_pool_max_connections',
    'How many connections the pool may open (DATABASE_POOL_SIZE).',
    () => pool.options.max,
  );
  gauge(
    'vestibule_event_lag_seconds',
    'Age of the oldest change that a stream of this server should have sent, except those that are retried later. Grows while a transaction stays open anywhere in the Postgres cluster.',
    () => events.figures.lagMs / 1000,
  );
  gauge('vestibule_event_streams', 'Event streams that this server works on.', () => events.figures.streams);
  gauge(
    'vestibule_event_streams_waiting_organizations',
    'Organizations, and rows of none, of which an event could not be delivered yet, in all streams of this server.',
    () => events.figures.waitingPartitions,
  );

  const requests = new Counter({
    name: 'vestibule_http_requests_total',
    help: 'Answered requests.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const requestDuration = new Histogram({
    name: 'vestibule_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  on<AnsweredRequest>(answeredRequests, ({ request, reply }) => {
    const method = METHODS.has(request.method) ? request.method : OTHER_METHOD;
    const route = (request.is404 ? undefined : request.routeOptions.url) ?? NO_ROUTE;
    requests.inc({ method, route, status: reply.statusCode });
    requestDuration.observe({ method, route }, reply.elapsedTime / 1000);
  });

  const waits = new Histogram({
    name: 'vestibule_database_pool_wait_seconds',
    help: 'Time that transactions and hot writes waited for a connection of the pool, until it was granted or could not be had.',
    labelNames: ['result'],
    buckets: STATEMENT_BUCKETS,
    registers,
  });
  on<ConnectionWait>(connectionWaits, ({ milliseconds, isGranted }) => {
    waits.observe({ result: isGranted ? 'granted' : 'failed' }, milliseconds / 1000);
  });

  const sheds = new Counter({
    name: 'vestibule_shed_total',
    help: 'Requests, and work of background jobs, that were refused because the server was overloaded, by what they would have waited for: a connection of the pool, or the event loop.',
    labelNames: ['awaited'],
    registers,
  });
  for (const [awaited, refusals] of [
    ['connection', connectionRefusals],
    ['event_loop', eventLoopRefusals],
  ] as const) {
    sheds.inc({ awaited }, 0);
    on(refusals, () => sheds.inc({ awaited }));
  }

  const statementDuration = new Histogram({
    name: 'vestibule_database_statement_duration_seconds',
    help: 'Time from asking for a statement to its answer, the wait for a connection included.',
    labelNames: ['name'],
    buckets: STATEMENT_BUCKETS,
    registers,
  });
  const statementFailures = new Counter({
    name: 'vestibule_database_statement_failures_total',
    help: 'Failed statements, by the refusal it became, the SQLSTATE, a code of Prisma, or other.',
    labelNames: ['name', 'reason'],
    registers,
  });
  on<StatementRun>(statementRuns.asyncEnd, ({ name, startedAt, error }) => {
    statementDuration.observe({ name }, (performance.now() - startedAt) / 1000);
    if (error !== undefined) statementFailures.inc({ name, reason: failureOf(error) });
  });

  const decisions = new Counter({
    name: 'vestibule_login_decisions_total',
    help: 'Sign-in decisions; those with dry_run wrote nothing.',
    labelNames: ['decision', 'reason', 'intent', 'dry_run'],
    registers,
  });
  on<DecisionMade>(decisionsMade, ({ decision, reason, intent, dryRun }) => {
    decisions.inc({ decision, reason, intent, dry_run: String(dryRun) });
  });

  return { registry, end: () => endings.forEach((end) => end()) };
}
