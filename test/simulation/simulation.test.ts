import t from 'tap';
import { explainFailure, formatExplanation } from './explain-failure.ts';
import { generate } from './generate.ts';
import { isFault } from './operations.ts';
import { runSchedule } from './run-schedule.ts';
import { runSeeds } from './run-seeds.ts';

t.setTimeout(1_200_000);

/** A sample that fits into every run of the tests; `npm run sim -- --seeds 1000000` is the same with more. */
const SAMPLE = 10_000;

t.test('no schedule breaks a promise', { timeout: 900_000 }, async (t) => {
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
