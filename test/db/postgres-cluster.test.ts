import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { findPostgresBinaries } from '../../src/db/postgres-binaries.ts';
import {
  openCluster,
  readServerComplaint,
  readServerUrl,
  startServer,
  stopServer,
} from '../../src/db/postgres-cluster.ts';

const BINARIES = findPostgresBinaries();

/** A place for a cluster, in a folder that as root nobody else may enter. */
async function makePlace(t: Test): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'cluster-'));
  t.teardown(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'postgres');
}

async function ask(url: string | null, question: string): Promise<Record<string, unknown>> {
  const client = new pg.Client(url ?? '');
  await client.connect();
  try {
    return (await client.query(question)).rows[0];
  } finally {
    await client.end();
  }
}

t.test('a cluster is made, started, stopped and opened again', async (t) => {
  const folder = await makePlace(t);
  await mkdir(`${folder}.new-dead`); // what a crash left half-made
  const made = await openCluster(folder, BINARIES, true);
  t.teardown(() => stopServer(made));
  t.same(await readdir(join(folder, '..')), ['postgres'], 'nothing half-made stays beside it');
  t.equal((await stat(folder)).mode & 0o777, 0o700);
  t.equal((await stat(join(folder, 'password'))).mode & 0o777, 0o600);
  t.equal(await readServerUrl(made, 'postgres'), null, 'no server, no URL');

  t.equal(await startServer(made), true);
  const url = (await readServerUrl(made, 'postgres')) ?? '';
  t.equal(new URL(url).hostname, '127.0.0.1');
  const settings = `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
    current_setting('data_checksums') as checksums, current_setting('server_encoding') as encoding,
    current_setting('timezone') as zone, current_setting('listen_addresses') as addresses,
    current_setting('unix_socket_directories') as sockets`;
  t.same(await ask(url, settings), {
    fsync: 'on',
    commit: 'on',
    checksums: 'on',
    encoding: 'UTF8',
    zone: 'UTC',
    addresses: '127.0.0.1',
    sockets: '',
  });
  const wrong = Object.assign(new URL(url), { password: 'guess' }).href;
  await t.rejects(ask(wrong, 'select 1'), { code: '28P01' }, 'the password is asked for');
  await t.rejects(ask(url, `select 'a person''s name'::int`));
  t.notMatch(await readFile(join(folder, 'server.log'), 'utf8'), /person/, 'no value gets into the log');

  t.equal(await startServer(made), false, 'it cannot be started twice');
  t.match(await readServerComplaint(made), /postmaster\.pid/);

  await stopServer(made);
  t.equal(await readServerUrl(made, 'postgres'), null);
  const opened = await openCluster(folder, BINARIES, false);
  t.equal(await startServer(opened), true);
  t.equal(await readServerUrl(opened, 'postgres'), url, 'port and password are kept');
  t.match(await ask(url, "select current_setting('fsync') as fsync"), { fsync: 'off' }, 'as asked for');
  await stopServer(opened);

  const taken = createServer().listen(Number(new URL(url).port), '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  t.equal(await startServer(opened), true, 'a taken port is no obstacle');
  t.not(await readServerUrl(opened, 'postgres'), url);
});

t.test('a folder of another major version is left alone', async (t) => {
  const folder = await makePlace(t);
  await mkdir(join(folder, 'data'), { recursive: true });
  await writeFile(join(folder, 'data', 'PG_VERSION'), '17\n');
  const error = {
    name: 'SetupError',
    code: 'database_version',
    message: /PostgreSQL 17.*PostgreSQL 18/,
    remedy: /Dump/,
  };
  await t.rejects(openCluster(folder, BINARIES, true), error);
});

t.test('a folder of somebody else is left alone', async (t) => {
  const folder = await makePlace(t);
  await mkdir(folder);
  await writeFile(join(folder, 'diary'), 'dear diary');
  await t.rejects(openCluster(folder, BINARIES, true), { name: 'SetupError', code: 'database_folder' });
  t.same(await readdir(folder), ['diary']);
});

t.test('a folder that cannot be read is an error', async (t) => {
  const folder = await makePlace(t);
  await mkdir(join(folder, 'data', 'PG_VERSION'), { recursive: true });
  await t.rejects(openCluster(folder, BINARIES, true), { code: 'EISDIR' });
});

t.test('what initdb complains of is passed on', async (t) => {
  const silent = openCluster(await makePlace(t), { ...BINARIES, initdb: '/bin/false' }, false);
  await t.rejects(silent, { name: 'SetupError', code: 'database_init_failed', message: /no reason given/ });
  const folder = await makePlace(t);
  const program = join(folder, '..', 'initdb');
  await writeFile(program, '#!/bin/sh\necho "initdb: error: no room left"; exit 1\n', { mode: 0o755 });
  const failing = openCluster(folder, { ...BINARIES, initdb: program }, true);
  await t.rejects(failing, { code: 'database_init_failed', message: /: no room left$/ });
});

t.test('no log, no complaint', async (t) => {
  const folder = await makePlace(t);
  const cluster = await openCluster(folder, BINARIES, false);
  t.equal(await readServerComplaint(cluster), 'no reason given');
});
