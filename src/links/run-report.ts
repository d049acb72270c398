/** How far a run is, as its report says. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { ErrorDetail } from '../errors.ts';
import type { RunCounts, RunReport } from './runs.ts';

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

export async function reportRun(db: Db, runId: string): Promise<RunReport | null> {
  const run = await db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirst();
  if (!run) return null;
  const counts = run.dry_run ? { ...NONE, ...(run.counts as RunCounts | null) } : await countLinks(db, runId);
  const { total, done } = counts;
  // Its end is not ours to tell: both sides are read back first.
  const isEnding = !run.dry_run && run.listed && done === total;
  if (run.status === 'running' && !isEnding && (await failWhenStalled(db, run))) return reportRun(db, runId);
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
    read_back: run.read_back as RunReport['read_back'],
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

/** Every run ends: what is still tried again then goes on without it. */
async function failWhenStalled(db: Db, run: { id: string; dry_run: boolean; progressed_at: Date }): Promise<boolean> {
  if (Date.now() - run.progressed_at.getTime() < STALLED_MS) return false;
  const error: ErrorDetail = {
    code: 'run_stalled',
    message: `Nothing of this run was finished in the last ${STALLED_MS / 60_000} minutes.`,
    remedy: run.dry_run
      ? 'The process that it was in has ended, most likely. Start it again.'
      : 'Look in /healthz which side is away and which entity is paused; what is left is synced by itself once that is over.',
  };
  return endRun(db, run.id, 'failed', { error: JSON.stringify(error) });
}

/** @returns false when it had ended otherwise meanwhile */
export async function endRun(
  db: Db,
  runId: string,
  status: 'done' | 'failed' | 'cancelled',
  more: { readonly error?: string; readonly read_back?: string } = {},
): Promise<boolean> {
  const result = await db
    .updateTable('runs')
    .set({ status, finished_at: sql<Date>`clock_timestamp()`, ...more })
    .where('id', '=', runId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
