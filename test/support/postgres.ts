/** Real databases for tests, each one's own: a clone of a migrated template in a throw-away cluster. */
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import tap from 'tap';
import { isAlive } from '../../src/db/file-lock.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { startTestPostgres } from './test-postgres.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TEMPLATE_LOCK = 7_203_451_900;

export interface TestDatabase {
  /** Connection string of a database that nobody else uses. */
  readonly url: string;
}

/** What is asked of a test: to be told when it is over. */
interface Teardown {
  teardown(work: () => Promise<void>): unknown;
}

/**
 * Makes a database with all migrations applied (or none: `empty`), dropped when the test is over, whoever is
 * still connected to it.
 */
export async function createTestDatabase(t: Teardown, { empty = false } = {}): Promise<TestDatabase> {
  const server = await joinTestPostgres();
  const template = empty ? 'template0' : await prepareTemplate();
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await execute(server.url, `create database ${name} template ${template}`);
  t.teardown(() => execute(server.url, `drop database ${name} with (force)`));
  return { url: toDatabase(server.url, name) };
}

/** A copy of a database that nobody is connected to, as a backup holds it; dropped when the test is over. */
export async function copyDatabase(t: Teardown, url: string): Promise<TestDatabase> {
  const server = await joinTestPostgres();
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await execute(server.url, `create database ${name} template ${new URL(url).pathname.slice(1)}`);
  t.teardown(() => execute(server.url, `drop database ${name} with (force)`));
  return { url: toDatabase(server.url, name) };
}

const joinTestPostgres = once(async () => {
  const server = await startTestPostgres();
  tap.teardown(() => server.stop());
  return server;
});

const prepareTemplate = once(async () => {
  const server = await joinTestPostgres();
  const name = `template_${await digestMigrations()}`;
  const client = new pg.Client(server.url);
  await client.connect();
  try {
    // Test files start in parallel: the first makes the template, the others wait for it.
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    const names = rows.map((row) => row.datname);
    for (const left of names.filter(isLeftBehind)) await client.query(`drop database ${left} with (force)`);
    if (!names.includes(name)) {
      for (const old of names.filter((other) => other.startsWith('template_'))) {
        await client.query(`alter database ${old} is_template false`);
        await client.query(`drop database ${old} with (force)`);
      }
      const growing = `growing_${process.pid}_${randomBytes(4).toString('hex')}`;
      await client.query(`create database ${growing} template template0`);
      await migrateToLatest(toDatabase(server.url, growing));
      await client.query(`alter database ${growing} rename to ${name}`);
      await client.query(`alter database ${name} is_template true allow_connections false`);
    }
  } finally {
    await client.end();
  }
  return name;
});

/** True for a database of a test process that died before it could drop it. */
function isLeftBehind(name: string): boolean {
  const pid = /^(?:test|growing)_(\d+)_/.exec(name)?.[1];
  return pid !== undefined && Number(pid) !== process.pid && !isAlive(Number(pid));
}

/** Changes with any migration and with what applies them, so that nobody tests against an old schema. */
async function digestMigrations(): Promise<string> {
  const folder = join(ROOT, 'migrations');
  const files = (await readdir(folder)).sort().map((file) => join(folder, file));
  const hash = createHash('sha256');
  for (const file of [...files, join(ROOT, 'src', 'db', 'migrate.ts')]) hash.update(file).update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function toDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
