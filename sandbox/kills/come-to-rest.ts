/** After the storm: the queue runs empty, people answer what they are asked, and what is there then is looked at. */
import pg from 'pg';
import { waitUntil } from '../people/wait-until.ts';
import type { World } from '../world/start-world.ts';
import type { Acquaintance } from './acquaintances.ts';
import { type Evidence, gatherEvidence } from './gather-evidence.ts';
import { judge } from './judge.ts';
import { mergeDoubles } from './merge-doubles.ts';

export interface Rest {
  readonly evidence: Evidence;
  /** How many were entered on both sides at one moment, held as possible duplicates, and merged by people. */
  readonly merged: number;
}

/** Waits of a record whose answer was lost, and of an event that the app sends again, are over by then. */
const REST_MS = 240_000;

/** Until the queue is empty and nothing is wrong any more, or patience is over. */
export async function comeToRest(world: World, known: readonly Acquaintance[]): Promise<Rest> {
  const { mark } = world.odoo;
  const dropped: string[] = [];
  const gather = async () => {
    const found = await gatherEvidence(world, known, mark);
    return { ...found, losers: [...found.losers, ...dropped] };
  };
  let evidence = await gather();
  const isAtRest = async () => {
    const { depth } = (await world.bridge.ask('/healthz')).queue as { depth: number };
    if (depth > 0) return false;
    dropped.push(...(await mergeDoubles(world, known)));
    evidence = await gather();
    return Object.values(judge(evidence)).every((found) => found.length === 0);
  };
  await waitUntil('all is at rest', isAtRest, REST_MS, 500).catch(() => {});
  return { evidence: await gather(), merged: dropped.length };
}

/** Nobody lives who could hold a lease: that they run out by themselves was waited for often enough by then. */
export async function endLeases({ databaseUrl }: World): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('update links set lease_until = clock_timestamp() where lease_until > clock_timestamp()');
  } finally {
    await client.end();
  }
}
