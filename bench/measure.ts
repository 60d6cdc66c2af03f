import autocannon from 'autocannon';
import { OPERATIONS, type Operation } from './operations.js';
import { removeLeftovers } from './seed.js';
import type { ServerProcess } from './server-process.js';

const CLIENTS = 16;
const WARM_UP_SECONDS = 3;

/** A server and what it serves. */
export interface Subject {
  readonly server: ServerProcess;
  readonly databaseUrl: string;
  readonly organizations: number;
  readonly token: string;
}

export interface Sample {
  requestsPerSecond: number;
  p50: number;
  p99: number;
  /** Of the server's process, not of Postgres. */
  cpuMicrosecondsPerRequest: number;
  residentMegabytes: number;
}

export interface Comparison {
  operation: string;
  target: number;
  subject: string;
  reference: string;
  /** Medians of the rounds. */
  of: { subject: Sample; reference: Sample };
  /** Requests a second, subject to reference: the median of the rounds' own ratios. */
  ratio: number;
}

export interface Rounds {
  readonly count: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** Alternates both (A B A B), so that a change of the machine's speed affects both. */
export async function compare(
  operation: Operation,
  subject: Subject,
  reference: Subject,
  { count, seconds, say }: Rounds,
): Promise<Comparison> {
  const referenceOperation = OPERATIONS.find(({ name }) => name === operation.reference?.operation) ?? operation;
  say(`${operation.name}: warming up`);
  await load(operation, subject, WARM_UP_SECONDS);
  await load(referenceOperation, reference, WARM_UP_SECONDS);
  const pairs: { subject: Sample; reference: Sample }[] = [];
  for (let round = 1; round <= count; round++) {
    const pair = {
      subject: await load(operation, subject, seconds),
      reference: await load(referenceOperation, reference, seconds),
    };
    pairs.push(pair);
    say(`${operation.name}: round ${round} of ${count}, ratio ${ratioOf(pair).toFixed(2)}`);
  }
  return {
    operation: operation.name,
    target: operation.target,
    subject: subject.server.name,
    reference: operation.reference ? `${reference.server.name}: ${referenceOperation.name}` : reference.server.name,
    of: {
      subject: medianSample(pairs.map((pair) => pair.subject)),
      reference: medianSample(pairs.map((pair) => pair.reference)),
    },
    ratio: median(pairs.map(ratioOf)),
  };
}

const ratioOf = (pair: { subject: Sample; reference: Sample }) =>
  pair.subject.requestsPerSecond / pair.reference.requestsPerSecond;

/** One round. An answer that is not 2xx, or an error, ends the benchmark: it would measure something else. */
export async function load(operation: Operation, subject: Subject, seconds: number): Promise<Sample> {
  const { server, token, organizations, databaseUrl } = subject;
  const cpuBefore = server.cpuMicroseconds();
  const result = await autocannon({
    url: server.url,
    connections: CLIENTS,
    duration: seconds,
    headers: { authorization: `Bearer ${token}` },
    requests: operation.requests(organizations),
  });
  const cpuUsed = server.cpuMicroseconds() - cpuBefore;
  if (operation.leavesRows) await removeLeftovers(databaseUrl);
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${operation.name} on ${server.name}: ${result.non2xx} answers not 2xx, ${result.errors} errors`);
  }
  return {
    requestsPerSecond: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpuMicrosecondsPerRequest: cpuUsed / result.requests.total,
    residentMegabytes: server.residentMegabytes(),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function medianSample(samples: readonly Sample[]): Sample {
  const of = (pick: (sample: Sample) => number) => median(samples.map(pick));
  return {
    requestsPerSecond: of((sample) => sample.requestsPerSecond),
    p50: of((sample) => sample.p50),
    p99: of((sample) => sample.p99),
    cpuMicrosecondsPerRequest: of((sample) => sample.cpuMicrosecondsPerRequest),
    residentMegabytes: of((sample) => sample.residentMegabytes),
  };
}
