/** A schedule on the real store and on its twin in memory: both have to go the same way, step by step. */
import { type Result, type Run, runSchedule } from '../run-schedule.ts';
import type { Violation } from '../violation.ts';
import type { PostgresStore } from './postgres-store.ts';

/** @returns runs a schedule on both; what it tells is of the real one */
export function onBoth(store: PostgresStore): Run {
  return async (schedule, options = {}) => {
    const real = await runSchedule(schedule, { ...options, openStore: store.open, inspect: store.refusals });
    const twin = await runSchedule(schedule, options);
    return { ...real, violations: [...real.violations, ...compare(real, twin)] };
  };
}

function compare(real: Result, twin: Result): readonly Violation[] {
  if (real.hash === twin.hash) return [];
  const place = real.trace.findIndex((line, index) => line !== twin.trace[index]);
  const where = place < 0 ? '' : `, after "${real.trace[place]}" where that has "${twin.trace[place]}"`;
  return [{ invariant: 'I15', detail: `the twin in memory goes another way${where}` }];
}
