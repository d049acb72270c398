/**
 * Virtual time. Whatever is to happen is an event with a time; between two events all promises run until none can
 * go on. No real timer, no real clock: only the order of events, which the seed decides where times are equal.
 */
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';

export interface Scheduler {
  /** Milliseconds of the bridge's clock, which is the true time of the simulation. */
  now(): number;
  readonly random: Random;
  readonly trace: Trace;
  /** Makes something happen after so many milliseconds. Events of one instant come in seeded order. @returns calls it off */
  after(ms: number, act: () => void): () => void;
  note(text: string): void;
  /** Time stands still until this is over: for what really takes time, such as a query. Nobody is told of its failure. */
  awaitReal(work: Promise<unknown>): void;
  /** @throws StepLimit when that takes more events than a run may have (I11) */
  runUntil(time: number): Promise<void>;
  steps(): number;
}

export class StepLimit extends Error {
  override readonly name = 'StepLimit';
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  off: boolean;
}

/** Some afternoon, so that dates of the simulation look like dates. */
export const EPOCH = Date.UTC(2026, 10, 23, 14, 0, 0);

export function createScheduler(random: Random, trace: Trace, stepLimit: number): Scheduler {
  const heap: Event[] = [];
  let now = EPOCH;
  let steps = 0;
  const real = new Set<Promise<unknown>>();

  function happen({ at, act, off }: Event): void {
    if (off) return;
    now = at;
    steps += 1;
    if (steps > stepLimit) throw new StepLimit(`more than ${stepLimit} steps`);
    act();
  }

  return {
    now: () => now,
    random,
    trace,
    after(ms, act) {
      const event = { at: now + Math.max(0, Math.round(ms)), order: random.next(), act, off: false };
      push(heap, event);
      return () => {
        event.off = true;
      };
    },
    note: (text) => trace.note(now - EPOCH, text),
    awaitReal(work) {
      real.add(work);
      const end = () => void real.delete(work);
      work.then(end, end);
    },
    async runUntil(time) {
      const isDue = () => heap[0] !== undefined && heap[0].at <= time;
      const next = () => {
        if (real.size === 0 && isDue()) happen(pop(heap));
      };
      while (real.size > 0 || isDue()) {
        // What goes on by its answer comes before the next event, and may be the next event.
        if (real.size > 0) await Promise.allSettled(real);
        await inTurns(next);
      }
      now = Math.max(now, time);
    },
    steps: () => steps,
  };
}

const TURNS = 64;

/** Between two immediates the event loop lets all promises go on; asking for many at once spares it its other rounds. */
function inTurns(act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const turn = () => {
      try {
        act();
      } catch (error) {
        reject(error);
      }
    };
    for (let count = 0; count < TURNS; count += 1) setImmediate(turn);
    setImmediate(resolve);
  });
}

function isBefore(left: Event, right: Event): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

function push(heap: Event[], event: Event): void {
  let hole = heap.length;
  heap.push(event);
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    const above = heap[parent] as Event;
    if (!isBefore(event, above)) break;
    heap[hole] = above;
    hole = parent;
  }
  heap[hole] = event;
}

/** @param heap with at least one event */
function pop(heap: Event[]): Event {
  const first = heap[0] as Event;
  const last = heap.pop() as Event;
  if (heap.length === 0) return first;
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[hole] = heap[child] as Event;
    hole = child;
  }
  heap[hole] = last;
  return first;
}
