/** A resync that a command waits for: it does its share of the work itself, beside any bridge that runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';
import type { RunReport, RunScope } from './links/runs.ts';
import { startController } from './reconcile/controller.ts';
import { reconcileContext } from './reconcile-context.ts';
import { startResync } from './sources/resync.ts';

/** @param onProgress told about twice a second */
export async function syncUntilDone(
  context: Context,
  collection: string,
  scope: RunScope,
  onProgress?: (report: RunReport) => void,
): Promise<RunReport> {
  const controller = startController(reconcileContext(context));
  try {
    const { runId, listed } = await startResync(context, collection, scope);
    await listed;
    for (;;) {
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
