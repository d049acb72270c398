import { type Generated, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { migrate } from './migrate.ts';

export interface TravelAppTables {
  records: {
    collection: string;
    id: string;
    fields: Record<string, unknown>;
    email_normalized: string | null;
    /** Read it with `asStamp` only: a JavaScript Date would drop its microseconds. */
    updated_at: Date;
    deleted_at: Date | null;
  };
  id_counters: { collection: string; last_id: string };
  idempotency_keys: {
    collection: string;
    key: string;
    op: string;
    result: unknown;
    created_at: Generated<Date>;
  };
  contents: { document_id: string; bytes: Buffer };
  outbox: {
    id: string;
    type: string;
    record_id: string;
    record_updated_at: Date;
    created_at: Generated<Date>;
    attempts: Generated<number>;
    next_attempt_at: Generated<Date>;
    given_up_at: Date | null;
  };
}

export type Db = Kysely<TravelAppTables>;

/** Opens the app's own schema `travel_app`, brought up to date. */
export async function openDatabase(url: string, onConnectionLost: (code: string) => void): Promise<Db> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: '-c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000',
    application_name: 'travel-app',
  });
  // Without a handler, a restart of PostgreSQL would end the process.
  pool.on('error', (error: Error & { code?: string }) => onConnectionLost(error.code ?? error.name));
  // The pool hears only idle connections; one that is lent out fails at its next statement.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<TravelAppTables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db.withSchema('travel_app');
}

/** A time as the contract writes it, RFC 3339 UTC with six digits, made and kept as text. */
export function asStamp(column: string) {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
