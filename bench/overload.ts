import autocannon from 'autocannon';
import { median, type Rounds, type Subject } from './measure.js';
import { OPERATIONS } from './operations.js';

/** The number of clients with the best throughput, and ten and fifty times as many. */
const CLIENTS = [16, 160, 800] as const;
const WARM_UP_SECONDS = 3;

interface Sample {
  /** Requests a second that were answered with 2xx. */
  readonly accepted: number;
  /** The share of requests that were refused with 503. */
  readonly refused: number;
  readonly p99: number;
}

/** Measures the throughput of an operation with more clients than the server can serve, alternating the numbers. */
export async function overload(subject: Subject, { count, seconds, say }: Rounds): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const operation of OPERATIONS.filter(({ name }) => name === 'PATCH one')) {
    const ask = async (clients: number, duration: number): Promise<Sample> => {
      const { server, token, organizations } = subject;
      const result = await autocannon({
        url: server.url,
        connections: clients,
        duration,
        headers: { authorization: `Bearer ${token}` },
        requests: operation.requests(organizations),
      });
      const refused = result.statusCodeStats?.['503']?.count ?? 0;
      if (result.errors > 0 || result.non2xx > refused) throw new Error(`${operation.name}: other failures than 503`);
      return {
        accepted: result['2xx'] / result.duration,
        refused: refused / result.requests.total,
        p99: result.latency.p99,
      };
    };
    await ask(CLIENTS[0], WARM_UP_SECONDS);
    const rounds: Sample[][] = [];
    for (let round = 1; round <= count; round++) {
      const samples: Sample[] = [];
      for (const clients of CLIENTS) samples.push(await ask(clients, seconds));
      rounds.push(samples);
      say(`${operation.name}, overload: round ${round} of ${count}: ${samples.map(inWords).join(', ')}`);
    }
    CLIENTS.forEach((clients, at) => {
      const of = (pick: (sample: Sample, best: Sample) => number) =>
        median(rounds.map((samples) => pick(samples[at]!, samples[0]!)));
      const name = `${operation.name}, ${clients} clients`;
      figures[`${name}: accepted a second`] = of(({ accepted }) => accepted);
      figures[`${name}: ratio to ${CLIENTS[0]} clients`] = of(({ accepted }, best) => accepted / best.accepted);
      figures[`${name}: part refused`] = of(({ refused }) => refused);
      figures[`${name}: p99 ms`] = of(({ p99 }) => p99);
    });
  }
  return figures;
}

const inWords = ({ accepted, refused, p99 }: Sample) =>
  `${accepted.toFixed(0)}/s, ${(refused * 100).toFixed(0)} % refused, p99 ${p99} ms`;
