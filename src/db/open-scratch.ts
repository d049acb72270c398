/** A copy of the bridge's tables that only one connection sees: to try out what the engine would do with them. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { SetupError } from '../errors.ts';
import { makeTables } from './migrate.ts';
import type { Db } from './open-database.ts';
import type { Database } from './schema.ts';

/**
 * Empty temporary tables of the same names. They go with the connection, also after a crash. The search path knows
 * nothing but them: should the connection be lost, a statement finds no table, and never a real one.
 *
 * There is one connection only: a query beside an open transaction waits for it, and fails after five seconds.
 * @throws SetupError when the user may not make temporary tables
 */
export async function openScratch(url: string): Promise<Db> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: 5_000,
    // An idle connection would be closed, and the tables with it.
    idleTimeoutMillis: 0,
    keepAlive: true,
    options: '-c timezone=UTC -c statement_timeout=60000 -c search_path=pg_temp',
    application_name: 'odoo-bridge plan',
  });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    await makeTables(db as unknown as Kysely<unknown>);
    return db;
  } catch (error) {
    await db.destroy();
    throw isDenied(error) ? new SetupError(NO_TEMPORARY_TABLES) : error;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501';
}

const NO_TEMPORARY_TABLES = {
  code: 'no_temporary_tables',
  message: 'The user of DATABASE_URL may not make temporary tables, in which a plan is made.',
  remedy: 'As the owner of the database: GRANT TEMPORARY ON DATABASE <its name> TO <that user>.',
};
