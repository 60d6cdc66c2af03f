/** The part of a limit that a server may use until the minute ends. */
export interface Lease {
  readonly granted: number;
  /** The part of the limit that no server has leased. */
  readonly free: number;
  readonly endsInMs: number;
}

/** Counts the use of limits across all servers, for a minute from the first use. */
export interface Leases {
  /** Leases the wanted amount, or what is left of the limit. */
  lease(key: string, wanted: number, limit: number): Promise<Lease>;
  ping(): Promise<unknown>;
  close(): Promise<unknown>;
}

export const WINDOW_MS = 60_000;
