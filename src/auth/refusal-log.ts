import type { FastifyInstance } from 'fastify';
import { type DomainError } from '../errors/domain-error.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the caller was not let in. */
    refusal?: string;
  }
}

/** Reasons, and callers, that are counted one by one; the rest is counted together. */
const COUNTED = 1_000;
/** How many of each a line names: those that were seen most. */
const NAMED = 10;
const LONGEST_NAME = 200;

/** The reason as the summary tells it: the code, and for a missing scope which. */
export function refusalOf(error: DomainError): string {
  return error.code === 'scope_insufficient' ? `${error.code}: ${error.detail}` : error.code;
}

/**
 * Logs in one line from time to time how many callers were not let in, why, and who they were. The access log has a
 * line for each of these requests too.
 */
export function registerRefusalLog(fastify: FastifyInstance, intervalMs: number): void {
  fastify.decorateRequest('refusal');
  let reasons = new Counts();
  let callers = new Counts();
  const summarize = () => {
    if (reasons.total === 0) return;
    fastify.log.warn(
      { refused: reasons.total, reasons: reasons.most(), callers: callers.most() },
      'callers were not let in',
    );
    reasons = new Counts();
    callers = new Counts();
  };
  const timer = setInterval(summarize, intervalMs).unref();
  fastify.addHook('onResponse', ({ refusal, caller, ip }, _reply, done) => {
    if (refusal !== undefined) {
      reasons.add(refusal);
      callers.add(caller ?? ip);
    }
    done();
  });
  fastify.addHook('onClose', (_instance, done) => {
    clearInterval(timer);
    summarize();
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
