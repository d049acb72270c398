/**
 * The real store for simulated runs, one after the other: src/links on a real PostgreSQL, under the clock of the run.
 * Each call is answered before time goes on.
 */
import { Kysely, PostgresDialect, type RawBuilder, sql } from 'kysely';
import type { Db } from '../../../src/db/open-database.ts';
import type { Database } from '../../../src/db/schema.ts';
import { createCursors } from '../../../src/links/cursors.ts';
import type { Claim, Links } from '../../../src/links/links.ts';
import { createPostgresLinks, type LinksSettings } from '../../../src/links/postgres-links.ts';
import type { ProcessStore } from '../database.ts';
import type { LinkView } from '../link-view.ts';
import { type Connection, createConnection } from '../memory-connection.ts';
import { createMemoryLocks } from '../memory-locks.ts';
import type { OpenedStore, OpenStore } from '../run-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { openSingleConnection, type SingleConnection } from './single-connection.ts';

export interface PostgresStore {
  /** Empties the database for a run. */
  readonly open: OpenStore;
  /** What the database refused, in words, since the run began: the engine would only try again. */
  refusals(): readonly string[];
  close(): Promise<void>;
}

type Method = (...args: never[]) => Promise<unknown>;

/** Rows that died are cleared away after so many runs. Not each time: all plans have to be made anew after it. */
const CLEAR_EVERY = 20;

/** @param url of a database that `prepareDatabase` made, and that nobody else uses */
export async function openPostgresStore(url: string): Promise<PostgresStore> {
  const connection = await openSingleConnection(url);
  const db: Db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: connection.pool }) });
  const tables = await listNames(db, sql`select tablename as name from pg_tables`);
  const sequences = await listNames(db, sql`select sequencename as name from pg_sequences`);
  const refusals: string[] = [];
  let runs = 0;

  function empty(): void {
    refusals.length = 0;
    if (runs % CLEAR_EVERY === 0) connection.sendFirst(`truncate ${tables.join(', ')}`);
    else for (const table of tables) connection.sendFirst(`delete from ${table}`);
    for (const sequence of sequences) connection.sendFirst(`alter sequence ${sequence} restart`);
    runs += 1;
  }

  return {
    open(scheduler, settings) {
      empty();
      return openRun(db, connection, scheduler, settings, refusals);
    },
    refusals: () => refusals,
    close: () => db.destroy(),
  };
}

/** Of all that the migrations made, but for what tells which of them were. */
async function listNames(db: Db, from: RawBuilder<unknown>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from (${from} where schemaname = 'public') as found where name not like 'kysely%'`.execute(db);
  return rows.map(({ name }) => name);
}

function openRun(
  db: Db,
  connection: SingleConnection,
  scheduler: Scheduler,
  settings: LinksSettings,
  refusals: string[],
): OpenedStore {
  // Held while a process goes on. In the database somebody would really wait for them, and time stand still for ever;
  // theirs are looked at by the contract, with real processes.
  const locks = createMemoryLocks();
  let toldAt: number | null = null;

  function tellTime(): void {
    if (scheduler.now() === toldAt) return;
    toldAt = scheduler.now();
    connection.sendFirst(`select set_config('sim.now', $1, false), set_config('sim.turn', '0', false)`, [`${toldAt}`]);
  }

  /** What a dead process would have asked for is not done. */
  function overConnection<T extends object>(own: Connection, target: T): T {
    const wired: Record<string, Method> = {};
    for (const [name, method] of Object.entries(target) as [string, Method][]) {
      wired[name] = async (...args) => {
        await own.transact(() => null);
        tellTime();
        const answer = method(...args);
        scheduler.awaitReal(answer);
        answer.catch((error: unknown) => refusals.push(`${name}: ${error}`));
        return answer;
      };
    }
    return { ...target, ...wired };
  }

  function connect(): ProcessStore {
    const own = createConnection(locks);
    const real = createPostgresLinks(db, settings);
    const links = overConnection<Links>(own, {
      ...real,
      async release(claim, afterMs) {
        const count = await countReleased(db, claim);
        const drawn = Array.from({ length: count }, () => scheduler.random.next());
        connection.sendFirst(`select set_config('sim.random', $1, false)`, [drawn.join(' ')]);
        await real.release(claim, afterMs);
      },
    });
    return {
      links: { ...links, withMatchLocks: own.withLocks },
      cursors: {
        ...overConnection(own, createCursors(db)),
        withLock: (name, work) => own.withLocks([name], work),
        withTryLock: own.withTryLock,
      },
      disconnect: own.disconnect,
    };
  }

  return { connect, viewLinks: () => viewLinks(db) };
}

/** How many numbers `random()` is going to draw: as many as the twin draws for them. */
async function countReleased(db: Db, { token, links }: Claim): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from links
    where lease_token = ${token} and id = any(${links.map(({ id }) => id)}::bigint[])`.execute(db);
  return rows[0]?.count ?? 0;
}

async function viewLinks(db: Db): Promise<readonly LinkView[]> {
  const { rows } = await sql<LinkView>`
    select id, entity, app_id as "appId", odoo_id as "odooId", state, dirty_seq > done_seq as dirty,
      coalesce(error ->> 'code', hold ->> 'kind') as reason from links order by id`.execute(db);
  return rows;
}
