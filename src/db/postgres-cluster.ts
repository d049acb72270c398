/** One PostgreSQL cluster in a folder: made, started and stopped with the server's own programs. */
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { SetupError } from '../errors.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { chooseServerAccount, type ServerAccount } from './server-account.ts';

/** The major version of the server that package.json pins. */
const MAJOR = '18';

/** No socket file, no TCP but to this machine, and no record's values in the server's log. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_error_verbosity: 'terse',
  log_min_messages: 'log', // the text of an error quotes values
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

/** Several times faster, and lost when the machine goes down. */
const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export interface Cluster {
  /** The folder of this cluster: `data`, `password`, `port`, `server.log`. */
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  readonly account: ServerAccount;
  readonly password: string;
  readonly durable: boolean;
}

/**
 * Opens the cluster in `folder`, making it first where there is none. A crash while it is made leaves nothing
 * half-made behind: it grows beside its place and is moved there when it is whole.
 * @throws SetupError when the folder cannot be used, with what to do about it
 */
export async function openCluster(folder: string, binaries: PostgresBinaries, durable: boolean): Promise<Cluster> {
  const version = await readIfPresent(join(folder, 'data', 'PG_VERSION'));
  if (version === null) return createCluster(folder, binaries, durable);
  if (version.trim() !== MAJOR) {
    throw new SetupError({
      code: 'database_version',
      message: `${folder} was made by PostgreSQL ${version.trim()}, but this is PostgreSQL ${MAJOR}.`,
      remedy: `Dump it with that version and restore it into this one, or move ${folder} away to start empty.`,
    });
  }
  const account = await chooseServerAccount([binaries.pgCtl, folder], await stat(folder));
  return { folder, binaries, account, password: await readFile(join(folder, 'password'), 'utf8'), durable };
}

async function createCluster(folder: string, binaries: PostgresBinaries, durable: boolean): Promise<Cluster> {
  if ((await readdir(folder).catch(() => [])).length > 0) {
    throw new SetupError({
      code: 'database_folder',
      message: `${folder} is not empty, but there is no database in it.`,
      remedy: `Move ${folder} away, or set DATA_DIR to another folder.`,
    });
  }
  const parent = dirname(folder);
  const unfinished = `${basename(folder)}.new-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(unfinished)) await rm(join(parent, name), { recursive: true });
  }
  const growing = join(parent, unfinished + randomBytes(4).toString('hex'));
  await mkdir(growing, { mode: 0o700 });
  const account = await chooseServerAccount([binaries.initdb, parent], await stat(growing));
  const password = randomBytes(24).toString('base64url');
  const passwordFile = join(growing, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveAway(account, growing, passwordFile);
  const args = ['--pgdata', join(growing, 'data'), '--username', 'bridge', '--pwfile', passwordFile];
  args.push('--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale');
  if (!durable) args.push('--no-sync');
  const made = await account.run(binaries.initdb, args);
  if (!made.ok) {
    throw new SetupError({
      code: 'database_init_failed',
      message: `PostgreSQL could not make its files in ${parent}: ${lastLine(made.output)}`,
      remedy: 'Check that the disk has room and is writable, or set DATA_DIR to another folder.',
    });
  }
  await rename(growing, folder);
  return { folder, binaries, account, password, durable };
}

async function giveAway({ owner }: ServerAccount, ...paths: string[]): Promise<void> {
  for (const path of paths) await chown(path, owner.uid, owner.gid);
}

/**
 * Starts the server, on the port it had before if that is still free, so that connection strings stay valid.
 * It is no child of ours: a crash of the bridge leaves it running for the next start to find.
 * @returns whether it was this call that started it; false when it failed, say because it runs already
 */
export async function startServer(cluster: Cluster): Promise<boolean> {
  const { folder, binaries, account, durable } = cluster;
  const kept = Number(await readIfPresent(join(folder, 'port')));
  const port = (await findFreePort(kept)) ?? (await findFreePort(0));
  const log = join(folder, 'server.log');
  await writeFile(log, '', { mode: 0o600 });
  await giveAway(account, log);
  const settings = { ...SETTINGS, ...(durable ? {} : FORGETFUL), port };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const args = ['start', '--pgdata', join(folder, 'data'), '--log', log, '--wait', '--timeout', '300'];
  const started = await account.run(binaries.pgCtl, [...args, '--silent', '--options', options.join(' ')]);
  if (!started.ok) return false;
  await writeFile(join(folder, 'port'), String(port), { mode: 0o600 });
  return true;
}

export async function stopServer({ folder, binaries, account }: Cluster): Promise<void> {
  await account.run(binaries.pgCtl, ['stop', '--pgdata', join(folder, 'data'), '--mode', 'fast', '--wait', '--silent']);
}

/** The connection string of the server that runs in the folder, as its own pid file says; null when none does. */
export async function readServerUrl({ folder, password }: Cluster, database: string): Promise<string | null> {
  const lines = (await readIfPresent(join(folder, 'data', 'postmaster.pid')))?.split('\n');
  const port = Number(lines?.[3]);
  return port > 0 ? `postgresql://bridge:${password}@127.0.0.1:${port}/${database}` : null;
}

/** The end of the server's log: why it did not start. */
export async function readServerComplaint({ folder }: Cluster): Promise<string> {
  return lastLine((await readIfPresent(join(folder, 'server.log'))) ?? '');
}

async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The last line that says what went wrong, without its time and process id. */
function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const complaint = lines.findLast((line) => /(error|FATAL|PANIC):/.test(line)) ?? lines.at(-1) ?? 'no reason given';
  return complaint.replace(/^.*?(error|FATAL|PANIC):\s+/, '');
}

/** This port, or any for 0, if nobody listens on it. */
function findFreePort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen(port, '127.0.0.1', () => {
      const found = (probe.address() as AddressInfo).port;
      probe.close(() => resolve(found));
    });
  });
}
