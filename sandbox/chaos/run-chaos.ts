/**
 * People work on both sides while processes of the bridge are killed, Odoo is cut off, and events get lost. Then all is
 * healed, and both sides are compared record by record.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createChoose } from '../kills/choose.ts';
import { comeToRest, endLeases } from '../kills/come-to-rest.ts';
import { createCrowd, keepBusy } from '../kills/crowd.ts';
import { type Findings, judge } from '../kills/judge.ts';
import { createKiller } from '../kills/killer.ts';
import type { World } from '../world/start-world.ts';
import type { Weather } from './weather.ts';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly weather: Weather;
  readonly say: (text: string) => void;
}

export interface ChaosResult {
  /** The line for programs. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly findings: Findings;
  /** Nothing is lost, doubled or different, and nothing waits for a person. */
  readonly isClean: boolean;
}

/** Between two kills at most, in milliseconds: long enough that much is done between them. */
const LONGEST_CALM_MS = 6_000;
const TELL_EVERY_MS = 20_000;

/** @param world wired, with two processes or more, none of which runs yet */
export async function runChaos(world: World, { minutes, seed, weather, say }: ChaosOptions): Promise<ChaosResult> {
  const crowd = createCrowd(world, createChoose(seed), world.odoo.mark);
  const killer = createKiller(world.bridges, createChoose(seed + 1), LONGEST_CALM_MS);
  await world.bridge.run('webhooks', 'install');
  await Promise.all(world.bridges.map((bridge) => bridge.start()));
  say(`${world.bridges.length} processes of the bridge are up; chaos for ${minutes} minutes, with seed ${seed}`);

  const over = new AbortController();
  const { signal } = over;
  const timer = setTimeout(() => over.abort(), minutes * 60_000);
  weather.loseEvents(true);
  // Whoever fails ends it for all.
  const parties = [
    keepBusy(crowd, createChoose(seed + 2), signal),
    keepKilling(),
    weather.cutAndMend(world.wires, signal),
    keepTelling(),
  ];
  await Promise.all(parties.map((party) => party.finally(() => over.abort()))).finally(() => clearTimeout(timer));
  async function keepKilling(): Promise<void> {
    while (!signal.aborted) await killer.strike();
  }
  async function keepTelling(): Promise<void> {
    while (!signal.aborted) {
      await sleep(TELL_EVERY_MS, undefined, { signal }).catch(() => {});
      say(`${killer.kills()} kills, ${crowd.done.edited} edits, ${weather.outages().length} outages of Odoo so far`);
    }
  }

  say('people go home, Odoo stays, events come through; all processes are killed together and started once more');
  weather.loseEvents(false);
  const healedAt = performance.now();
  await killer.strikeAll(() => endLeases(world));
  const { evidence, merged } = await comeToRest(world, crowd.known);
  const equalAfter = Math.round((performance.now() - healedAt) / 100) / 10;
  const findings = judge(evidence);
  const counts = Object.fromEntries(Object.entries(findings).map(([name, found]) => [name, found.length]));
  const outages = weather.outages();
  return {
    figures: {
      minutes,
      kills: killer.kills(),
      edits: crowd.done.edited,
      created: crowd.done.created,
      archived: crowd.done.archived,
      outages: outages.length,
      outage_seconds: Math.round(outages.reduce((sum, ms) => sum + ms, 0) / 1000),
      events_lost: world.door?.lost() ?? 0,
      acknowledged: evidence.acknowledged.length,
      conflicts: evidence.losers.length - merged,
      merged,
      pairs: evidence.comparison.pairs,
      equal_after_seconds: equalAfter,
      lost: counts.lost,
      lost_edits: counts.lostEdits,
      duplicates: counts.duplicates,
      differing: counts.differing,
      waiting: counts.waiting,
      odoo: world.odoo.kind,
      seed,
    },
    findings,
    isClean: Object.values(counts).every((count) => count === 0),
  };
}
