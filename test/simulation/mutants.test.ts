/** That the simulation would notice: a sample of the bugs that `npm run sim:mutants` plants, one by one. */
import t from 'tap';
import { MUTANTS } from './mutants/mutants.ts';
import { mutate } from './mutants/plant.ts';
import { runSeeds } from './run-seeds.ts';

t.setTimeout(300_000);

/** Caught within a few seeds. */
const SAMPLE = [
  'values are written whatever is there by now',
  'what is left to write after a creation counts as agreed',
  'ties go the wrong way',
  'the offset of a clock is added instead of subtracted',
  'a failed write counts as agreed',
  'what lost is not put on record',
  'polls read the first page only',
  'webhooks are stored and never marked',
];

t.test('every bug still fits into the code that it is for', async (t) => {
  for (const mutant of MUTANTS) t.doesNotThrow(() => mutate(mutant), mutant.name);
  t.ok(MUTANTS.length >= 20);
  t.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length, 'no name twice');
  t.throws(() => mutate({ name: 'x', invariant: 'I1', file: 'package.json', from: 'no such text', to: '' }), /0 times/);
});

for (const name of SAMPLE) {
  t.test(`it is noticed when ${name}`, async (t) => {
    const mutant = MUTANTS.find((one) => one.name === name);
    if (!mutant) throw new Error(`there is no mutant of this name: ${name}`);
    const { failures } = await runSeeds({ from: 1, count: 200 }, { threads: 2, mutant, untilFailure: true });
    const broke = failures.flatMap(({ violations }) => violations.map(({ invariant }) => invariant));
    t.not(broke.length, 0, `seed ${failures[0]?.seed} breaks ${[...new Set(broke)].join(' ')}`);
  });
}
