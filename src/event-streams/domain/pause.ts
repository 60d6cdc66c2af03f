const GROWTH = 2;
const LONGEST_MS = 3_600_000;

/** Whether an attempt is due. A time further ahead than the longest pause means that the clock was set back. */
export function isDue(nextAttemptAt: Date, now = Date.now()): boolean {
  const milliseconds = nextAttemptAt.getTime() - now;
  return milliseconds <= 0 || milliseconds > LONGEST_MS;
}

/**
 * The delay after this many failures in a row, in milliseconds: exponential up to an hour, minus a random part of up to
 * one half, so that the retries of a destination do not come all at once.
 *
 * @param first the delay after the first failure
 */
export function pauseAfter(failures: number, first: number, random = Math.random()): number {
  const longest = Math.min(LONGEST_MS, first * GROWTH ** (failures - 1));
  return Math.round(longest * (1 - random / 2));
}
