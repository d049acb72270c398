/** Manual resyncs: which links a run asked for, and what became of them. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Side } from '../entities/define-entity.ts';
import type { ErrorDetail } from '../errors.ts';
import type { Pair } from './links.ts';
import { readAgreed } from './read-agreed.ts';
import { endRun, reportRun } from './run-report.ts';

export interface RunScope {
  readonly ids?: readonly string[];
  readonly since?: string;
}

/** A record of a run, as the memory has it now. */
export interface RunMember {
  readonly linkId: string;
  readonly entity: string;
  readonly appId: string | null;
  readonly odooId: number | null;
  /** What became of it in the run. */
  readonly outcome: string;
  readonly inScope: boolean;
  readonly agreed: Pair['agreed'];
}

/** A record that a run made, or that is not as agreed at its end. */
export interface ReadBackRecord {
  readonly entity: string;
  readonly app_id: string | null;
  readonly odoo_id: number;
  readonly reason: 'created' | 'differing';
  /** How each side's record is, beside what both last agreed on. */
  readonly app: 'as_agreed' | 'changed' | 'missing';
  readonly odoo: 'as_agreed' | 'changed' | 'missing';
  /** Its form in Odoo's own pages. */
  readonly odoo_url: string;
}

export interface ReadBackCounts {
  /** Records of the run that the app, and Odoo, have. */
  readonly app: number;
  readonly odoo: number;
  /** Of them, pairs that were compared by the content of all mapped fields. */
  readonly pairs: number;
  readonly differing: number;
}

/** What both sides held when the run had ended. */
export interface ReadBack extends ReadBackCounts {
  /** When the reading began. */
  readonly at: string;
  readonly entities: readonly ({ readonly entity: string } & ReadBackCounts)[];
  /** Entities that could not be compared: their Odoo app is not installed, or the app has no such collection. */
  readonly not_compared: readonly string[];
  /** What differs first. */
  readonly records: readonly ReadBackRecord[];
  /** How many more there are. */
  readonly left_out: number;
}

/** As contract §4 shapes it. */
export interface RunReport {
  readonly id: string;
  readonly status: 'running' | 'done' | 'cancelled' | 'failed';
  readonly dry_run: boolean;
  readonly collection: string;
  readonly total: number;
  readonly done: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly conflicts: number;
  readonly parked: number;
  readonly held: number;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly eta_seconds: number | null;
  /** Null unless the run is done; an error where a side was away just then. */
  readonly read_back: ReadBack | { readonly error: ErrorDetail } | null;
  readonly error?: ErrorDetail;
}

/** How far a dry run has come: it counts in tables of its own. */
export type RunCounts = Pick<
  RunReport,
  'total' | 'done' | 'created' | 'updated' | 'unchanged' | 'conflicts' | 'parked' | 'held'
>;

export interface RunPage {
  readonly data: readonly RunReport[];
  readonly next_cursor: string | null;
}

export interface Runs {
  start(collection: string, scope: RunScope, options?: { readonly dryRun: boolean }): Promise<string>;
  /** Of a dry run. @param listed whether the total is known */
  progress(runId: string, counts: RunCounts, listed: boolean): Promise<void>;
  /** It goes on, though nothing of it was finished. */
  keepAlive(runId: string): Promise<void>;
  /** Of a dry run. @returns false when it had ended otherwise meanwhile */
  complete(runId: string): Promise<boolean>;
  /** Of these records, those whose link the run has not asked for yet: from the other side, it may have. */
  findUnasked(
    runId: string,
    side: Side,
    entity: string,
    odooModel: string,
    ids: readonly string[],
  ): Promise<readonly string[]>;
  /** Before they are marked: what a guard held of these records may pass, for a person asked for it. */
  release(side: Side, entity: string, odooModel: string, ids: readonly string[]): Promise<void>;
  /** Ties the links on these records, which were just marked, to the run. */
  enlist(runId: string, side: Side, entity: string, odooModel: string, ids: readonly string[]): Promise<void>;
  /** All that the run asks for has been marked. */
  finishListing(runId: string): Promise<void>;
  /** Runs of which all is listed and nothing is left to do: what is missing is to read back what became of it. */
  findEnding(): Promise<readonly string[]>;
  /** The records of a run, so many at a time, in the order of their links. @param after a link's id */
  listMembers(runId: string, after: string | null, limit: number): Promise<readonly RunMember[]>;
  finish(runId: string, readBack: NonNullable<RunReport['read_back']>): Promise<void>;
  fail(runId: string, error: ErrorDetail): Promise<void>;
  /** Nothing more is listed, and parked records whose turn has not come stay parked. @returns false when it had ended */
  cancel(runId: string): Promise<boolean>;
  isRunning(runId: string): Promise<boolean>;
  report(runId: string): Promise<RunReport | null>;
  /** Newest first. @param cursor the `next_cursor` of the page before: the id of its last run */
  list(request: { readonly cursor?: string | undefined; readonly limit: number }): Promise<RunPage>;
  /** Those that are under way, newest first. */
  underWay(): Promise<readonly RunReport[]>;
  /** Runs whose listing a crash cut off; a dry run goes with the process that it was in. */
  findUnlisted(): Promise<readonly { id: string; collection: string; scope: RunScope }[]>;
}

export function createRuns(db: Db): Runs {
  return {
    async start(collection, scope, { dryRun } = { dryRun: false }) {
      const row = await db
        .insertInto('runs')
        .values({ collection, scope: JSON.stringify(scope), dry_run: dryRun })
        .returning('id')
        .executeTakeFirstOrThrow();
      return row.id;
    },
    async progress(runId, counts, listed) {
      await db
        .updateTable('runs')
        .set({ counts: JSON.stringify(counts), listed, progressed_at: sql<Date>`clock_timestamp()` })
        .where('id', '=', runId)
        .where('status', '=', 'running')
        .execute();
    },
    async keepAlive(runId) {
      const progressed_at = sql<Date>`clock_timestamp()`;
      await db.updateTable('runs').set({ progressed_at }).where('id', '=', runId).execute();
    },
    complete: (runId) => endRun(db, runId, 'done'),
    async findUnasked(runId, side, entity, odooModel, ids) {
      const { rows } = await sql<{ id: string }>`
        select i.id from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as i(id)
        where not exists (
          select from links l join run_links r on r.link_id = l.id and r.run_id = ${runId}
          where l.entity = ${entity} and l.odoo_model = ${odooModel} and ${hasId(side)})`.execute(db);
      return rows.map(({ id }) => id);
    },
    async release(side, entity, odooModel, ids) {
      await sql`
        with asked as (
          select l.id from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as i(id)
          join links l on l.entity = ${entity} and l.odoo_model = ${odooModel} and ${hasId(side)} order by l.id for update of l)
        update links set released = true from asked where links.id = asked.id`.execute(db);
    },
    async enlist(runId, side, entity, odooModel, ids) {
      // Its rows lock the links they refer to: in the order of their ids, as workers do, or both wait for each other.
      await sql`
        with asked as (
          select l.id, l.dirty_seq from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as i(id)
          join links l on l.entity = ${entity} and l.odoo_model = ${odooModel} and ${hasId(side)} and l.state <> 'erased'
          order by l.id for key share of l),
        progressed as (update runs set progressed_at = clock_timestamp() where id = ${runId})
        insert into run_links (run_id, link_id, seq) select ${runId}, id, dirty_seq from asked
        on conflict (run_id, link_id) do update set seq = excluded.seq, outcome = null`.execute(db);
    },
    async finishListing(runId) {
      await db.updateTable('runs').set({ listed: true }).where('id', '=', runId).execute();
    },
    async findEnding() {
      const { rows } = await sql<{ id: string }>`
        select id from runs where status = 'running' and listed and not dry_run
          and not exists (select from run_links where run_id = runs.id and outcome is null)`.execute(db);
      return rows.map(({ id }) => id);
    },
    listMembers: (runId, after, limit) => listMembers(db, runId, after, limit),
    async finish(runId, readBack) {
      await endRun(db, runId, 'done', { read_back: JSON.stringify(readBack) });
    },
    async fail(runId, error) {
      await endRun(db, runId, 'failed', { error: JSON.stringify(error) });
    },
    cancel: (runId) =>
      db.transaction().execute(async (trx) => {
        const cancelled = await endRun(trx, runId, 'cancelled');
        if (cancelled) await takeBack(trx, runId);
        return cancelled;
      }),
    async isRunning(runId) {
      const row = await db.selectFrom('runs').select('status').where('id', '=', runId).executeTakeFirst();
      return row?.status === 'running';
    },
    report: (runId) => reportRun(db, runId),
    async list({ cursor, limit }) {
      const older = sql<boolean>`(started_at, id) < (select started_at, id from runs where id = ${cursor ?? null}::uuid)`;
      const query = newestRuns(db).limit(limit + 1);
      const ids = (await (cursor === undefined ? query : query.where(older)).execute()).map(({ id }) => id);
      const data = await reportAll(db, ids.slice(0, limit));
      return { data, next_cursor: ids.length > limit ? (data.at(-1)?.id ?? null) : null };
    },
    async underWay() {
      const rows = await newestRuns(db).where('status', '=', 'running').execute();
      return reportAll(
        db,
        rows.map(({ id }) => id),
      );
    },
    async findUnlisted() {
      const query = db
        .selectFrom('runs')
        .select(['id', 'collection', 'scope'])
        .where('status', '=', 'running')
        .where('dry_run', '=', false)
        .where('listed', '=', false);
      return (await query.execute()).map((row) => ({ ...row, scope: row.scope as RunScope }));
    },
  };
}

/** Of a link `l`, whether it is on the record `i.id` of that side. */
function hasId(side: Side) {
  return side === 'app' ? sql`l.app_id = i.id` : sql`l.odoo_id = i.id::integer`;
}

function newestRuns(db: Db) {
  return db.selectFrom('runs').select('id').orderBy('started_at', 'desc').orderBy('id', 'desc');
}

async function reportAll(db: Db, ids: readonly string[]): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (const id of ids) {
    const run = await reportRun(db, id);
    if (run) reports.push(run);
  }
  return reports;
}

async function listMembers(db: Db, runId: string, after: string | null, limit: number): Promise<readonly RunMember[]> {
  const rows = await db
    .selectFrom('run_links')
    .innerJoin('links', 'links.id', 'run_links.link_id')
    .leftJoin('bases', 'bases.link_id', 'links.id')
    .select(['links.id', 'entity', 'app_id', 'odoo_id', 'state', 'outcome', 'app_digest', 'odoo_digest', 'agreed_at'])
    .where('run_id', '=', runId)
    .where('run_links.link_id', '>', after ?? '0')
    .orderBy('run_links.link_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    linkId: row.id,
    entity: row.entity,
    appId: row.app_id,
    odooId: row.odoo_id,
    outcome: row.outcome ?? '',
    inScope: row.state !== 'out_of_scope' && row.state !== 'erased',
    agreed: readAgreed(row),
  }));
}

/** Only where the run's is the one mark: for every other a pass is owed. */
async function takeBack(db: Db, runId: string): Promise<void> {
  await sql`
    with waiting as (
      select l.id from links l join run_links r on r.link_id = l.id
      where r.run_id = ${runId} and r.outcome is null and l.state = 'parked'
        and l.dirty_seq = r.seq and l.done_seq = r.seq - 1
        and (l.lease_until is null or l.lease_until < clock_timestamp())
      order by l.id for update of l)
    update links set done_seq = dirty_seq from waiting where links.id = waiting.id`.execute(db);
}
