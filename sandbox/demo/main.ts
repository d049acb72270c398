/** `npm run demo [-- --exit] [--simulator] [--chaos]`: the whole thing, brought up and shown at work. */
import { parseArgs } from 'node:util';
import { showChaos } from '../chaos/show-chaos.ts';
import { createBelongings } from '../world/belongings.ts';
import { Interrupted, listenForInterrupt, unlessInterrupted, untilInterrupted } from '../world/interrupt.ts';
import { startWorld, type World } from '../world/start-world.ts';
import { keepVariables } from './keep-variables.ts';
import { tellStory } from './story.ts';
import { createTeller, type Teller } from './teller.ts';

interface Options {
  readonly exit: boolean;
  readonly simulator: boolean;
  readonly chaos: boolean;
  /** Of chaos. */
  readonly minutes: number;
  readonly seed: number;
}

/** @returns the exit code: 0 only if every step was checked, or if chaos did no harm */
async function runDemo(options: Options): Promise<number> {
  const interrupt = listenForInterrupt();
  const teller = createTeller((line) => process.stdout.write(`${line}\n`));
  const belongings = createBelongings(teller.say);
  const requireReal = process.env.DEMO_REQUIRE_ODOO === '1';
  try {
    const isGood = await unlessInterrupted(interrupt, options.chaos ? bringChaos() : showAll());
    if (!options.exit) {
      process.stdout.write('It stays up; end it with Ctrl-C.\n');
      await untilInterrupted(interrupt);
    }
    return isGood ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    teller.say('ending what was started');
    await belongings.end();
  }

  function bringChaos(): Promise<boolean> {
    const { simulator: simulate, minutes, seed } = options;
    return showChaos({ minutes, seed, simulate, requireReal, say: teller.say }, belongings);
  }

  async function showAll(): Promise<true> {
    const world = await startWorld(
      {
        name: 'demo',
        requireReal,
        simulate: options.simulator,
        wired: true,
        appWebhooks: true,
        // Often, so that the story need not wait for a poll; its lines go to the log file only.
        environment: { POLL_CRON: '*/5 * * * * *' },
        say: teller.say,
      },
      belongings,
    );
    await tellStory(world, teller);
    const envFile = await keepVariables(world.bridge, belongings);
    process.stdout.write(summarize(world, envFile, teller));
    return true;
  }
}

function summarize({ odoo, appUrl, bridge }: World, envFile: string, { results }: Teller): string {
  const width = Math.max(...results.map(({ title }) => title.length));
  const login = `${odoo.url}/web/login?db=${odoo.database}${odoo.kind === 'lab' ? ' (admin / admin)' : ''}`;
  return [
    '',
    `All ${results.length} steps were checked on both sides, with ${odoo.what} (${odoo.version}):`,
    ...results.map(
      ({ title, seconds, detail }) => `  ${title.padEnd(width)} ${seconds.toFixed(1).padStart(6)} s  ${detail}`,
    ),
    '',
    `  the travel app    ${appUrl}/`,
    ...(odoo.kind === 'simulator' ? [] : [`  Odoo              ${login}`]),
    `  the bridge        ${bridge.url}/ops (token ${bridge.token})`,
    `  its interface     ${bridge.url}/docs`,
    `  its full health   curl -H 'Authorization: Bearer ${bridge.token}' ${bridge.url}/healthz`,
    `  its command line  npx node --env-file=${envFile} src/cli.ts doctor`,
    '',
    '',
  ].join('\n');
}

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        exit: { type: 'boolean', default: false },
        simulator: { type: 'boolean', default: false },
        chaos: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '2' },
        seed: { type: 'string', default: '1' },
      },
    });
    const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
    return minutes > 0 && minutes <= 1_440 && Number.isSafeInteger(seed) && seed >= 0
      ? { ...values, minutes, seed }
      : null;
  } catch {
    return null;
  }
}

const options = readOptions();
if (options === null) {
  process.stderr.write('usage: npm run demo [-- [--exit] [--simulator] [--chaos [--minutes N] [--seed N]]]\n');
}
process.exit(options ? await runDemo(options) : 2);
