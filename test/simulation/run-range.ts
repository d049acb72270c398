/** Some seeds, one after the other. */
import { generate } from './generate.ts';
import type { Run } from './run-schedule.ts';
import type { Failure, Progress, SeedRange } from './run-seeds.ts';

export interface RangeOptions {
  readonly run: Run;
  readonly untilFailure: boolean;
}

export async function runRange({ from, count }: SeedRange, { run, untilFailure }: RangeOptions): Promise<Progress> {
  const failures: Failure[] = [];
  let [schedules, steps, reviewed, hash] = [0, 0, 0, 0];
  for (let seed = from; seed < from + count; seed += 1) {
    if (untilFailure && failures.length > 0) break;
    schedules += 1;
    const result = await run(generate(seed));
    steps += result.steps;
    reviewed += result.reviewed;
    hash ^= Number.parseInt(result.hash.slice(0, 8), 16) ^ Number.parseInt(result.hash.slice(8), 16);
    if (result.violations.length > 0) failures.push({ seed, violations: result.violations });
  }
  return { schedules, steps, reviewed, failures, hash: hash >>> 0 };
}
