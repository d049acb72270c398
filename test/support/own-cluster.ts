/** A PostgreSQL server of a test's own, which it may stop, start and fill: nobody else notices. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgresBinaries } from '../../src/db/postgres-binaries.ts';
import { openCluster, readServerUrl, startServer } from '../../src/db/postgres-cluster.ts';
import type { ServerAccount } from '../../src/db/server-account.ts';

interface Test {
  teardown(work: () => Promise<void>): unknown;
}

/** `fast` undoes what is under way and ends in order; `immediate` is a crash: the next start recovers. */
export type ShutdownMode = 'fast' | 'immediate';

export interface OwnCluster {
  /** Of an empty database `bridge`; it stays the same over restarts. */
  readonly url: string;
  /** The account that its files belong to. */
  readonly owner: number;
  /** Resolves when it accepts connections. @param fileMegabytes no file of it may grow larger */
  start(fileMegabytes?: number): Promise<void>;
  stop(mode: ShutdownMode): Promise<void>;
  /** As a superuser, on a connection of its own. */
  query(statement: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** Durable, as in production: what it has committed survives any shutdown. @param settings of postgresql.conf */
export async function startOwnCluster(t: Test, settings: Readonly<Record<string, string>> = {}): Promise<OwnCluster> {
  const parent = await mkdtemp(join(tmpdir(), 'cluster-'));
  t.teardown(() => rm(parent, { recursive: true, force: true }));
  const cluster = await openCluster(join(parent, 'postgres'), findPostgresBinaries(), true);

  async function start(fileMegabytes?: number): Promise<void> {
    const limited =
      fileMegabytes === undefined ? cluster : { ...cluster, account: limitFiles(cluster.account, fileMegabytes) };
    if (!(await startServer(limited))) throw new Error('the PostgreSQL of the test does not start');
  }
  async function stop(mode: ShutdownMode): Promise<void> {
    const args = ['stop', '--pgdata', join(cluster.folder, 'data'), '--mode', mode, '--wait', '--silent'];
    const { ok, output } = await cluster.account.run(cluster.binaries.pgCtl, args);
    if (!ok) throw new Error(`the PostgreSQL of the test does not stop: ${output}`);
  }
  async function urlOf(database: string): Promise<string> {
    const url = await readServerUrl(cluster, database);
    if (url === null) throw new Error('the PostgreSQL of the test does not run');
    return url;
  }
  async function query(statement: string, values: readonly unknown[] = []) {
    const client = new pg.Client(await urlOf('postgres'));
    await client.connect();
    try {
      return (await client.query(statement, [...values])).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  await start();
  t.teardown(async () => {
    if ((await readServerUrl(cluster, 'postgres')) !== null) await stop('immediate');
  });
  await query('create database bridge');
  if (Object.keys(settings).length > 0) {
    for (const [name, value] of Object.entries(settings)) await query(`alter system set ${name} = '${value}'`);
    await stop('fast');
    await start();
  }
  return { url: await urlOf('bridge'), owner: cluster.account.owner.uid, start, stop, query };
}

/** What the account runs inherits the limit; the shell counts in blocks of 512 bytes. */
function limitFiles(account: ServerAccount, megabytes: number): ServerAccount {
  const command = `ulimit -f ${megabytes * 2_048} && exec "$0" "$@"`;
  return { ...account, run: (file, args) => account.run('/bin/sh', ['-c', command, file, ...args]) };
}
