/** A thread that runs the seeds it is told and answers with what became of them. */
import { parentPort, workerData } from 'node:worker_threads';
import { plant } from './mutants/plant.ts';
import type { Failure, Progress, SeedRange, ThreadData } from './run-seeds.ts';

// Errors are thrown by the thousand here, and nobody looks at where.
Error.stackTraceLimit = 0;

const { mutant, untilFailure } = workerData as ThreadData;
if (mutant) plant(mutant);
// Not before: what is loaded already can no longer be altered.
const { generate } = await import('./generate.ts');
const { runSchedule } = await import('./run-schedule.ts');

async function run({ from, count }: SeedRange): Promise<Progress> {
  const failures: Failure[] = [];
  let [schedules, steps, reviewed, hash] = [0, 0, 0, 0];
  for (let seed = from; seed < from + count; seed += 1) {
    if (untilFailure && failures.length > 0) break;
    schedules += 1;
    const result = await runSchedule(generate(seed));
    steps += result.steps;
    reviewed += result.reviewed;
    hash ^= Number.parseInt(result.hash.slice(0, 8), 16) ^ Number.parseInt(result.hash.slice(8), 16);
    if (result.violations.length > 0) failures.push({ seed, violations: result.violations });
  }
  return { schedules, steps, reviewed, failures, hash: hash >>> 0 };
}

parentPort?.on('message', (range: SeedRange) => {
  void run(range).then((progress) => parentPort?.postMessage(progress));
});
