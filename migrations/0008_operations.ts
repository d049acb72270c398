import { type Kysely, sql } from 'kysely';

/** What a run reads back at its end. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table runs add column read_back jsonb`.execute(db);
}
