import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { chooseServerAccount } from '../../src/db/server-account.ts';

/** Ours where we are an ordinary user; nobody's where we are root: an account that this process can become. */
async function findOwner(): Promise<{ uid: number; gid: number }> {
  const { uid, gid } = await stat(import.meta.filename);
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : { uid, gid };
}

t.test('an ordinary user runs the server itself', async (t) => {
  const account = await chooseServerAccount(['/bin/sh', '/'], { uid: 1234, gid: 1234 }, 1234);
  t.same(account.owner, { uid: 1234, gid: 1234 });
  t.same(await account.run('/bin/sh', ['-c', 'echo out; echo err >&2']), { ok: true, output: 'out\nerr' });
  t.match(await account.run('/bin/sh', ['-c', 'echo why >&2; exit 3']), { ok: false, output: 'why' });
  t.match(await account.run('/no/such/program', []), { ok: false });
});

t.test('the server sees nothing of our environment', async (t) => {
  process.env.ODOO_API_KEY = 'secret';
  const account = await chooseServerAccount(['/bin/sh'], await findOwner(), 1234);
  const { output } = await account.run('/usr/bin/env', []);
  t.match(output, /^TZ=UTC$/m);
  t.notMatch(output, 'secret');
});

t.test('root runs the server as the owner of its files', async (t) => {
  const owner = await findOwner();
  const account = await chooseServerAccount(['/bin/sh', '/'], owner, 0);
  t.equal((await account.run('/usr/bin/id', ['-u'])).output, String(owner.uid));
});

t.test('files of root become files of nobody', async (t) => {
  const { owner } = await chooseServerAccount(['/bin/sh'], { uid: 0, gid: 0 }, 1234);
  t.same(owner, { uid: 65534, gid: 65534 });
});

t.test('a path that cannot be reached in any way is an error that names it', async (t) => {
  const missing = join(tmpdir(), 'no-such-folder');
  await t.rejects(chooseServerAccount([missing], await findOwner(), 0), {
    name: 'SetupError',
    code: 'database_unreachable',
    message: new RegExp(missing),
    remedy: /DATABASE_URL/,
  });
});

if (process.getuid?.() === 0) {
  t.test('as root', async (t) => {
    const secret = await mkdtemp(join(tmpdir(), 'only-root-'));
    t.teardown(() => rm(secret, { recursive: true }));

    t.test('the server passes through a folder that only root may enter, with that one capability', async (t) => {
      const account = await chooseServerAccount([secret], await findOwner());
      t.equal((await account.run('/usr/bin/id', ['-u'])).output, '65534');
      const { output } = await account.run('/bin/grep', ['^CapEff', '/proc/self/status']);
      t.match(output, /^CapEff:\s+0*2$/, 'CAP_DAC_OVERRIDE and no other');
    });

    t.test('it gets no capability where it needs none', async (t) => {
      const account = await chooseServerAccount(['/bin/sh'], await findOwner());
      t.match((await account.run('/bin/grep', ['^CapEff', '/proc/self/status'])).output, /^CapEff:\s+0+$/);
    });
  });
}
