import { type Kysely, sql } from 'kysely';

/** What a run reads back at its end; logs that are found by what an operator has at hand. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table runs add column read_back jsonb`.execute(db);
  await sql`create index sync_logs_app_id on sync_logs (app_id, id)`.execute(db);
  await sql`create index sync_logs_odoo_id on sync_logs (odoo_id, id)`.execute(db);
  await sql`create index sync_logs_reconcile on sync_logs (reconcile_id, id)`.execute(db);
  await sql`create index sync_logs_error on sync_logs (error_code, id) where error_code is not null`.execute(db);
}
