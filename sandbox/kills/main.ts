/** `npm run kills [-- --kills N --odoo real|simulator --seed N --json]`: processes are killed, nothing may be lost. */
import { parseArgs } from 'node:util';
import { createBelongings } from '../world/belongings.ts';
import { Interrupted, listenForInterrupt, unlessInterrupted } from '../world/interrupt.ts';
import { startWorld } from '../world/start-world.ts';
import { runKills } from './run-kills.ts';

interface Command {
  readonly kills: number;
  readonly real: boolean;
  readonly seed: number;
  readonly json: boolean;
}

const USUAL_KILLS = { real: 20, simulator: 500 } as const;
const MOST_SHOWN = 20;

/** @returns the exit code: 0 only if nothing was lost, doubled or different */
async function main({ kills, real, seed, json }: Command): Promise<number> {
  const interrupt = listenForInterrupt();
  const say = (text: string) => void (json ? process.stderr : process.stdout).write(`${text}\n`);
  const belongings = createBelongings(say);
  const work = async () => {
    const world = await startWorld(
      {
        name: 'kills',
        requireReal: real,
        simulate: !real,
        wired: false,
        appWebhooks: true,
        processes: 2,
        // Short, so that what a dead process had under way is soon known to be over.
        environment: { POLL_CRON: '*/20 * * * * *', ODOO_CALL_MAX_SECONDS: '10', DELETE_GUARD_PERCENT: '100' },
        say,
      },
      belongings,
    );
    return runKills(world, { kills, seed, say });
  };
  try {
    const { figures, findings, isClean } = await unlessInterrupted(interrupt, work());
    for (const [name, found] of Object.entries(findings)) {
      for (const what of found.slice(0, MOST_SHOWN)) say(`${name}: ${what}`);
      if (found.length > MOST_SHOWN) say(`${name}: and ${found.length - MOST_SHOWN} more`);
    }
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return isClean ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    process.stderr.write(`The run failed: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await belongings.end();
  }
}

function readCommand(): Command | null {
  try {
    const { values } = parseArgs({
      options: {
        kills: { type: 'string' },
        odoo: { type: 'string', default: 'simulator' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
      },
    });
    const { odoo, json } = values;
    if (odoo !== 'real' && odoo !== 'simulator') return null;
    const [kills, seed] = [Number(values.kills ?? USUAL_KILLS[odoo]), Number(values.seed)];
    if (!Number.isSafeInteger(kills) || kills < 2 || !Number.isSafeInteger(seed) || seed < 0) return null;
    return { kills, real: odoo === 'real', seed, json };
  } catch {
    return null;
  }
}

const command = readCommand();
if (command === null) {
  process.stderr.write('usage: npm run kills [-- --kills N (2 or more) --odoo real|simulator --seed N --json]\n');
}
process.exit(command ? await main(command) : 2);
