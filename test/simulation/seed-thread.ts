/** A thread that runs the seeds it is told and answers with what became of them. */
import { parentPort } from 'node:worker_threads';
import { generate } from './generate.ts';
import { runSchedule } from './run-schedule.ts';
import type { Failure, Progress, SeedRange } from './run-seeds.ts';

// Errors are thrown by the thousand here, and nobody looks at where.
Error.stackTraceLimit = 0;

async function run({ from, count }: SeedRange): Promise<Progress> {
  const failures: Failure[] = [];
  let [steps, reviewed, hash] = [0, 0, 0];
  for (let seed = from; seed < from + count; seed += 1) {
    const result = await runSchedule(generate(seed));
    steps += result.steps;
    reviewed += result.reviewed;
    hash ^= Number.parseInt(result.hash.slice(0, 8), 16) ^ Number.parseInt(result.hash.slice(8), 16);
    if (result.violations.length > 0) failures.push({ seed, violations: result.violations });
  }
  return { schedules: count, steps, reviewed, failures, hash: hash >>> 0 };
}

parentPort?.on('message', (range: SeedRange) => {
  void run(range).then((progress) => parentPort?.postMessage(progress));
});
