/** A run that a command waits for: it does its share of the work itself, beside any bridge that runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';
import type { RetryFilter } from './links/retries.ts';
import type { RunReport, RunScope } from './links/runs.ts';
import { startController } from './reconcile/controller.ts';
import { reconcileContext } from './reconcile-context.ts';
import { endRuns } from './sources/read-back.ts';
import { startResync } from './sources/resync.ts';

/** Told about twice a second. */
type OnProgress = (report: RunReport) => void;

export function syncUntilDone(
  context: Context,
  collection: string,
  scope: RunScope,
  onProgress?: OnProgress,
): Promise<RunReport> {
  return untilDone(context, onProgress, async () => {
    const { runId, listed } = await startResync(context, collection, scope);
    await listed;
    return runId;
  });
}

export function retryUntilDone(context: Context, filter: RetryFilter, onProgress?: OnProgress): Promise<RunReport> {
  return untilDone(context, onProgress, async () => (await context.retries.start(filter)).runId);
}

async function untilDone(
  context: Context,
  onProgress: OnProgress | undefined,
  start: () => Promise<string>,
): Promise<RunReport> {
  const controller = startController(reconcileContext(context), { paused: context.pauses.paused });
  try {
    const runId = await start();
    for (;;) {
      await endRuns({ ...context, now: Date.now });
      const report = await context.runs.report(runId);
      if (!report) throw new TypeError('a run that was just started is gone');
      onProgress?.(report);
      if (report.status !== 'running') return report;
      await sleep(500);
    }
  } finally {
    await controller.stop();
  }
}
