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
  /** Makes something happen after so many milliseconds. Events of one instant come in seeded order. */
  after(ms: number, act: () => void): void;
  note(text: string): void;
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
}

/** Some afternoon, so that dates of the simulation look like dates. */
export const EPOCH = Date.UTC(2026, 10, 23, 14, 0, 0);

export function createScheduler(random: Random, trace: Trace, stepLimit: number): Scheduler {
  const heap: Event[] = [];
  let now = EPOCH;
  let steps = 0;

  return {
    now: () => now,
    random,
    trace,
    after(ms, act) {
      push(heap, { at: now + Math.max(0, Math.round(ms)), order: random.next(), act });
    },
    note: (text) => trace.note(now - EPOCH, text),
    async runUntil(time) {
      for (let next = heap[0]; next !== undefined && next.at <= time; next = heap[0]) {
        pop(heap);
        now = next.at;
        steps += 1;
        if (steps > stepLimit) throw new StepLimit(`more than ${stepLimit} steps`);
        next.act();
        await promisesAtRest();
      }
      now = Math.max(now, time);
    },
    steps: () => steps,
  };
}

/** The event loop looks for immediates only when no promise can go on. */
function promisesAtRest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
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
}
