/**
 * Dry runs: the engine as it is, with one worker, over tables that nobody else sees and over sides that keep to
 * themselves what is written to them. What they kept is the plan.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createJournal } from './backends/journal.ts';
import { isPlaceholder } from './backends/overlay.ts';
import type { Context } from './context.ts';
import { openScratch } from './db/open-scratch.ts';
import { describeError, TerminalError } from './errors.ts';
import { msUntilDue, tellPlan } from './links/planned.ts';
import { createRuns, type RunScope, type Runs } from './links/runs.ts';
import { createScratchLinks, fillScratch, findSchema } from './links/scratch.ts';
import { createTies } from './links/ties.ts';
import { createPlanSides } from './plan-sides.ts';
import type { Log } from './reconcile/context.ts';
import { createWork } from './reconcile/work.ts';
import { reconcileContext } from './reconcile-context.ts';
import { startResync } from './sources/resync.ts';

export interface DryRuns {
  /** Begins once those before it have ended: each holds a copy of all links. @returns the run's id, and its end */
  start(collection: string, scope: RunScope): Promise<{ readonly runId: string; readonly ended: Promise<void> }>;
  /** Those under way fail, with that as their reason. */
  stop(): Promise<void>;
}

const HEARTBEAT_MS = 60_000;
const BATCH = 400;
/** A record that is to be looked at again so soon is waited for; what waits longer is told as waiting. */
const PATIENCE_MS = 3_000;
/** So often in a row, in case something asks to be looked at again for ever. */
const MOST_WAITS = 20;
/** A side that fails so often in a row is away. */
const MOST_FAILURES = 3;

export function createDryRuns(context: Context): DryRuns {
  const stopping = new AbortController();
  let last = Promise.resolve();
  return {
    async start(collection, scope) {
      const runId = await context.runs.start(collection, scope, { dryRun: true });
      // Who waits for its turn is not stalled.
      const beat = setInterval(() => void context.runs.keepAlive(runId).catch(() => undefined), HEARTBEAT_MS);
      last = last
        .then(() => carryOut(context, runId, collection, scope, stopping.signal))
        // Where not even that can be stored, the run is found to be stalled.
        .catch((error: unknown) => context.runs.fail(runId, describeError(error)).catch(() => undefined))
        .finally(() => clearInterval(beat));
      return { runId, ended: last };
    },
    async stop() {
      stopping.abort(new TerminalError(STOPPED));
      await last;
    },
  };
}

const STOPPED = {
  code: 'bridge_stopped',
  message: 'The bridge was stopped before the plan was made.',
  remedy: 'Start the plan again.',
};

/** @throws what keeps it from coming to an end */
async function carryOut(
  context: Context,
  runId: string,
  collection: string,
  scope: RunScope,
  stopping: AbortSignal,
): Promise<void> {
  stopping.throwIfAborted();
  if (!(await context.runs.isRunning(runId))) return;
  const scratch = await openScratch(context.databaseUrl);
  try {
    await fillScratch(scratch, await findSchema(context.db));
    const links = createScratchLinks(scratch, context.linksSettings);
    const journal = createJournal();
    const sides = await createPlanSides(context, { links, ties: createTies(scratch) }, journal);
    const runs = createRuns(scratch);
    const isWanted = async () => !stopping.aborted && (await context.runs.isRunning(runId));
    const tell = (planned: string, isListed: boolean) => report(context.runs, runId, runs, planned, isListed);
    const listing: Runs = {
      ...runs,
      isRunning: isWanted,
      async enlist(planned, ...page) {
        await runs.enlist(planned, ...page);
        await tell(planned, false);
      },
    };
    const { runId: planned, listed } = await startResync({ links, runs: listing, ...sides }, collection, scope);
    await listed;
    const told = () => tell(planned, true);
    await told();
    const planContext = reconcileContext({ ...context, db: scratch, links, ...sides, log: quiet(context.log, runId) });
    await workOff(planContext, () => msUntilDue(scratch), isWanted, told);
    stopping.throwIfAborted();
    await context.runChanges.store(runId, await tellPlan(scratch, journal.entries(), isPlaceholder));
    await told();
    await context.runs.complete(runId);
  } finally {
    await scratch.destroy();
  }
}

/** @throws the error with which the listing failed */
async function report(real: Runs, runId: string, runs: Runs, planned: string, isListed: boolean): Promise<void> {
  const counts = await runs.report(planned);
  if (counts === null) return;
  if (counts.error) throw new TerminalError(counts.error);
  const { total, done, created, updated, unchanged, conflicts, parked, held } = counts;
  await real.progress(runId, { total, done, created, updated, unchanged, conflicts, parked, held }, isListed);
}

/** Until nothing is left that will be done soon. */
async function workOff(
  context: ReturnType<typeof reconcileContext>,
  untilDue: () => Promise<number | null>,
  isWanted: () => Promise<boolean>,
  afterEach: () => Promise<void>,
): Promise<void> {
  let failure: unknown = null;
  const workOnce = createWork(context, {
    batchSize: BATCH,
    // Who has paused an entity asks what resuming it would do.
    paused: async () => new Set(),
    isStopping: () => false,
    // Nobody else could take the lease.
    async underLease(_claim, pass) {
      try {
        await pass();
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  });
  let [failures, waits] = [0, 0];
  while (await isWanted()) {
    failure = null;
    const busy = await workOnce();
    if (failure !== null) {
      failures += 1;
      if (failures === MOST_FAILURES) throw failure;
      await sleep(PATIENCE_MS);
      continue;
    }
    if (busy) {
      [failures, waits] = [0, 0];
      await afterEach();
      continue;
    }
    const ms = await untilDue();
    waits += 1;
    if (ms === null || ms > PATIENCE_MS || waits > MOST_WAITS) return;
    await sleep(ms + 10);
  }
}

/**
 * What a plan comes across is told by its changes; in the log it would look as if it had been done. Only what the bridge
 * itself is to blame for stays there.
 */
function quiet(log: Log, runId: string): Log {
  const whisper = (values: object, message: string) => log.debug({ runId, ...values }, message);
  const error = (values: object, message: string) => log.error({ runId, ...values }, `in a dry run: ${message}`);
  return { debug: whisper, info: whisper, warn: whisper, error };
}
