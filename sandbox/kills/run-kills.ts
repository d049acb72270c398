/** People work on both sides while processes of the bridge are killed; then all comes to rest, and is looked at. */
import type { World } from '../world/start-world.ts';
import { createChoose } from './choose.ts';
import { comeToRest, endLeases } from './come-to-rest.ts';
import { createCrowd, keepBusy } from './crowd.ts';
import { type Findings, judge } from './judge.ts';
import { createKiller } from './killer.ts';

export interface KillsOptions {
  readonly kills: number;
  readonly seed: number;
  readonly say: (text: string) => void;
}

export interface KillsResult {
  /** The line for programs. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly findings: Findings;
  readonly isClean: boolean;
}

const TELL_EVERY = 50;

/** @param world with two processes or more, none of which runs yet */
export async function runKills(world: World, { kills, seed, say }: KillsOptions): Promise<KillsResult> {
  const begun = performance.now();
  const { mark } = world.odoo;
  const crowd = createCrowd(world, createChoose(seed), mark);
  const killer = createKiller(world.bridges, createChoose(seed + 1));
  await world.bridge.run('webhooks', 'install');
  await Promise.all(world.bridges.map((bridge) => bridge.start()));
  say(`${world.bridges.length} processes of the bridge are up, people go to work`);

  const over = new AbortController();
  const working = keepBusy(crowd, createChoose(seed + 2), over.signal);
  const striking = strike().finally(() => over.abort());
  await Promise.all([working.finally(() => over.abort()), striking]);
  async function strike(): Promise<void> {
    // The last blow is for all of them.
    while (killer.kills() < kills - world.bridges.length && !over.signal.aborted) {
      await killer.strike();
      if (killer.kills() % TELL_EVERY === 0) say(`${killer.kills()} kills, ${crowd.done.edited} edits so far`);
    }
  }
  say('people go home; all processes are killed together and started once more');
  await killer.strikeAll(() => endLeases(world));
  const { evidence, merged } = await comeToRest(world, crowd.known);
  const findings = judge(evidence);
  const counts = Object.fromEntries(Object.entries(findings).map(([name, found]) => [name, found.length]));
  const isClean = Object.values(counts).every((count) => count === 0);
  return {
    figures: {
      kills: killer.kills(),
      edits: crowd.done.edited,
      created: crowd.done.created,
      archived: crowd.done.archived,
      acknowledged: evidence.acknowledged.length,
      unanswered: world.door?.unanswered() ?? 0,
      lost: counts.lost,
      lost_edits: counts.lostEdits,
      duplicates: counts.duplicates,
      differing: counts.differing,
      waiting: counts.waiting,
      pairs: evidence.comparison.pairs,
      conflicts: evidence.losers.length - merged,
      merged,
      odoo: world.odoo.kind,
      seed,
      seconds: Math.round((performance.now() - begun) / 1000),
    },
    findings,
    isClean,
  };
}
