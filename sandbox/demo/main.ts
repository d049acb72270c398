/** `npm run demo [-- --exit] [--simulator]`: the whole thing, brought up and shown at work. */
import { parseArgs } from 'node:util';
import { createBelongings } from '../world/belongings.ts';
import { Interrupted, listenForInterrupt, unlessInterrupted, untilInterrupted } from '../world/interrupt.ts';
import { startWorld, type World } from '../world/start-world.ts';
import { tellStory } from './story.ts';
import { createTeller, type Teller } from './teller.ts';

/** @returns the exit code: 0 only if every step was checked */
async function runDemo(options: { exit: boolean; simulator: boolean }): Promise<number> {
  const interrupt = listenForInterrupt();
  const teller = createTeller((line) => process.stdout.write(`${line}\n`));
  const belongings = createBelongings(teller.say);
  try {
    await unlessInterrupted(interrupt, showAll(options.simulator));
    if (!options.exit) {
      process.stdout.write('It stays up; end it with Ctrl-C.\n');
      await untilInterrupted(interrupt);
    }
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    teller.say('ending what was started');
    await belongings.end();
  }

  async function showAll(simulate: boolean): Promise<void> {
    const world = await startWorld(
      {
        name: 'demo',
        requireReal: process.env.DEMO_REQUIRE_ODOO === '1',
        simulate,
        wired: true,
        appWebhooks: true,
        // Often, so that the story need not wait for a poll; its lines go to the log file only.
        environment: { POLL_CRON: '*/5 * * * * *' },
        say: teller.say,
      },
      belongings,
    );
    await tellStory(world, teller);
    process.stdout.write(summarize(world, teller));
  }
}

function summarize({ odoo, appUrl, bridge }: World, { results }: Teller): string {
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
    `  the bridge        ${bridge.url}/livez`,
    `  its full health   curl -H 'Authorization: Bearer ${bridge.token}' ${bridge.url}/healthz`,
    '',
    '',
  ].join('\n');
}

function readOptions(): { exit: boolean; simulator: boolean } | null {
  try {
    const { values } = parseArgs({ options: { exit: { type: 'boolean' }, simulator: { type: 'boolean' } } });
    return { exit: values.exit === true, simulator: values.simulator === true };
  } catch {
    process.stderr.write('usage: npm run demo [-- [--exit] [--simulator]]\n');
    return null;
  }
}

const options = readOptions();
process.exit(options ? await runDemo(options) : 2);
