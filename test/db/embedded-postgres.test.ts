import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';

const MODULE = join(import.meta.dirname, '..', '..', 'src', 'db', 'embedded-postgres.ts');

async function makeDataDir(t: Test): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bridge-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

async function start(t: Test, dataDir: string, durable = false): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, durable });
  t.teardown(() => server.stop());
  return server;
}

/** Another bridge process on the same data: it says its URL and lives until `end` or a signal. */
async function startOther(dataDir: string) {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(MODULE)};
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false });
    console.log(server.url);
    process.stdin.once('end', () => server.stop()).resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = await once(createInterface(child.stdout), 'line');
  const finish = async (signal?: NodeJS.Signals) => {
    const exit = once(child, 'exit');
    if (signal === undefined) child.stdin.end();
    else child.kill(signal);
    await exit;
  };
  return { url: String(url), finish };
}

async function ask(url: string, question = 'select current_database() as name'): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(question)).rows[0];
  } finally {
    await client.end();
  }
}

/** The process id of the server that runs on the data. */
async function readServerPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10);
}

t.test('the first call makes the database, the last stop ends the server', async (t) => {
  const dataDir = await makeDataDir(t);
  const said: string[] = [];
  const first = await startEmbeddedPostgres({ dataDir, durable: false, log: (message) => said.push(message) });
  t.same(said, [`Starting PostgreSQL in ${join(dataDir, 'postgres')}.`]);
  t.same(await ask(first.url), { name: 'bridge' });
  const second = await start(t, dataDir);
  t.equal(second.url, first.url, 'the second joins it');
  await first.stop();
  t.same(await ask(second.url), { name: 'bridge' }, 'it stays for the second, although the first began it');
  await second.stop();
  await t.rejects(ask(first.url), { code: 'ECONNREFUSED' });
  const third = await start(t, dataDir);
  t.equal(third.url, first.url, 'the same connection string, as long as the port is free');
});

t.test('processes that start at the same time share one server', async (t) => {
  const dataDir = await makeDataDir(t);
  const others = await Promise.all([startOther(dataDir), startOther(dataDir), startOther(dataDir)]);
  const urls = new Set(others.map(({ url }) => url));
  t.equal(urls.size, 1);
  await others[0]?.finish();
  await others[1]?.finish();
  t.same(await ask([...urls][0] ?? ''), { name: 'bridge' }, 'it stays for the last');
  await others[2]?.finish();
  await t.rejects(ask([...urls][0] ?? ''), { code: 'ECONNREFUSED' });
});

t.test('a crash of the bridge leaves the server to the next start, which stops it in the end', async (t) => {
  const dataDir = await makeDataDir(t);
  const other = await startOther(dataDir);
  await other.finish('SIGKILL');
  const pid = await readServerPid(dataDir);
  const users = join(dataDir, 'postgres', 'users');
  // What a process with our own id left behind in an earlier life, as happens in containers.
  await writeFile(join(users, `${process.pid}-before`), '');
  const server = await start(t, dataDir);
  t.equal(server.url, other.url);
  t.equal(await readServerPid(dataDir), pid);
  await server.stop();
  await t.rejects(ask(server.url), { code: 'ECONNREFUSED' });
  t.same(await readdir(users), [], 'nobody is remembered for ever');
});

t.test('a server that was killed is started again, and nothing is lost', async (t) => {
  const dataDir = join(await makeDataDir(t), 'new', 'folder');
  const server = await startEmbeddedPostgres({ dataDir });
  t.teardown(() => server.stop());
  await ask(server.url, 'create table kept as select 42 as n');
  const pid = await readServerPid(dataDir);
  process.kill(pid, 'SIGKILL');
  const again = await start(t, dataDir, true);
  t.same(await ask(again.url, 'select n from kept'), { n: 42 });
  t.not(await readServerPid(dataDir), pid);
});

t.test('a data folder that cannot be used is an error with a remedy', async (t) => {
  const file = join(t.testdir({ file: '' }), 'file');
  const error = { name: 'SetupError', code: 'data_dir_unusable', message: new RegExp(file), remedy: /DATA_DIR/ };
  await t.rejects(startEmbeddedPostgres({ dataDir: file }), error);
  await t.rejects(startEmbeddedPostgres({ dataDir: join(file, 'below') }), error);
});

t.test('files of another version are an error with a remedy', async (t) => {
  const dataDir = t.testdir({ postgres: { data: { PG_VERSION: '16\n' } } });
  await t.rejects(startEmbeddedPostgres({ dataDir }), { name: 'SetupError', code: 'database_version' });
});

t.test('a server that does not start is an error that says why', async (t) => {
  const dataDir = await makeDataDir(t);
  await (await start(t, dataDir)).stop();
  await rm(join(dataDir, 'postgres', 'data', 'global', 'pg_control'));
  const error = {
    name: 'SetupError',
    code: 'database_start_failed',
    message: /pg_control|PANIC|FATAL/,
    remedy: /server\.log/,
  };
  await t.rejects(startEmbeddedPostgres({ dataDir, durable: false }), error);
});
