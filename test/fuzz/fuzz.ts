import { CONNECTIONS, seed as fillDatabase, USERS } from '../../bench/seed.js';
import { faultOf } from './judge.js';
import { requestOf, type FuzzRequest, type World } from './requests.js';
import { Target } from './target.js';
import { Wire, type WireAnswer } from './wire.js';

export interface FuzzOptions {
  /** Migrated, and else empty. */
  readonly databaseUrl: string;
  readonly env: Record<string, string>;
  readonly organizations: number;
  readonly seed: number;
  readonly requests: number;
  readonly clients: number;
  /** This one alone. */
  readonly only?: number;
  /** Folder for snapshots of the heap, at each report and at the end. */
  readonly snapshots?: string;
  readonly say: (line: string) => void;
}

export interface FuzzReport {
  /** The failures, each with the request that repeats it. */
  readonly faults: string[];
  readonly answers: Map<number, number>;
  /** Megabytes, settled: when a tenth was sent, and at the end. */
  readonly early?: Memory;
  readonly late: Memory;
  readonly seconds: number;
}

export type Memory = Readonly<Record<'rss' | 'heapTotal' | 'heapUsed' | 'external' | 'arrayBuffers', number>>;

const REPORTS = 10;
/** More say nothing new. */
const MAX_FAULTS = 50;

/** Sends the requests of a seed to a server of its own. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { databaseUrl, env, organizations, only, requests, say } = options;
  await fillDatabase(databaseUrl, organizations);
  const target = await Target.start({ DATABASE_URL: databaseUrl, ...env });
  const world: World = { token: target.token, organizations, connections: CONNECTIONS, users: USERS };
  const report = { faults: [] as string[], answers: new Map<number, number>() };
  const startedAt = performance.now();
  const memory = async (name: string) =>
    inMegabytes(await target.memory(true, options.snapshots && `${options.snapshots}/${name}.heapsnapshot`));
  try {
    if (only !== undefined) {
      await new Client(options, target, world, report).send(only, say);
    } else {
      let early: Memory | undefined;
      for (let part = 0; part < REPORTS; part++) {
        const [from, to] = [part, part + 1].map((at) => Math.round((at * requests) / REPORTS)) as [number, number];
        await sendAll(options, target, world, report, from, to);
        if (part === 0) early = await memory('early');
        const now = part === 0 ? early! : inMegabytes(await target.memory());
        say(`${to} requests, ${report.faults.length} faults, ${inWords(now)}`);
        if (report.faults.length >= MAX_FAULTS || target.hasEnded) break;
      }
      const late = await memory('late');
      return { ...report, early, late, seconds: (performance.now() - startedAt) / 1000 };
    }
    return { ...report, late: await memory('late'), seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    await target.stop();
  }
}

type Report = Pick<FuzzReport, 'faults' | 'answers'>;

async function sendAll(options: FuzzOptions, target: Target, world: World, report: Report, from: number, to: number) {
  let next = from;
  const run = async () => {
    const client = new Client(options, target, world, report);
    while (next < to && report.faults.length < MAX_FAULTS && !target.hasEnded) await client.send(next++);
    client.close();
  };
  await Promise.all(Array.from({ length: options.clients }, run));
}

class Client {
  private readonly wire: Wire;

  constructor(
    private readonly options: FuzzOptions,
    target: Target,
    private readonly world: World,
    private readonly report: Report,
  ) {
    this.wire = new Wire(target.port);
  }

  async send(number: number, show: (line: string) => void = () => undefined): Promise<void> {
    const { seed, say } = this.options;
    const request = requestOf(seed, number, this.world);
    show(request.bytes.toString('latin1').replaceAll(this.world.token, 'TOKEN'));
    const faults: string[] = [];
    try {
      for (const answer of await this.ask(request)) {
        show(`${answer.status} ${answer.text}`);
        this.report.answers.set(answer.status, (this.report.answers.get(answer.status) ?? 0) + 1);
        const fault = faultOf(request, answer);
        if (fault !== undefined) faults.push(`${fault}: ${answer.text.slice(0, 500)}`);
      }
    } catch (error) {
      faults.push((error as Error).message);
    }
    for (const fault of faults) {
      const line = `--seed ${seed} --only ${number}: ${request.method} ${request.target.slice(0, 200)}: ${fault}`;
      this.report.faults.push(line);
      say(line);
    }
  }

  close(): void {
    this.wire.close();
  }

  private async ask({ bytes, method, isBroken }: FuzzRequest): Promise<WireAnswer[]> {
    return isBroken ? this.wire.provoke(bytes, method) : [await this.wire.ask(bytes, method)];
  }
}

function inMegabytes(usage: NodeJS.MemoryUsage): Memory {
  const mega = (bytes: number) => Math.round(bytes / 1024 / 1024);
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = usage;
  return {
    rss: mega(rss),
    heapTotal: mega(heapTotal),
    heapUsed: mega(heapUsed),
    external: mega(external),
    arrayBuffers: mega(arrayBuffers),
  };
}

export const inWords = (memory: Memory) =>
  Object.entries(memory)
    .map(([name, megabytes]) => `${name} ${megabytes} MB`)
    .join(', ');
