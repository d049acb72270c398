/** A PostgreSQL server of a test's own, which it may stop, start and fill: nobody else notices. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgresBinaries } from '../../src/db/postgres-binaries.ts';
import { openCluster, readServerUrl, startServer } from '../../src/db/postgres-cluster.ts';

interface Test {
  teardown(work: () => Promise<void>): unknown;
}

/** `fast` undoes what is under way and ends in order; `immediate` is a crash: the next start recovers. */
export type ShutdownMode = 'fast' | 'immediate';

export interface OwnCluster {
  /** Of an empty database `bridge`; it stays the same over restarts. */
  readonly url: string;
  /** Resolves when it accepts connections. */
  start(): Promise<void>;
  stop(mode: ShutdownMode): Promise<void>;
  /** As a superuser, on a connection of its own. */
  query(statement: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** Durable, as in production: what it has committed survives any shutdown. @param settings of postgresql.conf */
export async function startOwnCluster(t: Test, settings: Readonly<Record<string, string>> = {}): Promise<OwnCluster> {
  const parent = await mkdtemp(join(tmpdir(), 'cluster-'));
  t.teardown(() => rm(parent, { recursive: true, force: true }));
  const cluster = await openCluster(join(parent, 'postgres'), findPostgresBinaries(), true);

  async function start(): Promise<void> {
    if (!(await startServer(cluster))) throw new Error('the PostgreSQL of the test does not start');
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
  return { url: await urlOf('bridge'), start, stop, query };
}
