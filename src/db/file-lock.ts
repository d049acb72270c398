/** A lock between processes of one machine: a file that names its owner and outlives no one. */
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { SetupError } from '../errors.ts';

const RETRY_MS = 25;
/** Nothing that is done under the lock takes this long, so an older lock belongs to a recycled process id. */
const STALE_MS = 300_000;
/** A lock names its owner right after it was made: one that does not was left by a process that died in between. */
const NAMELESS_MS = 5_000;

/** Files this process holds, by name: after a container restart a dead owner may carry our own process id. */
const held = new Set<string>();

/**
 * Runs `work` while no other process (and no other call in this one) runs under the same path.
 * @param waitMs how long to wait for the present owner
 * @throws SetupError `lock_timeout` when the owner does not finish in time
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, waitMs = 120_000): Promise<T> {
  const deadline = Date.now() + waitMs;
  while (!(await takeLock(path))) {
    if (await isStale(path)) {
      await removeStale(path);
    } else if (Date.now() > deadline) {
      throw new SetupError({
        code: 'lock_timeout',
        message: `Another process has been holding ${path} for too long.`,
        remedy: 'End the other bridge process, or delete that file if there is none.',
      });
    } else {
      await pause(RETRY_MS);
    }
  }
  held.add(path);
  try {
    return await work();
  } finally {
    held.delete(path);
    await rm(path, { force: true });
  }
}

/** True when a process with this id runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const owner = await readFile(path, 'utf8');
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    if (owner === '') return ageMs > NAMELESS_MS;
    if (Number(owner) === process.pid) return !held.has(path);
    return !isAlive(Number(owner)) || ageMs > STALE_MS;
  } catch {
    return false; // released in the meantime: the next round takes it
  }
}

/** Moves the lock aside before deleting it, so that of several finders only one deletes it. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}
