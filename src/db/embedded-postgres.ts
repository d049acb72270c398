/** The database of a bridge that was given none: a real PostgreSQL under DATA_DIR, shared by all its processes. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { SetupError } from '../errors.ts';
import { isAlive, withFileLock } from './file-lock.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import {
  type Cluster,
  openCluster,
  readServerComplaint,
  readServerUrl,
  startServer,
  stopServer,
} from './postgres-cluster.ts';

const DATABASE = 'bridge';
/** Recovery after a crash reads the log of everything since the last checkpoint. */
const START_MS = 300_000;
const DISK_ERRORS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST']);

/** The marks of this process among the users of a server. */
const mine = new Set<string>();

export interface EmbeddedPostgresOptions {
  /** The server lives in the folder `postgres` below it. */
  readonly dataDir: string;
  /** Told what takes time, in one plain sentence each. */
  readonly log?: (message: string) => void;
  /** False gives up durability for speed: for tests, whose data nobody misses. */
  readonly durable?: boolean;
}

export interface EmbeddedPostgres {
  /** Connection string, password included: never to be logged. */
  readonly url: string;
  /** Leaves the server; the last of the processes that use it stops it. */
  stop(): Promise<void>;
}

/**
 * Joins the PostgreSQL server under `dataDir`, starting it (and making its files, in about a second) if need be.
 * The server is no child process: it survives a crash of the bridge, and the next call adopts it.
 * @throws SetupError when the folder or the server cannot be used, with what to do about it
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const folder = join(dataDir, 'postgres');
  const lock = join(dataDir, 'postgres.lock');
  const users = join(folder, 'users');
  const user = join(users, `${process.pid}-${randomBytes(4).toString('hex')}`);
  return explainDiskErrors(dataDir, async () => {
    await mkdir(dataDir, { recursive: true });
    const { cluster, url } = await withFileLock(lock, async () => {
      const opened = await openCluster(folder, findPostgresBinaries(), options.durable ?? true);
      const connected = await connect(opened, options.log ?? (() => undefined));
      await mkdir(users, { recursive: true });
      await writeFile(user, '');
      mine.add(user);
      return { cluster: opened, url: connected };
    });
    return {
      url,
      stop: () =>
        withFileLock(lock, async () => {
          mine.delete(user);
          await rm(user, { force: true });
          if (!(await isUsed(users))) await stopServer(cluster);
        }),
    };
  });
}

/** Joins the running server or starts it; only a successful login proves that it is this one. */
async function connect(cluster: Cluster, log: (message: string) => void): Promise<string> {
  const deadline = Date.now() + START_MS;
  let url = await joinServer(cluster);
  if (url === null) log(`Starting PostgreSQL in ${cluster.folder}.`);
  while (url === null) {
    if (!(await startServer(cluster))) {
      const complaint = await readServerComplaint(cluster);
      // It runs but is still recovering from a crash, or somebody took the port just now: both pass.
      if (!/postmaster\.pid|could not (bind|create any)/.test(complaint) || Date.now() > deadline) {
        throw new SetupError({
          code: 'database_start_failed',
          message: `PostgreSQL did not start in ${cluster.folder}: ${complaint}`,
          remedy: 'Read server.log there; check the disk and memory, or set DATABASE_URL to another server.',
        });
      }
      await pause(200);
    }
    url = await joinServer(cluster);
  }
  return url;
}

/** The URL of the running server's database, which is created where it is missing; null when no server answers. */
async function joinServer(cluster: Cluster): Promise<string | null> {
  const connectionString = await readServerUrl(cluster, 'postgres');
  if (connectionString === null) return null;
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // a server that goes away now is found out by the query
  // No answer: the pid file of a server that was killed, or one that is still starting.
  const answers = await createDatabase(client).then(
    () => true,
    () => false,
  );
  await client.end();
  return answers ? readServerUrl(cluster, DATABASE) : null;
}

async function createDatabase(client: pg.Client): Promise<void> {
  await client.connect();
  const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
}

/** True while another living process (or another caller in this one) uses the server; forgets the dead. */
async function isUsed(users: string): Promise<boolean> {
  let used = false;
  for (const name of await readdir(users)) {
    const path = join(users, name);
    if (mine.has(path) || isOther(name)) used = true;
    else await rm(path, { force: true });
  }
  return used;
}

/** A file with our own process id that is not ours was left by a process that had the id before. */
function isOther(name: string): boolean {
  const pid = Number.parseInt(name, 10);
  return pid !== process.pid && isAlive(pid);
}

async function explainDiskErrors<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !DISK_ERRORS.has(code) || error instanceof SetupError) throw error;
    throw new SetupError({
      code: 'data_dir_unusable',
      message: `The database cannot use the folder ${dataDir} (${code}).`,
      remedy:
        'Give the account of the bridge write access to it and room on the disk, or set DATA_DIR or DATABASE_URL.',
    });
  }
}
