/** The real store as a subject: one database per file, emptied for each case. */
import { sql } from 'kysely';
import type { Test } from 'tap';
import { type Db, openDatabase } from '../../../src/db/open-database.ts';
import { openScratch } from '../../../src/db/open-scratch.ts';
import type { Database } from '../../../src/db/schema.ts';
import { createCursors } from '../../../src/links/cursors.ts';
import { createDecisions } from '../../../src/links/decisions.ts';
import { createPostgresLinks, type LinksSettings } from '../../../src/links/postgres-links.ts';
import { createScratchLinks } from '../../../src/links/scratch.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { readRows } from './postgres-rows.ts';
import { type Connection, ENTITIES, type Make, type SubjectSettings } from './subject.ts';

/** What hangs on a link goes with it, but moves in time by itself. */
const TABLES = ['links', 'bases', 'intents', 'guard_uses', 'deliveries', 'conflicts', 'sync_logs', 'cursors'] as const;

export async function openPostgres(t: Test): Promise<{ readonly db: Db; readonly make: Make }> {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url });
  t.teardown(() => db.destroy());
  const times = await findTimes(db);
  let processes = 0;

  const make: Make = async (t, settings = {}) => {
    await clear(db);
    const connect = async () => {
      processes += 1;
      const name = `process-${processes}`;
      const own = openDatabase({ url: `${url}?application_name=${name}` });
      t.teardown(() => own.destroy());
      const crash = async () => {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name}`.execute(db);
      };
      return { ...toConnection(own, settings), crash };
    };
    return {
      ...toConnection(db, settings),
      connect,
      now: Date.now,
      advance: (ms) => moveBack(db, times, ms),
      read: () => readRows(db),
    };
  };
  return { db, make };
}

/** A scratch as a subject: nobody else can connect to it, so all of a case goes over its one connection. */
export async function openScratchSubject(t: Test): Promise<Make> {
  const { url } = await createTestDatabase(t);
  const db = await openScratch(url);
  t.teardown(() => db.destroy());
  const times = await findTimes(db);
  return async (_t, settings = {}) => {
    await clear(db);
    const connection = toConnection(db, settings, createScratchLinks);
    return {
      ...connection,
      connect: async () => ({ ...connection, crash: async () => {} }),
      now: Date.now,
      advance: (ms) => moveBack(db, times, ms),
      read: () => readRows(db),
    };
  };
}

function toConnection(
  db: Db,
  { guardPercent = 5, looksAgain = false }: SubjectSettings,
  createLinks = createPostgresLinks,
): Connection {
  const settings: LinksSettings = { entitiesOf: () => ENTITIES, guardPercent, looksAgain: () => looksAgain };
  return { links: createLinks(db, settings), cursors: createCursors(db), decisions: createDecisions(db) };
}

type Times = readonly { readonly table_name: keyof Database; readonly columns: readonly string[] }[];

/** All columns that hold a time of the store's own; when people edited does not move. */
async function findTimes(db: Db): Promise<Times> {
  const { rows } = await sql<Times[number]>`
    select table_name, json_agg(column_name) as columns from information_schema.columns
    where to_regclass(table_name) = to_regclass(quote_ident(table_schema) || '.' || quote_ident(table_name)) and data_type = 'timestamp with time zone'
      and table_name = any(${[...TABLES]}) and column_name not in ('app_at', 'odoo_at') group by table_name`.execute(
    db,
  );
  return rows;
}

/** Time passes when all that is stored becomes older. */
async function moveBack(db: Db, times: Times, ms: number): Promise<void> {
  const updates = times.map(({ table_name, columns }) => {
    const moved = columns.map((name) => sql`${sql.ref(name)} = ${sql.ref(name)} - ${ms} * interval '1 ms'`);
    return sql`${sql.ref(`old_${table_name}`)} as (update ${sql.table(table_name)} set ${sql.join(moved)})`;
  });
  await sql`with ${sql.join(updates)} select 1`.execute(db);
}

async function clear(db: Db): Promise<void> {
  const deletions = TABLES.map((table) => sql`${sql.ref(`all_${table}`)} as (delete from ${sql.table(table)})`);
  await sql`with ${sql.join(deletions)} select 1`.execute(db);
}
