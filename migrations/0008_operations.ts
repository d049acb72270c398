import { type Kysely, sql } from 'kysely';

/** What a run reads back at its end; logs that are found by what an operator has at hand; tombstones. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table runs add column read_back jsonb`.execute(db);
  await sql`create index sync_logs_app_id on sync_logs (app_id, id)`.execute(db);
  await sql`create index sync_logs_odoo_id on sync_logs (odoo_id, id)`.execute(db);
  await sql`create index sync_logs_reconcile on sync_logs (reconcile_id, id)`.execute(db);
  await sql`create index sync_logs_error on sync_logs (error_code, id) where error_code is not null`.execute(db);
  // Of whom was erased a link stays, so that nothing makes them again. Whatever marks it leaves it as it is.
  await sql`alter table links drop constraint links_state_check`.execute(db);
  await sql`
    alter table links add constraint links_state_check
      check (state in ('active', 'parked', 'held', 'out_of_scope', 'erased'))`.execute(db);
  // A plan's tables are in a temporary schema, where no function is found without its name.
  const { rows } = await sql<{ schema: string }>`
    select nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = 'links'::regclass`.execute(db);
  const leaveAsItIs = sql.id(rows[0]?.schema ?? 'public', 'leave_as_it_is');
  await sql`
    create function ${leaveAsItIs}() returns trigger language plpgsql as 'begin return null; end'`.execute(db);
  await sql`
    create trigger links_erased before update on links for each row when (old.state = 'erased')
      execute function ${leaveAsItIs}()`.execute(db);
}
