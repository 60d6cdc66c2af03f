import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type DomainError } from '../errors/domain-error.js';

declare module 'fastify' {
  interface FastifyInstance {
    refusalLog: RefusalLog;
  }
}

/** The most reasons, and callers, that are counted separately; the others are counted together. */
const COUNTED = 1_000;
/** How many reasons and callers a log line lists: the most frequent ones. */
const NAMED = 10;
const LONGEST_NAME = 200;

/** The reason in the summary: the error code, and the name of a missing scope. */
export function refusalOf(error: DomainError): string {
  return error.code === 'scope_insufficient' ? `${error.code}: ${error.detail}` : error.code;
}

/**
 * Counts requests that authentication refused, and logs a summary at an interval: their number, reasons and callers.
 * The access log still has a line for each request.
 */
class RefusalLog {
  private reasons = new Counts();
  private callers = new Counts();

  constructor(private readonly fastify: FastifyInstance) {}

  add(reason: string, { caller, ip }: FastifyRequest): void {
    this.reasons.add(reason);
    // A client that has hung up has no address any more, whatever Fastify's types say.
    this.callers.add(caller ?? ip ?? 'unknown');
  }

  summarize(): void {
    const [reasons, callers] = [this.reasons, this.callers];
    if (reasons.total === 0) return;
    this.fastify.log.warn(
      { refused: reasons.total, reasons: reasons.most(), callers: callers.most() },
      'callers were not let in',
    );
    this.reasons = new Counts();
    this.callers = new Counts();
  }
}

export function registerRefusalLog(fastify: FastifyInstance, intervalMs: number): void {
  const log = new RefusalLog(fastify);
  fastify.decorate('refusalLog', log);
  const timer = setInterval(() => log.summarize(), intervalMs).unref();
  fastify.addHook('onClose', (_instance, done) => {
    clearInterval(timer);
    log.summarize();
    done();
  });
}

/** How often each of a bounded number of names was seen. */
class Counts {
  total = 0;
  private readonly counts = new Map<string, number>();

  add(name: string): void {
    this.total++;
    const short = name.slice(0, LONGEST_NAME);
    const count = this.counts.get(short);
    if (count !== undefined || this.counts.size < COUNTED) this.counts.set(short, (count ?? 0) + 1);
  }

  most(): Record<string, number> {
    const named = [...this.counts].sort(([, a], [, b]) => b - a).slice(0, NAMED);
    const others = this.total - named.reduce((sum, [, count]) => sum + count, 0);
    return Object.fromEntries(others === 0 ? named : [...named, ['(others)', others]]);
  }
}
