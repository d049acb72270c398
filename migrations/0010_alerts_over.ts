import { type Kysely, sql } from 'kysely';

/** When a cause that was told was over: the row stays until that is told, too. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table alerts add column over_at timestamptz`.execute(db);
}
