/** The whole contract: the same cases for the links on PostgreSQL and for those of the simulation. */
import type { Test } from 'tap';
import { contractClaiming } from './claiming.ts';
import { contractCursors } from './cursors.ts';
import { contractGuards } from './guards.ts';
import { contractIntents } from './intents.ts';
import { contractListing } from './listing.ts';
import { contractLocks } from './locks.ts';
import { contractMarking } from './marking.ts';
import { contractMemory } from './remembering.ts';
import { contractSettling } from './settling.ts';
import type { Make } from './subject.ts';
import { contractTying } from './tying.ts';
import { contractWaiting } from './waiting.ts';

const AREAS: Readonly<Record<string, (t: Test, make: Make) => Promise<void>>> = {
  marking: contractMarking,
  claiming: contractClaiming,
  intents: contractIntents,
  guards: contractGuards,
  settling: contractSettling,
  waiting: contractWaiting,
  remembering: contractMemory,
  tying: contractTying,
  listing: contractListing,
  locks: contractLocks,
  cursors: contractCursors,
};

/** @param without areas that the store has no use for */
export async function runContract(t: Test, make: Make, without: readonly string[] = []): Promise<void> {
  for (const [name, area] of Object.entries(AREAS)) {
    if (without.includes(name)) continue;
    await t.test(name, { timeout: 60_000 }, (inner) => area(inner, make));
  }
}
