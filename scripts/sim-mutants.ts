// Plants bugs into the engine, one by one, and lets the simulation find them: npm run sim:mutants [-- --json]
// [--mutant PART OF A NAME] [--limit SEEDS]. The last line tells the outcome as JSON. Exit code 1 when one is not caught.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Mutant } from '../test/simulation/mutants/mutant.ts';
import { MUTANTS } from '../test/simulation/mutants/mutants.ts';
import { runSeeds } from '../test/simulation/run-seeds.ts';

const { values } = parseArgs({
  options: {
    mutant: { type: 'string', default: '' },
    limit: { type: 'string', default: '10000' },
    json: { type: 'boolean', default: false },
  },
});

interface Outcome {
  readonly name: string;
  readonly caught: boolean;
  /** Seeds that were run until then. */
  readonly seeds: number;
  readonly invariant: string;
  /** What the first seeds that failed had broken. */
  readonly broke: readonly string[];
}

async function tryMutant(mutant: Mutant): Promise<Outcome> {
  const limit = Number(values.limit);
  const options = { threads: Math.min(2, availableParallelism()), mutant, untilFailure: true };
  const { failures, schedules } = await runSeeds({ from: 1, count: limit }, options);
  const broke = new Set(failures.flatMap(({ violations }) => violations.map(({ invariant }) => invariant)));
  const seeds = failures[0]?.seed ?? schedules;
  return { name: mutant.name, caught: broke.size > 0, seeds, invariant: mutant.invariant, broke: [...broke].sort() };
}

const chosen = MUTANTS.filter(({ name }) => name.includes(values.mutant));
const outcomes: Outcome[] = [];
for (const mutant of chosen) {
  const outcome = await tryMutant(mutant);
  outcomes.push(outcome);
  if (values.json) continue;
  const end = outcome.caught ? `caught by seed ${outcome.seeds}: ${outcome.broke.join(' ')}` : 'NOT CAUGHT';
  console.log(`${outcome.invariant.padEnd(4)}${mutant.name.padEnd(76)}${end}`);
}
console.log(JSON.stringify({ mutants: outcomes }));
process.exitCode = chosen.length > 0 && outcomes.every(({ caught }) => caught) ? 0 : 1;
