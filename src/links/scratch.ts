/** The memory of a plan: all links as they are now, in tables that nobody else sees. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Links } from './links.ts';
import { createPostgresLinks, type LinksSettings } from './postgres-links.ts';

/** What the engine decides by. Logs, deliveries, cursors and runs of the real tables are none of a plan's business. */
const TABLES = ['links', 'bases', 'intents', 'guard_uses'] as const;

/** Nobody works on them, and nothing but what is marked from now on is to be done. */
const CALM: Readonly<Record<string, string>> = {
  lease_token: 'null',
  lease_until: 'null',
  next_attempt_at: 'null',
  done_seq: 'dirty_seq',
};

/** Fills the tables of `scratch` (see db/open-scratch.ts) from the real ones, as of one instant. */
export async function fillScratch(scratch: Db, schema: string): Promise<void> {
  await scratch
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      for (const table of TABLES) {
        const { rows } = await sql<{ name: string }>`
          select attname as name from pg_attribute
          where attrelid = ${`pg_temp.${table}`}::regclass and attnum > 0 and not attisdropped`.execute(trx);
        const columns = rows.map(({ name }) => name);
        const values = columns.map((name) => (table === 'links' && CALM[name] ? sql.raw(CALM[name]) : sql.ref(name)));
        await sql`
          insert into ${sql.table(table)} (${sql.join(columns.map((name) => sql.ref(name)))}) overriding system value
          select ${sql.join(values)} from ${sql.id(schema, table)}`.execute(trx);
      }
      for (const table of ['links', 'intents'] as const) {
        await sql`select setval(pg_get_serial_sequence(${`pg_temp.${table}`}, 'id'), (select coalesce(max(id), 0) + 1 from ${sql.table(table)}), false)`.execute(
          trx,
        );
      }
    });
  // Nobody else looks at the statistics of temporary tables.
  await sql`analyze links, bases, intents`.execute(scratch);
}

/** Where the real tables are. */
export async function findSchema(db: Db): Promise<string> {
  const { rows } = await sql<{ schema: string }>`
    select nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = 'links'::regclass`.execute(db);
  return (rows[0] as { schema: string }).schema;
}

/**
 * The links over a scratch, for one worker: nobody else matches there. The locks would hold the only connection in a
 * transaction while the work waits for it.
 */
export function createScratchLinks(scratch: Db, settings: LinksSettings): Links {
  return { ...createPostgresLinks(scratch, settings), withMatchLocks: (_keys, work) => work() };
}
