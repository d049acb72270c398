/** Runs many seeds on several threads. */
import { Worker } from 'node:worker_threads';
import type { Mutant } from './mutants/mutant.ts';
import type { Violation } from './violation.ts';

export interface SeedRange {
  readonly from: number;
  readonly count: number;
}

/** What a thread tells of some seeds it has run. */
export interface Progress {
  readonly schedules: number;
  readonly steps: number;
  readonly reviewed: number;
  readonly failures: readonly Failure[];
  /** The hashes of all traces, one upon the other: the same seeds must give the same. */
  readonly hash: number;
}

/** What a thread is told at its start. */
export interface ThreadData {
  readonly mutant: Mutant | null;
  readonly untilFailure: boolean;
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

export interface Summary extends Progress {
  readonly milliseconds: number;
  /** False when the time was up before all seeds were run. */
  readonly complete: boolean;
}

export interface RunSeedsOptions {
  readonly threads: number;
  /** Stops taking up new seeds after so many milliseconds. */
  readonly limitMs?: number;
  readonly onFailure?: (failure: Failure) => void;
  /** Takes up no new seeds once one has failed. */
  readonly untilFailure?: boolean;
  /** A bug to plant into each thread. */
  readonly mutant?: Mutant;
}

/** Seeds that a thread takes at once. */
const SLICE = 25;

export async function runSeeds({ from, count }: SeedRange, options: RunSeedsOptions): Promise<Summary> {
  const startedAt = performance.now();
  const total = { schedules: 0, steps: 0, reviewed: 0, failures: [] as Failure[], hash: 0 };
  let next = from;

  function takeSlice(): SeedRange | null {
    const late = options.limitMs !== undefined && performance.now() - startedAt > options.limitMs;
    const over = options.untilFailure === true && total.failures.length > 0;
    if (late || over || next >= from + count) return null;
    const slice = { from: next, count: Math.min(SLICE, from + count - next) };
    next += slice.count;
    return slice;
  }

  function add({ schedules, steps, reviewed, failures, hash }: Progress): void {
    total.schedules += schedules;
    total.steps += steps;
    total.reviewed += reviewed;
    total.failures.push(...failures);
    total.hash = (total.hash ^ hash) >>> 0;
    for (const failure of failures) options.onFailure?.(failure);
  }

  const data: ThreadData = { mutant: options.mutant ?? null, untilFailure: options.untilFailure ?? false };
  await Promise.all(Array.from({ length: options.threads }, () => runThread(takeSlice, add, data)));
  total.failures.sort((left, right) => left.seed - right.seed);
  return { ...total, milliseconds: Math.round(performance.now() - startedAt), complete: total.schedules === count };
}

function runThread(
  takeSlice: () => SeedRange | null,
  add: (progress: Progress) => void,
  workerData: ThreadData,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('seed-thread.ts', import.meta.url), {
      execArgv: [],
      workerData,
      // A schedule leaves nothing behind: with room for some of them hardly anything is ever moved to the old space.
      resourceLimits: { maxYoungGenerationSizeMb: 64 },
    });
    const goOn = () => {
      const slice = takeSlice();
      if (slice) thread.postMessage(slice);
      else void thread.terminate().then(() => resolve());
    };
    thread.on('message', (progress: Progress) => {
      add(progress);
      goOn();
    });
    thread.on('error', reject);
    goOn();
  });
}
