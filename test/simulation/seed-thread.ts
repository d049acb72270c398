/** A thread that runs the seeds it is told and answers with what became of them. */
import { parentPort, workerData } from 'node:worker_threads';
import { plant } from './mutants/plant.ts';
import type { SeedRange, ThreadData } from './run-seeds.ts';

// Errors are thrown by the thousand here, and nobody looks at where.
Error.stackTraceLimit = 0;

const { mutant, untilFailure } = workerData as ThreadData;
if (mutant) plant(mutant);
// Not before: what is loaded already can no longer be altered.
const { runRange } = await import('./run-range.ts');
const { runSchedule } = await import('./run-schedule.ts');

parentPort?.on('message', (range: SeedRange | null) => {
  // No more to do.
  if (range === null) process.exit();
  void runRange(range, { run: runSchedule, untilFailure }).then((progress) => parentPort?.postMessage(progress));
});
