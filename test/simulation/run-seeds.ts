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
  /** Of its database; undefined for one that runs in memory. */
  readonly url?: string | undefined;
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
  readonly onProgress?: (range: SeedRange, progress: Progress) => void;
  /** Takes up no new seeds once one has failed. */
  readonly untilFailure?: boolean;
  /** A bug to plant into each thread. */
  readonly mutant?: Mutant;
  /** Databases for the real store, one for each thread; the twin in memory if there are none. */
  readonly databases?: readonly string[];
}

/** Seeds that a thread takes at once. On a database each takes so long that one is enough. */
const SLICE = 25;

export async function runSeeds({ from, count }: SeedRange, options: RunSeedsOptions): Promise<Summary> {
  const startedAt = performance.now();
  const total = { schedules: 0, steps: 0, reviewed: 0, failures: [] as Failure[], hash: 0 };
  let next = from;

  function takeSlice(): SeedRange | null {
    const late = options.limitMs !== undefined && performance.now() - startedAt > options.limitMs;
    const over = options.untilFailure === true && total.failures.length > 0;
    if (late || over || next >= from + count) return null;
    const most = options.databases ? 1 : SLICE;
    const slice = { from: next, count: Math.min(most, from + count - next) };
    next += slice.count;
    return slice;
  }

  function add(range: SeedRange, progress: Progress): void {
    const { schedules, steps, reviewed, failures, hash } = progress;
    total.schedules += schedules;
    total.steps += steps;
    total.reviewed += reviewed;
    total.failures.push(...failures);
    total.hash = (total.hash ^ hash) >>> 0;
    for (const failure of failures) options.onFailure?.(failure);
    options.onProgress?.(range, progress);
  }

  const { threads, mutant = null, untilFailure = false, databases } = options;
  await Promise.all(
    Array.from({ length: threads }, (_, index) => {
      const url = databases?.[index];
      const script = url === undefined ? 'seed-thread.ts' : 'postgres/seed-thread.ts';
      return runThread(startThread(script, { mutant, untilFailure, url }), takeSlice, add);
    }),
  );
  total.failures.sort((left, right) => left.seed - right.seed);
  return { ...total, milliseconds: Math.round(performance.now() - startedAt), complete: total.schedules === count };
}

function startThread(script: string, workerData: ThreadData): Worker {
  return new Worker(new URL(script, import.meta.url), {
    execArgv: [],
    workerData,
    // A schedule leaves nothing behind: with room for some of them hardly anything is ever moved to the old space.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
}

function runThread(
  thread: Worker,
  takeSlice: () => SeedRange | null,
  add: (range: SeedRange, progress: Progress) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let slice: SeedRange | null = null;
    // It ends by itself: Node now and then crashes when a thread is ended from outside, above all while it still starts.
    const goOn = () => {
      slice = takeSlice();
      thread.postMessage(slice);
    };
    thread.on('message', (progress: Progress) => {
      if (slice) add(slice, progress);
      goOn();
    });
    thread.on('error', reject);
    thread.on('exit', () => resolve());
    goOn();
  });
}
