/** `npm run demo -- --chaos`: everything goes wrong for a while; then nothing may be lost, doubled or different. */
import type { Belongings } from '../world/belongings.ts';
import { startWorld } from '../world/start-world.ts';
import { type ChaosResult, runChaos } from './run-chaos.ts';
import { createWeather } from './weather.ts';

export interface ShowOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly simulate: boolean;
  readonly requireReal: boolean;
  readonly say: (text: string) => void;
}

const MOST_SHOWN = 20;

/** @returns whether all was as it must be */
export async function showChaos(options: ShowOptions, belongings: Belongings): Promise<boolean> {
  const { seed, say, simulate, requireReal } = options;
  const weather = createWeather(seed + 3);
  const world = await startWorld(
    {
      name: 'chaos',
      requireReal,
      simulate,
      wired: true,
      appWebhooks: true,
      processes: 2,
      isLost: weather.isLost,
      // Short, so that what a dead process had under way is soon known to be over.
      environment: { POLL_CRON: '*/5 * * * * *', ODOO_CALL_MAX_SECONDS: '10', DELETE_GUARD_PERCENT: '100' },
      say,
    },
    belongings,
  );
  const result = await runChaos(world, { ...options, weather });
  for (const line of describe(result)) say(line);
  process.stdout.write(`${JSON.stringify(result.figures)}\n`);
  return result.isClean;
}

function describe({ figures, findings, isClean }: ChaosResult): readonly string[] {
  const { kills, edits, created, archived, outages, outage_seconds, events_lost, conflicts, merged, pairs } = figures;
  const found = Object.entries(findings).flatMap(([name, sentences]) => [
    ...sentences.slice(0, MOST_SHOWN).map((what: string) => `${name}: ${what}`),
    ...(sentences.length > MOST_SHOWN ? [`${name}: and ${sentences.length - MOST_SHOWN} more`] : []),
  ]);
  return [
    `people made ${edits} edits, entered ${created} others, archived or restored ${archived} times`,
    `meanwhile ${kills} processes were killed, Odoo was cut off ${outages} times (${outage_seconds} s), ${events_lost} events were lost`,
    `${conflicts} conflicts are on record; ${merged} who were entered on both sides at one moment were merged by hand`,
    ...found,
    isClean
      ? `all ${pairs} pairs are equal, nobody is there twice, nothing is lost: ${figures.equal_after_seconds} s after all was healed`
      : `not as it must be, ${figures.equal_after_seconds} s after all was healed`,
  ];
}
