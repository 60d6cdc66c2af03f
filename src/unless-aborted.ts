import { once } from 'node:events';

/**
 * The outcome of the work, unless the signal comes first. The work itself is not ended by it.
 *
 * @throws AbortError as soon as the signal is aborted
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  // A signal may outlive very many works, and would keep a listener for each.
  const decided = new AbortController();
  try {
    return await Promise.race([work, rejectionBy(signal, decided.signal)]);
  } finally {
    decided.abort();
  }
}

async function rejectionBy(signal: AbortSignal, decided: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  await once(signal, 'abort', { signal: decided });
  throw signal.reason;
}
