import { type Kysely, sql } from 'kysely';

/** What callers asked for: answers to requests with an Idempotency-Key, for a day; who did what, for the audit. */
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
  await sql`
    create table audit (
      id bigint generated always as identity primary key,
      at timestamptz not null default clock_timestamp(),
      via text not null,
      who text not null,
      operation text not null,
      subject jsonb not null,
      outcome text,
      code text,
      ended_at timestamptz)`.execute(db);
  await sql`create index audit_at on audit (at)`.execute(db);
  await sql`create index audit_unscoped on audit (who, operation, at) where code = 'scope_missing'`.execute(db);
}
