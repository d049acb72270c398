/** The record of many seeds: slices that are killed or stop add up to what one uninterrupted run gives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { runSeeds } from '../run-seeds.ts';
import { findCode, hashCode } from './code-hash.ts';
import { addRange, findGaps, formatRanges, parseRanges } from './ranges.ts';
import { addProgress, readRecord, resume, startRecord, writeRecord } from './record.ts';

t.setTimeout(300_000);

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'scripts', 'sim-million.ts');
const SEEDS = 100;

function start(path: string, ...args: string[]): ChildProcess {
  const options = ['--seeds', `${SEEDS}`, '--checkpoint-seconds', '0', '--record', path, ...args];
  return spawn(process.execPath, [SCRIPT, ...options], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function finish(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

const run = (path: string, ...args: string[]) => finish(start(path, ...args));

t.test('what was killed goes on, and ends as if nothing had been', { timeout: 240_000 }, async (t) => {
  const path = join(t.testdir(), 'record.json');
  const victim = start(path);
  const killed = finish(victim);
  while (((await readRecord(path))?.schedules ?? 0) === 0) await pause(20);
  victim.kill('SIGKILL');
  t.equal((await killed).code, null);
  const left = await readRecord(path);
  t.ok(left && left.schedules > 0 && !left.complete, `killed at ${left?.schedules} of ${SEEDS}`);

  const stopped = await run(path, '--slice-minutes', '0');
  t.equal(stopped.code, 0, 'a slice that is over is no failure');
  t.match(stopped.output, `${left?.schedules} of ${SEEDS} seeds`);
  t.match(stopped.output, 'call it again');

  const last = await run(path, '--json');
  t.equal(last.code, 0);
  const whole = await runSeeds({ from: 1, count: SEEDS }, { threads: 2 });
  const record = await readRecord(path);
  t.match(JSON.parse(last.output), { schedules: SEEDS, complete: true, violations: [] });
  t.match(record, {
    code: hashCode(),
    complete: true,
    done: [{ from: 1, count: SEEDS }],
    schedules: SEEDS,
    violations: [],
    steps: whole.steps,
    reviewed: whole.reviewed,
    hash: whole.hash.toString(16).padStart(8, '0'),
    previous: null,
  });
  t.ok(record && record.cpuMs > (left?.cpuMs ?? 0) && record.wallMs > (left?.wallMs ?? 0), 'time adds up');

  t.equal((await run(path, '--check')).code, 0);
  const before = await readFile(path, 'utf8');
  t.match(await run(path), { code: 0, output: 'complete' });
  t.equal(await readFile(path, 'utf8'), before, 'what is complete is left alone');
});

t.test('a record of other code is told, and one that was complete is kept', async (t) => {
  const path = join(t.testdir(), 'record.json');
  const nothing = await run(path, '--check');
  t.match(nothing, { code: 1, output: 'none' });

  const progress = { schedules: 2, steps: 9, reviewed: 1, hash: 0xf0, failures: [] };
  const old = { ...addProgress(startRecord('other', 2, null), { from: 1, count: 2 }, progress), complete: true };
  await writeRecord(path, old);
  t.same(await readRecord(path), old);
  const check = await run(path, '--check');
  t.equal(check.code, 1);
  for (const hash of ['other', hashCode()]) t.match(check.output, hash);

  const { code, output } = await run(path, '--slice-minutes', '0');
  t.equal(code, 0);
  t.match(output, 'a new one begins');
  const { previous, ...kept } = old;
  t.match(await readRecord(path), { code: hashCode(), schedules: 0, previous: kept });
});

t.test('one that was not complete is not kept, but what it kept is', async (t) => {
  const complete = { ...startRecord('first', 2, null), complete: true };
  const second = resume(complete, 'second', 2);
  t.match(second.previous, { code: 'first' });
  t.match(resume(second, 'third', 2), { code: 'third', previous: { code: 'first' } });
  t.match(resume(second, 'second', 5), { code: 'second', seeds: 5, previous: { code: 'first' } });
});

t.test('a violation is kept with its seed, and the exit code tells of it', async (t) => {
  const path = join(t.testdir(), 'record.json');
  const failures = [{ seed: 7, violations: [{ invariant: 'I2', detail: 'two of a person' }] }];
  const progress = { schedules: SEEDS, steps: 1, reviewed: 0, hash: 1, failures };
  await writeRecord(path, addProgress(startRecord(hashCode(), SEEDS, null), { from: 1, count: SEEDS }, progress));
  const { code, output } = await run(path);
  t.equal(code, 1);
  t.match(output, 'seed 7: I2 two of a person');
});

t.test('a file that is no record is not overwritten', async (t) => {
  const path = join(t.testdir(), 'record.json');
  await writeFile(path, '{}');
  const child = spawn(process.execPath, [SCRIPT, '--record', path], { env: {}, stdio: 'ignore' });
  t.not((await finish(child)).code, 0);
  t.equal(await readFile(path, 'utf8'), '{}');
});

t.test('ranges are added, and what is missing is found', async (t) => {
  const ranges = [
    { from: 26, count: 25 },
    { from: 101, count: 5 },
    { from: 1, count: 25 },
  ].reduce(addRange, parseRanges(''));
  t.equal(formatRanges(ranges), '1-50 101-105');
  t.same(parseRanges('1-50 101-105'), ranges);
  t.same(findGaps(ranges, 200), [
    { from: 51, count: 50 },
    { from: 106, count: 95 },
  ]);
  t.same(findGaps(ranges, 30), []);
  t.same(findGaps([], 3), [{ from: 1, count: 3 }]);
});

t.test('the code that counts is what the simulation loads, and no test', async (t) => {
  const code = findCode();
  for (const path of ['src/reconcile/reconcile.ts', 'src/links/links.ts', 'test/simulation/world.ts'])
    t.ok(code.includes(path), path);
  t.same(
    code.filter((path) => /\.test\.ts$|mutants|postgres/.test(path)),
    [],
  );
});
