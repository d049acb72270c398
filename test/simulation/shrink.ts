/** Makes a schedule that breaks a promise as short as it can be while it still breaks the same one. */
import type { Happening, Schedule } from './operations.ts';

const SALTS = 6;

/** @param fails whether the schedule still breaks the promise */
export async function shrink(schedule: Schedule, fails: (schedule: Schedule) => Promise<boolean>): Promise<Schedule> {
  let smallest = schedule;
  const tryWith = async (candidate: Schedule): Promise<boolean> => {
    // Whatever is left out moves the delays of all that follows: a few others are tried before it is put back.
    for (let salt = candidate.salt; salt < candidate.salt + SALTS; salt += 1) {
      const salted = { ...candidate, salt: salt % SALTS };
      if (!(await fails(salted))) continue;
      smallest = salted;
      return true;
    }
    return false;
  };
  // Large parts first; once nothing of a size can go, parts of half the size.
  for (let size = Math.ceil(schedule.happenings.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < smallest.happenings.length; ) {
      const without = leaveOut(smallest.happenings, start, size);
      if (!(await tryWith({ ...smallest, happenings: without }))) start += size;
    }
  }
  for (let index = smallest.born.length - 1; index >= 0; index -= 1) {
    await tryWith({ ...smallest, born: smallest.born.filter((_, position) => position !== index) });
  }
  for (const simpler of [{ processes: 1 }, { workers: 1 }, { early: false }, { offsets: { app: 0, odoo: 0 } }]) {
    await tryWith({ ...smallest, ...simpler });
  }
  return smallest;
}

function leaveOut(happenings: readonly Happening[], start: number, count: number): readonly Happening[] {
  return [...happenings.slice(0, start), ...happenings.slice(start + count)];
}
