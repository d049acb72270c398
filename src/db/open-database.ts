import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from './schema.ts';

export type Db = Kysely<Database>;

export interface DatabaseOptions {
  readonly url: string;
  /** Connections of this process; the default leaves room for three processes on a stock server. */
  readonly maxConnections?: number;
  /** Told when an idle connection breaks (a restart of the server); the pool replaces it by itself. */
  readonly onConnectionLost?: (code: string) => void;
}

/** Opens a pool on PostgreSQL. Nothing connects before the first query. */
export function openDatabase(options: DatabaseOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 12,
    connectionTimeoutMillis: 5_000,
    // A server that vanished without closing the connection must not hold a query for ever.
    keepAlive: true,
    options: '-c timezone=UTC -c statement_timeout=60000',
    application_name: 'odoo-bridge',
  });
  // Without this handler a restart of PostgreSQL would end the process.
  pool.on('error', (error: Error & { code?: string }) => options.onConnectionLost?.(error.code ?? error.name));
  // The pool hears only idle connections. One that is lent out and lost between two statements of a transaction tells
  // it here, and its next statement fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}
