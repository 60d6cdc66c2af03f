import { once } from 'node:events';

/**
 * The outcome of the work, unless the signal comes first. The work itself is not ended by it.
 *
 * @throws AbortError as soon as the signal is aborted
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return signal ? Promise.race([work, rejectionBy(signal)]) : work;
}

async function rejectionBy(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  await once(signal, 'abort');
  throw signal.reason;
}
