import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { isAlive, withFileLock } from '../../src/db/file-lock.ts';

/** The id of a process that has just ended. */
async function findDeadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}

t.test('one at a time, in this process', async (t) => {
  const path = join(t.testdir(), 'lock');
  let inside = 0;
  let most = 0;
  const results = await Promise.all(
    [1, 2, 3, 4].map((n) =>
      withFileLock(path, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await pause(10);
        inside -= 1;
        return n;
      }),
    ),
  );
  t.same(results, [1, 2, 3, 4], 'each returns what its work returned');
  t.equal(most, 1);
  t.same(await readdir(join(path, '..')), [], 'nothing is left behind');
});

t.test('one at a time, between processes', async (t) => {
  const folder = t.testdir({ count: '0' });
  const module = join(import.meta.dirname, '..', '..', 'src', 'db', 'file-lock.ts');
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { setTimeout as pause } from 'node:timers/promises';
    import { withFileLock } from ${JSON.stringify(module)};
    for (let i = 0; i < 10; i += 1) await withFileLock('lock', async () => {
      const n = Number(readFileSync('count', 'utf8'));
      await pause(1);
      writeFileSync('count', String(n + 1));
    });`;
  const exits = [1, 2, 3].map(async () => {
    const [code] = await once(
      spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, stdio: 'inherit' }),
      'exit',
    );
    return code;
  });
  t.same(await Promise.all(exits), [0, 0, 0]);
  t.equal(await readFile(join(folder, 'count'), 'utf8'), '30');
});

t.test('the lock is given back when the work fails', async (t) => {
  const path = join(t.testdir(), 'lock');
  const fails = withFileLock(path, () => Promise.reject(new Error('no luck')));
  await t.rejects(fails, { message: 'no luck' });
  t.equal(await withFileLock(path, async () => 'next'), 'next');
});

t.test('a lock outlives nobody', async (t) => {
  const take = (path: string) => withFileLock(path, async () => 'taken', 0);
  const dead = join(t.testdir({ lock: String(await findDeadPid()) }), 'lock');
  t.equal(await take(dead), 'taken', 'its owner is dead');
  const nameless = join(t.testdir({ lock: '' }), 'lock');
  await t.rejects(take(nameless), { code: 'lock_timeout' }, 'its owner is about to write its name');
  const tenSecondsAgo = Date.now() / 1000 - 10;
  await utimes(nameless, tenSecondsAgo, tenSecondsAgo);
  t.equal(await take(nameless), 'taken', 'its owner died before it could');
  const recycled = join(t.testdir({ lock: String(process.pid) }), 'lock');
  t.equal(await take(recycled), 'taken', 'its owner had our process id before us');
  const old = join(t.testdir({ lock: String(process.ppid) }), 'lock');
  await utimes(old, 0, 0);
  t.equal(await take(old), 'taken', 'its owner cannot have held it this long');
});

t.test('a lock that is not given back in time is an error that names the file', async (t) => {
  const path = join(t.testdir({ lock: String(process.ppid) }), 'lock');
  const error = { name: 'SetupError', code: 'lock_timeout', message: new RegExp(path), remedy: /delete that file/ };
  await t.rejects(
    withFileLock(path, async () => 'never', 50),
    error,
  );
});

t.test('a folder that cannot hold the lock is an error', async (t) => {
  const missing = join(t.testdir(), 'missing', 'lock');
  await t.rejects(
    withFileLock(missing, async () => 'never'),
    { code: 'ENOENT' },
  );
});

t.test('what is no lock is left alone', async (t) => {
  const path = join(t.testdir({ lock: { precious: 'data' } }), 'lock');
  await t.rejects(
    withFileLock(path, async () => 'never', 0),
    { code: 'lock_timeout' },
  );
  t.same(await readdir(path), ['precious']);
});

t.test('alive is whoever runs, under any account', async (t) => {
  t.equal(isAlive(process.pid), true);
  t.equal(isAlive(1), true);
  t.equal(isAlive(await findDeadPid()), false);
});
