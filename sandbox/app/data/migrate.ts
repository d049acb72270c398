/** The app's own tables. Forward only: a step that has been released is never changed, a new one is added. */
import { type Kysely, sql } from 'kysely';

/** Any number: processes of this app that start together take turns. */
const MIGRATION_LOCK = 5_801_220_417;

const STEPS: Readonly<Record<string, readonly string[]>> = {
  '0001_records': [
    // Ids sort by their bytes, so that the order of a listing does not depend on the database's locale.
    `create table travel_app.records (
      collection text not null,
      id text collate "C" not null,
      fields jsonb not null,
      email_normalized text,
      updated_at timestamptz not null,
      deleted_at timestamptz,
      primary key (collection, id)
    )`,
    'create index records_changed on travel_app.records (collection, updated_at, id)',
    `create index records_email on travel_app.records (collection, email_normalized)
      where email_normalized is not null`,
    'create table travel_app.id_counters (collection text primary key, last_id bigint not null)',
    `create table travel_app.idempotency_keys (
      collection text not null,
      key text not null,
      op text not null,
      result jsonb not null,
      created_at timestamptz not null default now(),
      primary key (collection, key)
    )`,
    "create index idempotency_keys_age on travel_app.idempotency_keys (created_at) where op <> 'create'",
    `create table travel_app.outbox (
      id text primary key,
      type text not null,
      record_id text not null,
      record_updated_at timestamptz not null,
      created_at timestamptz not null default clock_timestamp(),
      attempts integer not null default 0,
      next_attempt_at timestamptz not null default clock_timestamp(),
      given_up_at timestamptz
    )`,
    'create index outbox_due on travel_app.outbox (next_attempt_at) where given_up_at is null',
  ],
  '0002_contents': [
    'create table travel_app.contents (document_id text primary key, bytes bytea not null)',
    // Already compressed, most of it: trying again would cost time and win nothing.
    'alter table travel_app.contents alter column bytes set storage external',
    `create unique index invoice_numbers on travel_app.records ((fields ->> 'number'))
      where collection = 'invoices'`,
  ],
};

export async function migrate<T>(db: Kysely<T>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction);
    await sql`create schema if not exists travel_app`.execute(transaction);
    await sql`create table if not exists travel_app.migrations (
      name text primary key, applied_at timestamptz not null default now()
    )`.execute(transaction);
    const { rows } = await sql<{ name: string }>`select name from travel_app.migrations`.execute(transaction);
    const applied = new Set(rows.map((row) => row.name));
    for (const [name, statements] of Object.entries(STEPS)) {
      if (applied.has(name)) continue;
      for (const statement of statements) await sql.raw(statement).execute(transaction);
      await sql`insert into travel_app.migrations (name) values (${name})`.execute(transaction);
    }
  });
}
