import { once } from 'node:events';

/**
 * Waits for the work until the signal is aborted, which does not stop the work.
 *
 * @throws AbortError as soon as the signal is aborted
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  // Removes the listener, because a signal may live much longer than the work.
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
