import t from 'tap';
import { explainFailure, formatExplanation } from './explain-failure.ts';
import { generate } from './generate.ts';
import { isFault } from './operations.ts';
import { type RunOptions, runSchedule } from './run-schedule.ts';
import { runSeeds } from './run-seeds.ts';

t.setTimeout(600_000);

/** A sample that fits into every run of the tests; `npm run sim -- --seeds 1000000` is the same with more. */
const SAMPLE = 1_000;

t.test('no schedule breaks a promise', { timeout: 240_000 }, async (t) => {
  const { schedules, failures, reviewed } = await runSeeds({ from: 1, count: SAMPLE }, { threads: 2 });
  const [first] = failures;
  const explanation = first ? await explainFailure(first.seed) : null;
  if (explanation) t.comment(formatExplanation(explanation));
  t.same(failures.slice(0, 5), [], `${failures.length} of ${schedules} schedules break a promise`);
  t.equal(schedules, SAMPLE);
  t.ok(reviewed > SAMPLE, 'conflicts were decided, and reviewed');
});

t.test('each schedule has at least 60 operations and 5 faults', async (t) => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const { happenings } = generate(seed);
    const faults = happenings.filter(({ what }) => isFault(what)).length;
    t.ok(happenings.length - faults >= 60 && faults >= 5, `seed ${seed}`);
  }
});

t.test('I15: the same seed gives the same trace, another one another', async (t) => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const first = await runSchedule(generate(seed), { keepTrace: true });
    const second = await runSchedule(generate(seed), { keepTrace: true });
    t.same(first.trace, second.trace, `seed ${seed}`);
    t.equal(first.hash, second.hash);
    t.not(first.hash, (await runSchedule(generate(seed + 1_000))).hash);
  }
});

/** Engines that are broken on purpose: each by a store or a side that does not keep its word. */
const BROKEN: readonly { readonly name: string; readonly breaks: string; readonly how: RunOptions }[] = [
  {
    name: 'webhooks are acknowledged and forgotten, and no poll finds the rest',
    breaks: 'I1',
    how: {
      store: ({ links, cursors }) => ({
        cursors,
        links: {
          ...links,
          receive: async (deliveries) => deliveries.map(() => true),
          filterChanged: async () => ({ changed: [], unlinked: [] }),
        },
      }),
    },
  },
  {
    name: 'a creation is not looked for before it is made again',
    breaks: 'I2',
    how: { backend: (backend) => ({ ...backend, findCreated: async () => new Map(), findMatches: async () => [] }) },
  },
  {
    name: 'writes are not compared with what was read',
    breaks: 'I6',
    how: {
      backend: (backend) => ({
        ...backend,
        // Without a stamp the app, without expected values Odoo has nothing to compare.
        update: (entity, operations, options) => {
          const blind = { stamp: undefined as unknown as string, raw: {} };
          const unguarded = operations.map((one) => ({ ...one, record: { ...one.record, ...blind } }));
          return backend.update(entity, unguarded, options);
        },
      }),
    },
  },
  {
    name: 'the clocks of the sides are taken for the own one',
    breaks: 'I5',
    how: { backend: (backend) => ({ ...backend, clock: () => ({ offsetMs: 0, uncertaintyMs: 0 }) }) },
  },
];

for (const { name, breaks, how } of BROKEN) {
  t.test(`it would notice when ${name}`, async (t) => {
    let caughtBy: string | null = null;
    for (let seed = 1; seed <= 300 && caughtBy === null; seed += 1) {
      const { violations } = await runSchedule(generate(seed), how);
      if (violations.some(({ invariant }) => invariant === breaks)) caughtBy = `seed ${seed}`;
    }
    t.not(caughtBy, null, `${breaks} by ${caughtBy}`);
  });
}
