const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C sends a signal to npm and to the server, and npm passes its own on: that one is no second signal. */
const ECHO_MS = 1_000;

/**
 * Is aborted by the first SIGINT or SIGTERM. A second signal ends the process at once, as it would without a handler; one
 * of the same kind only when it comes a second later.
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
