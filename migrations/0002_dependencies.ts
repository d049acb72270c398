import { type Kysely, sql } from 'kysely';

/** Whom a link waits for: a parent that has no counterpart yet; and how many Odoo records it has used up. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table links add column waits_entity text, add column waits_app_id text, add column renewals integer not null default 0`.execute(
    db,
  );
  await sql`
    create index links_waiting on links (waits_entity, waits_app_id) where waits_app_id is not null`.execute(db);
}
