import { type Kysely, sql } from 'kysely';

/** Why each field of a pass went where it went: which side was edited when, the rule, and what became of the write. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table sync_logs add column decided jsonb`.execute(db);
}
