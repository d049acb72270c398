/** `npm run bench -- latency|push|ingest|idle [--n N] [--json] [--simulator]`: figures, measured on this machine, now. */
import { parseArgs } from 'node:util';
import { createBelongings } from '../world/belongings.ts';
import { Interrupted, listenForInterrupt, unlessInterrupted } from '../world/interrupt.ts';
import { startWorld } from '../world/start-world.ts';
import type { Bench } from './bench.ts';
import { idle } from './idle.ts';
import { ingest } from './ingest.ts';
import { latency } from './latency.ts';
import { push } from './push.ts';

const BENCHES: Readonly<Record<string, Bench>> = { latency, push, ingest, idle };

interface Command {
  readonly bench: Bench;
  readonly n: number;
  readonly json: boolean;
  readonly simulator: boolean;
}

/** @returns the exit code: 0 if the aim was met */
async function runBench({ bench, n, json, simulator }: Command): Promise<number> {
  const interrupt = listenForInterrupt();
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const belongings = createBelongings(say);
  const requireReal = process.env.DEMO_REQUIRE_ODOO === '1';
  const work = bench.run({
    n,
    say,
    belongings,
    startWorld: (options) =>
      startWorld({ name: 'bench', requireReal, simulate: simulator, wired: false, say, ...options }, belongings),
  });
  try {
    const { figures, lines, isGood } = await unlessInterrupted(interrupt, work);
    (json ? process.stderr : process.stdout).write(`${lines.join('\n')}\n`);
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return isGood ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    say(`The benchmark failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await belongings.end();
  }
}

function readCommand(): Command | null {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean' }, simulator: { type: 'boolean' }, n: { type: 'string' } },
    });
    const [name = '', ...more] = positionals;
    const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
    const n = Number(values.n ?? bench?.defaultN);
    if (!bench || more.length > 0 || !Number.isInteger(n) || n < 1) return null;
    return { bench, n, json: values.json === true, simulator: values.simulator === true };
  } catch {
    return null;
  }
}

function explainUsage(): number {
  const lines = Object.entries(BENCHES).map(
    ([name, { describe, defaultN }]) => `  ${name.padEnd(8)} ${describe} (--n ${defaultN})`,
  );
  process.stderr.write(`usage: npm run bench -- NAME [--n N] [--json] [--simulator]\n${lines.join('\n')}\n`);
  return 2;
}

const command = readCommand();
process.exit(command ? await runBench(command) : explainUsage());
