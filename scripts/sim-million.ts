// Runs the simulation for long, in slices that add up: npm run sim:million -- [--seeds N] [--slice-minutes M]
// [--threads T] [--record FILE] [--checkpoint-seconds S] [--json], or --check. What was run is kept in
// docs/simulation-record.json; the next call goes on from there, as long as the code is the same. Exit code 1 on a
// violation. --check only tells whether the record is of the present code: exit code 1 when it is not.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { hashCode } from '../test/simulation/million/code-hash.ts';
import { readRecord, resume, type SimulationRecord } from '../test/simulation/million/record.ts';
import { runSlice } from '../test/simulation/million/run-slice.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000000' },
    'slice-minutes': { type: 'string', default: '20' },
    'checkpoint-seconds': { type: 'string', default: '10' },
    threads: { type: 'string', default: String(availableParallelism()) },
    record: { type: 'string', default: new URL('../docs/simulation-record.json', import.meta.url).pathname },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});

/** The seeds that were taken up when the time is over need some seconds more. */
const LAST_SEEDS_MS = 15_000;

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= least) return value;
  console.error(`--${name} must be a number of at least ${least}.`);
  process.exit(2);
}

function tell({ seeds, schedules, violations, complete, hash, wallMs, cpuMs, updatedAt }: SimulationRecord): string {
  const broken = violations.map(({ seed, invariant, detail }) => `seed ${seed}: ${invariant} ${detail}\n`).join('');
  const state = complete ? 'complete' : `${((100 * schedules) / seeds).toFixed(1)} %, call it again to go on`;
  const time = `${Math.round(wallMs / 1_000)} s, of the processor ${Math.round(cpuMs / 1_000)} s`;
  return `${broken}${schedules} of ${seeds} seeds (${state}), ${violations.length} violations, hash ${hash}, ${time}, ${updatedAt}`;
}

const code = hashCode();
const found = await readRecord(values.record);
if (values.check) {
  console.log(`present code: ${code}\nrecord:       ${found?.code ?? 'none'}`);
  if (found) console.log(tell(found));
  process.exitCode = found?.code === code ? 0 : 1;
} else {
  const seeds = number('seeds', values.seeds, 1);
  const limitMs = 60_000 * number('slice-minutes', values['slice-minutes'], 0);
  const record = resume(found, code, seeds);
  if (found && found.code !== code && !values.json)
    console.log(`The code has changed since the record was begun (${found.code}, now ${code}): a new one begins.`);
  const { done, ...rest } = await runSlice(record, {
    path: values.record,
    threads: number('threads', values.threads, 1),
    limitMs: Math.max(limitMs / 2, limitMs - LAST_SEEDS_MS),
    checkpointMs: 1_000 * number('checkpoint-seconds', values['checkpoint-seconds'], 0),
  });
  console.log(values.json ? JSON.stringify({ ...rest, previous: undefined }) : tell({ done, ...rest }));
  process.exitCode = rest.violations.length > 0 ? 1 : 0;
}
