// Runs the simulation: npm run sim -- [--seeds N] [--from K] [--seed S] [--json] [--threads T] [--real-time-limit SECONDS]
// Each seed is one schedule of edits and faults, played to its end and checked. The last line tells the outcome as
// JSON; the first failure is shrunk and explained before it. Exit code 1 on a violation.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { explainFailure, formatExplanation } from '../test/simulation/explain-failure.ts';
import { runSeeds } from '../test/simulation/run-seeds.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
    'real-time-limit': { type: 'string' },
  },
});

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  console.error(`--${name} must be a whole number of at least ${least}.`);
  process.exit(2);
}

const one = values.seed === undefined ? null : wholeNumber('seed', values.seed, 0);
const from = one ?? wholeNumber('from', values.from, 0);
const count = one === null ? wholeNumber('seeds', values.seeds, 1) : 1;
const limit = values['real-time-limit'];
const summary = await runSeeds(
  { from, count },
  {
    threads: Math.min(count, wholeNumber('threads', values.threads, 1)),
    ...(limit !== undefined && { limitMs: 1_000 * wholeNumber('real-time-limit', limit, 1) }),
    onFailure: ({ seed, violations }) => {
      if (!values.json)
        console.log(`seed ${seed}: ${violations.map((one) => `${one.invariant} ${one.detail}`).join('; ')}`);
    },
  },
);
const [first] = summary.failures;
const explanation = first ? await explainFailure(first.seed) : null;
if (explanation && !values.json) console.log(formatExplanation(explanation));
const violations = summary.failures.reduce((sum, failure) => sum + failure.violations.length, 0);
const { schedules, complete, milliseconds, steps, reviewed } = summary;
const hash = summary.hash.toString(16).padStart(8, '0');
const failed = summary.failures.map(({ seed }) => seed);
console.log(
  JSON.stringify({
    schedules,
    violations,
    seed: first?.seed ?? from,
    from,
    complete,
    failed,
    hash,
    steps,
    reviewed,
    milliseconds,
  }),
);
process.exitCode = violations > 0 ? 1 : 0;
