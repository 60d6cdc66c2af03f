const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C signals npm and the server, and npm forwards its signal, which must not count as a second one. */
const ECHO_MS = 1_000;

/**
 * Returns a signal that the first SIGINT or SIGTERM aborts. A second one ends the process at once, if it is the other
 * signal or comes at least a second later.
 */
export function stopSignal(onSignal?: (signal: NodeJS.Signals) => void): AbortSignal {
  const stop = new AbortController();
  const handle = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) return;
    for (const other of STOP_SIGNALS) if (other !== signal) process.off(other, handle);
    setTimeout(() => process.off(signal, handle), ECHO_MS).unref();
    onSignal?.(signal);
    stop.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, handle);
  return stop.signal;
}
