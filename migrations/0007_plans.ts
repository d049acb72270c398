import { type Kysely, sql } from 'kysely';

/** Dry runs, with all that they would change. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table runs add column dry_run boolean not null default false, add column counts jsonb`.execute(db);
  await sql`
    create table run_changes (
      run_id uuid not null references runs on delete cascade,
      id integer not null,
      entity text not null,
      app_id text,
      odoo_id integer,
      action text not null,
      to_side text check (to_side in ('app', 'odoo')),
      fields json not null,
      detail json not null,
      primary key (run_id, id)
    )`.execute(db);
}
