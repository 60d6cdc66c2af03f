const GROWTH = 2;
const LONGEST_MS = 3_600_000;

/** Whether it is time. A time that no pause reaches is one of a clock that has been set back since. */
export function isDue(nextAttemptAt: Date, now = Date.now()): boolean {
  const milliseconds = nextAttemptAt.getTime() - now;
  return milliseconds <= 0 || milliseconds > LONGEST_MS;
}

/**
 * How long to wait after so many failures in a row, in milliseconds: twice as long each time up to an hour, less up to a
 * half by chance, so that not all of a destination's events come back at once.
 *
 * @param first the wait after the first failure
 */
export function pauseAfter(failures: number, first: number, random = Math.random()): number {
  const longest = Math.min(LONGEST_MS, first * GROWTH ** (failures - 1));
  return Math.round(longest * (1 - random / 2));
}
