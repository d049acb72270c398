import { readdir } from 'node:fs/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { SetupError } from '../errors.ts';
import type { Db } from './open-database.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);
/** Any number that no other program on this database uses: several starting processes take turns. */
const MIGRATION_LOCK = 7_203_451_001;

async function loadMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(MIGRATIONS)).filter((file) => file.endsWith('.ts')).sort();
  const entries = files.map(async (file) => [file.replace(/\.ts$/, ''), await import(new URL(file, MIGRATIONS).href)]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, Migration>;
}

/** An older version must not work on what it does not know. @throws SetupError when a newer one has migrated it */
async function refuseNewer(db: Kysely<unknown>): Promise<void> {
  const { rows: tables } = await sql<{ name: string | null }>`select to_regclass('kysely_migration') as name`.execute(
    db,
  );
  if (!tables[0]?.name) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const known = new Set(Object.keys(await loadMigrations()));
  const unknown = rows.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (unknown.length === 0) return;
  throw new SetupError({
    code: 'database_is_newer',
    message: `The database was migrated by a newer version of the bridge (${unknown.join(', ')}).`,
    remedy: 'Start that version again; or restore the backup from before, and read docs/disaster.md.',
  });
}

/**
 * Applies all migrations that the database does not have yet, each process in its turn.
 * @returns the names of those applied now
 * @throws SetupError when a newer version was here; the database's error when one fails, those before it stay applied
 */
export async function migrateToLatest(databaseUrl: string): Promise<readonly string[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2, connectionTimeoutMillis: 5_000 });
  // A connection that is lost fails the statement after it; unheard, the event itself would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${MIGRATION_LOCK})`.execute(connection);
      try {
        await refuseNewer(connection);
        const provider = { getMigrations: loadMigrations };
        const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
        if (error) throw error;
        return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
      } finally {
        await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`.execute(connection);
      }
    });
  } finally {
    await db.destroy();
  }
}

/**
 * Makes the tables of all migrations, in order, without a note of it. Under `search_path=pg_temp` they come to be as
 * temporary ones, with their keys and indexes.
 */
export async function makeTables(db: Kysely<unknown>): Promise<void> {
  for (const { up } of Object.values(await loadMigrations())) await up(db);
}

/** True when every migration in the folder has been applied: part of readiness. */
export async function isMigrated(db: Db): Promise<boolean> {
  const wanted = Object.keys(await loadMigrations());
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const applied = new Set(rows.map((row) => row.name));
  return wanted.every((name) => applied.has(name));
}
