// Runs the simulation with the real store on a real PostgreSQL: npm run sim:postgres -- [--seeds N] [--from K]
// [--seed S] [--json] [--threads T]. The schedules are those of npm run sim, and so is the last line: the same seeds
// give the same hash. Exit code 1 on a violation.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { explainFailure, formatExplanation } from '../test/simulation/explain-failure.ts';
import { openDatabases } from '../test/simulation/postgres/open-databases.ts';
import { openPostgresStore } from '../test/simulation/postgres/postgres-store.ts';
import { onBoth } from '../test/simulation/postgres/run-both.ts';
import { runSeeds } from '../test/simulation/run-seeds.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  console.error(`--${name} must be a whole number of at least ${least}.`);
  process.exit(2);
}

const from = wholeNumber('from', values.seed ?? values.from, 0);
const count = values.seed === undefined ? wholeNumber('seeds', values.seeds, 1) : 1;
const threads = Math.min(count, wholeNumber('threads', values.threads, 1));
const databases = await openDatabases(threads);
let done = 0;
let toldAt = performance.now();

/** Now and then, for whoever waits for thousands. */
function tellProgress(schedules: number): void {
  done += schedules;
  if (values.json || performance.now() - toldAt < 60_000) return;
  toldAt = performance.now();
  console.log(`${done} of ${count}`);
}

try {
  const summary = await runSeeds(
    { from, count },
    {
      threads,
      databases: databases.urls,
      onProgress: (_range, { schedules }) => tellProgress(schedules),
      onFailure: ({ seed, violations }) => {
        if (!values.json)
          console.log(`seed ${seed}: ${violations.map((one) => `${one.invariant} ${one.detail}`).join('; ')}`);
      },
    },
  );
  const { schedules, failures, milliseconds, steps, reviewed } = summary;
  const [first] = failures;
  if (first && !values.json) console.log(await explain(first.seed));
  const violations = failures.reduce((sum, failure) => sum + failure.violations.length, 0);
  const hash = summary.hash.toString(16).padStart(8, '0');
  const failed = failures.map(({ seed }) => seed);
  const perSeed = Math.round(milliseconds / schedules);
  console.log(JSON.stringify({ schedules, violations, from, failed, hash, steps, reviewed, milliseconds, perSeed }));
  process.exitCode = violations > 0 ? 1 : 0;
} finally {
  await databases.close();
}

/** The shortest schedule that breaks the same promise on PostgreSQL. */
async function explain(seed: number): Promise<string> {
  const store = await openPostgresStore(databases.urls[0] ?? '');
  const explanation = await explainFailure(seed, onBoth(store));
  await store.close();
  return explanation ? formatExplanation(explanation) : `seed ${seed} breaks nothing when it is run alone`;
}
