/** What a server may use of a limit, for as long as the minute lasts. */
export interface Lease {
  readonly granted: number;
  /** What is not leased yet. */
  readonly free: number;
  readonly endsInMs: number;
}

/** Where all servers together count what was used of a limit in the minute that began with its first use. */
export interface Leases {
  /** Takes so much of a limit, or what is left of it. */
  lease(key: string, wanted: number, limit: number): Promise<Lease>;
  /** @throws Error while it cannot be reached */
  ping(): Promise<unknown>;
  close(): Promise<unknown>;
}

export const WINDOW_MS = 60_000;
