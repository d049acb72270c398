/** One bridge process: it can die at any step, never to go on, or stand still for a while. */
import type { Scheduler } from './scheduler.ts';

export interface Process {
  readonly name: string;
  isAlive(): boolean;
  /** Goes on with what waited for an answer; a dead process never does. */
  resume(act: () => void): void;
  sleep(ms: number): Promise<void>;
  /** Dies when it would go on for the n-th time from now. */
  crashAfter(resumes: number): void;
  /** Dies now. */
  die(): void;
  /** Stands still for so long when it would go on for the n-th time from now. */
  stallAfter(resumes: number, ms: number): void;
  /** Neither dies nor stands still of what was in store for it. */
  spare(): void;
  onCrash(act: () => void): void;
}

export function createProcess(scheduler: Scheduler, name: string): Process {
  let alive = true;
  let fuse = Number.POSITIVE_INFINITY;
  let stalledUntil = 0;
  let brake: { resumes: number; readonly ms: number } | null = null;
  const undertakers: (() => void)[] = [];

  function resume(act: () => void): void {
    if (!alive) return;
    if (brake !== null) {
      brake.resumes -= 1;
      if (brake.resumes <= 0) stall(brake.ms);
    }
    if (scheduler.now() < stalledUntil) {
      scheduler.after(stalledUntil - scheduler.now(), () => resume(act));
      return;
    }
    fuse -= 1;
    if (fuse > 0) act();
    else die();
  }

  function stall(ms: number): void {
    brake = null;
    stalledUntil = Math.max(stalledUntil, scheduler.now() + ms);
    scheduler.note(`${name} stands still for ${ms} ms`);
  }

  function die(): void {
    if (!alive) return;
    alive = false;
    scheduler.note(`${name} dies`);
    for (const bury of undertakers) bury();
  }

  return {
    name,
    isAlive: () => alive,
    resume,
    sleep: (ms) => new Promise((resolve) => scheduler.after(ms, () => resume(resolve))),
    crashAfter(resumes) {
      fuse = Math.min(fuse, resumes);
    },
    die,
    stallAfter(resumes, ms) {
      brake = { resumes, ms };
    },
    spare() {
      fuse = Number.POSITIVE_INFINITY;
      brake = null;
    },
    onCrash: (act) => undertakers.push(act),
  };
}
