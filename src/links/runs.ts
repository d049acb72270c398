/** Manual resyncs: which links a run asked for, and what became of them. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Side } from '../entities/define-entity.ts';
import type { ErrorDetail } from '../errors.ts';

export interface RunScope {
  readonly ids?: readonly string[];
  readonly since?: string;
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
  fail(runId: string, error: ErrorDetail): Promise<void>;
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
    complete: (runId) => finish(db, runId, 'done'),
    async findUnasked(runId, side, entity, odooModel, ids) {
      const column = side === 'app' ? sql`l.app_id = i.id` : sql`l.odoo_id = i.id::integer`;
      const { rows } = await sql<{ id: string }>`
        select i.id from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as i(id)
        where not exists (
          select from links l join run_links r on r.link_id = l.id and r.run_id = ${runId}
          where l.entity = ${entity} and l.odoo_model = ${odooModel} and ${column})`.execute(db);
      return rows.map(({ id }) => id);
    },
    async release(side, entity, odooModel, ids) {
      const column = side === 'app' ? sql`l.app_id = i.id` : sql`l.odoo_id = i.id::integer`;
      await sql`
        with asked as (
          select l.id from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as i(id)
          join links l on l.entity = ${entity} and l.odoo_model = ${odooModel} and ${column} order by l.id for update of l)
        update links set released = true from asked where links.id = asked.id`.execute(db);
    },
    async enlist(runId, side, entity, odooModel, ids) {
      const column = side === 'app' ? sql`l.app_id = i.id` : sql`l.odoo_id = i.id::integer`;
      await sql`
        with asked as (
          select l.id, l.dirty_seq from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as i(id)
          join links l on l.entity = ${entity} and l.odoo_model = ${odooModel} and ${column}),
        progressed as (update runs set progressed_at = clock_timestamp() where id = ${runId})
        insert into run_links (run_id, link_id, seq) select ${runId}, id, dirty_seq from asked
        on conflict (run_id, link_id) do update set seq = excluded.seq, outcome = null`.execute(db);
    },
    async finishListing(runId) {
      await db.updateTable('runs').set({ listed: true }).where('id', '=', runId).execute();
    },
    async fail(runId, error) {
      await finish(db, runId, 'failed', error);
    },
    async cancel(runId) {
      const result = await db
        .updateTable('runs')
        .set({ status: 'cancelled', finished_at: sql<Date>`clock_timestamp()` })
        .where('id', '=', runId)
        .where('status', '=', 'running')
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async isRunning(runId) {
      const row = await db.selectFrom('runs').select('status').where('id', '=', runId).executeTakeFirst();
      return row?.status === 'running';
    },
    report: (runId) => report(db, runId),
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

/** Longer than a call of unknown outcome is waited for, and than the longest pause between tries. */
const STALLED_MS = 15 * 60_000;

/** Outcomes of a pass, as the contract counts them. */
const COUNTED: Readonly<Record<string, keyof RunCounts>> = {
  create: 'created',
  update: 'updated',
  archive: 'updated',
  conflict: 'conflicts',
  park: 'parked',
  hold: 'held',
};

function newestRuns(db: Db) {
  return db.selectFrom('runs').select('id').orderBy('started_at', 'desc').orderBy('id', 'desc');
}

async function reportAll(db: Db, ids: readonly string[]): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (const id of ids) {
    const run = await report(db, id);
    if (run) reports.push(run);
  }
  return reports;
}

async function report(db: Db, runId: string): Promise<RunReport | null> {
  const run = await db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirst();
  if (!run) return null;
  const counts = run.dry_run ? { ...NONE, ...(run.counts as RunCounts | null) } : await countLinks(db, runId);
  const { total, done } = counts;
  if (run.status === 'running') {
    const isOver = !run.dry_run && run.listed && done === total;
    const ended = isOver ? await finish(db, runId, 'done') : await failWhenStalled(db, run);
    if (ended) return report(db, runId);
  }
  const startedMs = run.started_at.getTime();
  const running = run.status === 'running';
  const rate = done / Math.max(1, Date.now() - startedMs);
  return {
    id: run.id,
    status: run.status,
    dry_run: run.dry_run,
    collection: run.collection,
    ...counts,
    started_at: run.started_at.toISOString(),
    finished_at: run.finished_at?.toISOString() ?? null,
    eta_seconds: running && run.listed && done > 0 ? Math.ceil((total - done) / rate / 1000) : null,
    ...(run.error && { error: run.error }),
  };
}

const NONE: RunCounts = {
  total: 0,
  done: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  conflicts: 0,
  parked: 0,
  held: 0,
};

async function countLinks(db: Db, runId: string): Promise<RunCounts> {
  const { rows } = await sql<{ outcome: string | null; count: number }>`
    select outcome, count(*)::integer as count from run_links where run_id = ${runId} group by outcome`.execute(db);
  const counts = { ...NONE };
  for (const { outcome, count } of rows) {
    counts.total += count;
    if (outcome === null) continue;
    counts.done += count;
    counts[COUNTED[outcome] ?? 'unchanged'] += count;
  }
  return counts;
}

/** @returns false when it had ended otherwise meanwhile */
async function finish(db: Db, runId: string, status: 'done' | 'failed', error?: ErrorDetail): Promise<boolean> {
  const result = await db
    .updateTable('runs')
    .set({ status, finished_at: sql<Date>`clock_timestamp()`, ...(error && { error: JSON.stringify(error) }) })
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Every run ends: what is still tried again then goes on without it. */
async function failWhenStalled(db: Db, run: { id: string; dry_run: boolean; progressed_at: Date }): Promise<boolean> {
  if (Date.now() - run.progressed_at.getTime() < STALLED_MS) return false;
  return finish(db, run.id, 'failed', {
    code: 'run_stalled',
    message: `Nothing of this run was finished in the last ${STALLED_MS / 60_000} minutes.`,
    remedy: run.dry_run
      ? 'The process that it was in has ended, most likely. Start it again.'
      : 'Look in /healthz which side is away; the records that are left are synced by themselves once it is back.',
  });
}
