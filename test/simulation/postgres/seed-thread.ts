/** As the other seed-thread.ts, with the real store on a database of its own beside the twin in memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { plant } from '../mutants/plant.ts';
import type { SeedRange, ThreadData } from '../run-seeds.ts';

Error.stackTraceLimit = 0;

const { mutant, untilFailure, url } = workerData as ThreadData & { readonly url: string };
if (mutant) plant(mutant);
const { runRange } = await import('../run-range.ts');
const { openPostgresStore } = await import('./postgres-store.ts');
const { onBoth } = await import('./run-both.ts');
const run = onBoth(await openPostgresStore(url));

parentPort?.on('message', (range: SeedRange | null) => {
  // No more to do.
  if (range === null) process.exit();
  void runRange(range, { run, untilFailure }).then((progress) => parentPort?.postMessage(progress));
});
