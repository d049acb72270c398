/** A failure for a person to read: the promise that is broken, the shortest schedule that breaks it, and its trace. */
import { generate } from './generate.ts';
import type { Schedule } from './operations.ts';
import { type Run, runSchedule } from './run-schedule.ts';
import { shrink } from './shrink.ts';
import type { Violation } from './violation.ts';

export interface Explanation {
  readonly seed: number;
  readonly violation: Violation;
  readonly schedule: Schedule;
  readonly trace: readonly string[];
}

/** @returns null when the seed breaks nothing */
export async function explainFailure(seed: number, run: Run = runSchedule): Promise<Explanation | null> {
  const schedule = generate(seed);
  const [first] = (await run(schedule)).violations;
  if (!first) return null;
  const { invariant } = first;
  const isSame = (violations: readonly Violation[]) =>
    violations.find((violation) => violation.invariant === invariant);
  const shortest = await shrink(schedule, async (candidate) => isSame((await run(candidate)).violations) !== undefined);
  const { violations, trace } = await run(shortest, { keepTrace: true });
  return { seed, violation: isSame(violations) ?? first, schedule: shortest, trace };
}

export function formatExplanation({ seed, violation, schedule, trace }: Explanation): string {
  const { born, happenings, ...settings } = schedule;
  return [
    `seed ${seed} breaks ${violation.invariant}: ${violation.detail}`,
    `settings: ${JSON.stringify(settings)}`,
    'born:',
    ...born.map((operation) => `  ${JSON.stringify(operation)}`),
    'happenings:',
    ...happenings.map(({ at, what }) => `  ${(at / 1_000).toFixed(3).padStart(9)}  ${JSON.stringify(what)}`),
    'trace (seconds since the start):',
    ...trace,
  ].join('\n');
}
