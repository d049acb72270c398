/** A disk of a few megabytes for the tables of a test's own PostgreSQL, which can be filled to the last byte. */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Test {
  teardown(work: () => Promise<void>): unknown;
}

export interface SmallDisk {
  /** Where the tables go; it belongs to the server's account. */
  readonly folder: string;
  /** Until not one byte more can be written. */
  fill(): Promise<void>;
  /** Takes away what filled it. */
  free(): Promise<void>;
}

/** @returns null where nobody may mount one: not root, or a container without the right to */
export async function mountSmallDisk(t: Test, megabytes: number, owner: number): Promise<SmallDisk | null> {
  const root = await mkdtemp(join(tmpdir(), 'small-disk-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', root]);
  } catch {
    return null;
  }
  t.teardown(async () => void (await run('umount', ['--lazy', root])));
  await chmod(root, 0o755);
  const folder = join(root, 'tables');
  const filler = join(root, 'filler');
  await mkdir(folder, { mode: 0o700 });
  await chown(folder, owner, owner);
  return {
    folder,
    async fill() {
      const file = await open(filler, 'a');
      try {
        for (let size = 1_048_576; size >= 1; size /= 2) while (await fits(file, Buffer.alloc(size)));
      } finally {
        await file.close();
      }
    },
    free: () => rm(filler),
  };
}

async function fits(file: Awaited<ReturnType<typeof open>>, bytes: Buffer): Promise<boolean> {
  try {
    return (await file.write(bytes)).bytesWritten === bytes.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
