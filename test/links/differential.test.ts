/** Whatever is called in whatever order: the store of the simulation answers as PostgreSQL does, and remembers the same. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { createMemorySubject } from './contract/memory-subject.ts';
import { type Course, perform } from './contract/perform-operation.ts';
import { openPostgres } from './contract/postgres-subject.ts';
import { type Operation, operations } from './contract/random-operations.ts';
import { show } from './contract/show-rows.ts';
import type { Subject } from './contract/subject.ts';

const SEQUENCES = 200;
/** After so many operations all rows are compared as well. */
const ROWS_EVERY = 10;
/** So far the pace of the machine may part the clocks of two stores. */
const TOLERANCE_MS = 5_000;
/** A delivery is looked at again after two seconds: in a sequence that took less, the pace decided nothing. */
const BRISK_MS = 1_500;
const MOST_TRIES = 4;
const SETTINGS = { looksAgain: true, guardPercent: 50 };

t.setTimeout(300_000);

const begin = (subject: Subject): Course => ({ subject, claims: [], step: 0 });

/** What both must agree on: the answer, or that there was none. */
async function answer(course: Course, operation: Operation): Promise<unknown> {
  try {
    return (await perform(course, operation)) ?? null;
  } catch (error) {
    return { refused: error instanceof Error };
  }
}

async function compareRows(real: Subject, simulated: Subject): Promise<void> {
  const [expected, found] = await Promise.all([show(real), show(simulated)]);
  deepStrictEqual(found.rows, expected.rows);
  for (const [place, [what, ms]] of found.times.entries()) {
    const distance = Math.abs(ms - (expected.times[place]?.[1] ?? Number.NaN));
    ok(distance < TOLERANCE_MS, `${what} is ${distance} ms apart`);
  }
}

t.test('both stores answer any sequence of calls alike', { timeout: 300_000 }, async (t) => {
  const { make } = await openPostgres(t);

  async function compare(sequence: readonly Operation[]): Promise<void> {
    const real = begin(await make(t, SETTINGS));
    const simulated = begin(createMemorySubject(SETTINGS, Date.now));
    for (const [index, operation] of sequence.entries()) {
      const expected = await answer(real, operation);
      deepStrictEqual(await answer(simulated, operation), expected, `operation ${index}: ${operation.do}`);
      if (index % ROWS_EVERY === ROWS_EVERY - 1) await compareRows(real.subject, simulated.subject);
    }
    await compareRows(real.subject, simulated.subject);
  }

  let compared = 0;
  await fc.assert(
    fc.asyncProperty(operations, async (sequence) => {
      for (let tries = 1; ; tries += 1) {
        const startedAt = performance.now();
        try {
          await compare(sequence);
          break;
        } catch (error) {
          // On a machine that was busy, time itself may have come between the two stores. A fault is there again.
          if (performance.now() - startedAt < BRISK_MS || tries === MOST_TRIES) throw error;
        }
      }
      compared += 1;
    }),
    { numRuns: SEQUENCES, seed: Number(process.env.DIFFERENTIAL_SEED ?? 20261123) },
  );
  t.equal(compared, SEQUENCES);
});
