import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
const GIVE_UP_MS = 60_000;

/**
 * Runs `work` while no other process runs under the same lock. A lock whose process is gone is taken over.
 *
 * @param lock path of the lock file, whose folder must exist
 * @param signal ends the wait for the lock
 * @throws Error when another process holds the lock for more than a minute
 * @throws AbortError when the signal ended the wait
 */
export async function withProcessLock<T>(lock: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  while (!(await tryLock(lock))) {
    if (Date.now() > giveUpAt) throw new Error(`${lock} has been held by another process for a minute`);
    await delay(POLL_MS, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  // Linked into place, so that a lock file always has the id of its process.
  const candidate = `${lock}.${randomUUID()}`;
  await writeFile(candidate, String(process.pid));
  try {
    await link(candidate, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (await isOwnerAlive(lock)) return false;
    const removed = `${candidate}.removed`;
    await rename(lock, removed).catch(() => undefined);
    // If another process took the lock over in the meantime, its lock was removed, and is put back.
    if (await isOwnerAlive(removed)) await link(removed, lock).catch(() => undefined);
    await rm(removed, { force: true });
    return false;
  } finally {
    await rm(candidate, { force: true });
  }
}

async function isOwnerAlive(lock: string): Promise<boolean> {
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  return owner > 0 && isProcessAlive(owner);
}

/** Whether a process with this id exists, also of another user. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
