import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 10_000;
/** The pause between two attempts. */
const PAUSE_MS = 20;

/** Runs work with `performance.now()` and `Date.now()` set forward. */
export async function later<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const clocks = [performance, Date] as { now: () => number }[];
  const restore = clocks.map((clock) => {
    const now = clock.now.bind(clock);
    clock.now = () => now() + milliseconds;
    return () => (clock.now = now);
  });
  try {
    return await work();
  } finally {
    restore.forEach((undo) => undo());
  }
}

/** Polls until the answer is as expected. Fails at the deadline, with the last answer. */
export async function eventually<T>(
  ask: () => Promise<T>,
  awaited: (answer: T) => boolean,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  for (const giveUpAt = Date.now() + deadlineMs; ;) {
    const answer = await ask();
    if (awaited(answer)) return answer;
    if (Date.now() > giveUpAt) throw new Error(`Still not what was awaited: ${JSON.stringify(answer)}`);
    await delay(PAUSE_MS);
  }
}
