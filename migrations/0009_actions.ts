import { type Kysely, sql } from 'kysely';

/** What callers asked for: the answers to requests that carried an Idempotency-Key, for a day. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  // No key and no request stands here itself: a client may have made its key of anything, also of a person's name.
  await sql`
    create table idempotency_keys (
      id bytea primary key,
      request bytea not null,
      attempt uuid not null,
      busy_until timestamptz not null,
      status integer,
      headers jsonb,
      body text,
      started_at timestamptz not null default clock_timestamp())`.execute(db);
  await sql`create index idempotency_keys_started on idempotency_keys (started_at)`.execute(db);
}
