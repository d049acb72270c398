// Runs the tests: node scripts/test.mjs [FILE…]
// Starts the test PostgreSQL once for all files, shows one line per file (and all of a file that failed), enforces the
// coverage gate of test/coverage-map.js, and ends with `N passed, N failed` alone on the last line.
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { EXEMPT, findMirrored } from '../test/coverage-map.js';
import { startTestPostgres } from '../test/support/test-postgres.ts';

const SECONDS_PER_FILE = 300;
const all = globSync('test/**/*.test.ts').sort();
const chosen = process.argv.slice(2);
const files = chosen.length > 0 ? chosen : all;

/** Prints tap's stream: a file that passed as its one result line, a file that failed with all but its passes. */
function showProgress() {
  let details = null;
  return (line) => {
    if (line.startsWith('# Subtest')) details = [];
    if (/^(not )?ok /.test(line)) {
      if (line.startsWith('not ok') && details !== null) console.log(details.join('\n'));
      details = null;
    }
    if (details !== null) details.push(...(/^\s*(ok |\d+\.\.\d|$)/.test(line) ? [] : [line]));
    else if (!/^(TAP version|1\.\.|$)/.test(line)) console.log(line);
  };
}

/** Runs tap; returns its exit code and what it counted: assertions, over all files. */
async function runTap() {
  const options = ['--reporter=tap', '--jobs=2', `--timeout=${SECONDS_PER_FILE}`, '--show-full-coverage'];
  // Files that were chosen may be such that no file of src answers for; all together they are not.
  if (chosen.length > 0) options.push('--allow-empty-coverage');
  const tap = spawn('tap', [...options, ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise((resolve, reject) => tap.once('error', reject).once('close', resolve));
  const show = showProgress();
  const counts = {};
  for await (const line of createInterface({ input: tap.stdout })) {
    show(line);
    const summary = /^# \{ (total: .*) \}$/.exec(line)?.[1];
    for (const [, name, count] of summary?.matchAll(/(\w+): (\d+)/g) ?? []) counts[name] = Number(count);
  }
  return { code: await exit, passed: counts.pass ?? 0, failed: counts.fail ?? 0, skipped: counts.skip ?? 0 };
}

function showGate() {
  const gated = new Set(all.map(findMirrored).filter(Boolean));
  const open = globSync('src/**/*.ts').filter((file) => !gated.has(file));
  console.log(`\nUnder the coverage gate, ${gated.size} files: ${[...gated].join(' ')}`);
  console.log(`Without a test file of their own, ${open.length} files: ${open.sort().join(' ')}`);
  for (const [file, reason] of Object.entries(EXEMPT)) console.log(`Exempt: ${file}: ${reason}`);
}

const postgres = await startTestPostgres();
let result;
try {
  result = await runTap();
} finally {
  await postgres.stop();
}
if (chosen.length === 0) showGate();
const { code, passed, failed, skipped } = result;
if (code !== 0 && failed === 0) console.log('Failed although no assertion did: see above (coverage, or a crash).');
if (passed + failed === 0) console.log('No test ran.');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = code === 0 && passed > 0 ? 0 : 1;
