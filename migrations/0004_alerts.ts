import { type Kysely, sql } from 'kysely';

/** What was or is to be told to ALERT_WEBHOOK_URL: one row per cause, for as long as the cause lasts. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create table alerts (
      kind text not null,
      subject text not null,
      since timestamptz not null default clock_timestamp(),
      sent_at timestamptz,
      attempts integer not null default 0,
      next_attempt_at timestamptz not null default clock_timestamp(),
      primary key (kind, subject))`.execute(db);
}
