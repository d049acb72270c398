/**
 * Reconciling `updated_at` and `write_date`: reads what changed since the cursor, with an overlap for what
 * committed late, and marks what differs from the base. The guarantee behind the webhooks.
 */
import type { Backend } from '../backends/backend.ts';
import type { Entity } from '../entities/define-entity.ts';
import { type Cursors, newSinceCursor } from '../links/cursors.ts';
import { type Links, PRIORITY } from '../links/links.ts';
import { markListed } from './listing.ts';

export interface PollContext {
  readonly links: Links;
  readonly cursors: Cursors;
  /** How far back is read again each time, in milliseconds: longer than the longest transaction over there. */
  readonly overlapMs: number;
  readonly now: () => number;
}

export interface Polled {
  /** How many records were marked. */
  readonly marked: number;
  /** How many wait for a person, because there were too many new ones at once. */
  readonly held: number;
}

/** Of the measured offset of a clock that nobody has set. */
const JITTER_MS = 1_000;

/** One poll of one entity on one side. Several processes take turns: whoever comes second leaves, with nothing done. */
export async function poll(context: PollContext, backend: Backend, entity: Entity): Promise<Polled> {
  const { cursors } = context;
  const name = `poll:${backend.side}:${entity.name}`;
  const nameHere = `polled:${backend.side}:${entity.name}`;
  let polled: Polled = { marked: 0, held: 0 };
  await cursors.withTryLock(name, async () => {
    const cursor = await cursors.read(name);
    // In Odoo there is nothing to be found at first of what only the app makes.
    const first = async () => ((await backend.makes(entity)) ? null : context.now());
    const startedHere = context.now();
    const lastHere = Date.parse((await cursors.read(nameHere)) ?? new Date(startedHere).toISOString());
    const start = () => (cursor === null ? null : windowStart(context, backend, Date.parse(cursor), lastHere));
    const since = start() ?? (await first());
    // The very first poll is a backfill: live edits go before it, and Odoo's chatter stays quiet.
    const priority = cursor === null ? PRIORITY.resync : PRIORITY.poll;
    const { startedAt, ...counts } = await markListed(context.links, backend, entity, { since, priority });
    polled = counts;
    // Only now: all that the cursor passes over is durably marked.
    await cursors.advance(name, new Date(startedAt).toISOString());
    // Was the clock found to be set back only by this listing's own answers, the next one looks again from where this did.
    if (since === null || (start() ?? since) > since - JITTER_MS)
      await cursors.advance(nameHere, new Date(startedHere).toISOString());
    if (entity.sends && backend.side === 'app') await rememberFirst(cursors, entity, startedAt);
  });
  return polled;
}

/** What was there at the first listing is old: it is never sent (docs/adr/0012). */
async function rememberFirst(cursors: Cursors, { name }: Entity, startedAt: number): Promise<void> {
  const key = newSinceCursor(name);
  if ((await cursors.read(key)) === null) await cursors.write(key, new Date(startedAt).toISOString());
}

/**
 * A clock that was set back stamps new edits before the cursor: the window reaches back to what that clock shows for the
 * instant of the last poll (`lastHere`, of the bridge's own clock), however long ago that was. And what began before the
 * clock was set commits under the time that it showed then, as long as the overlap says that anything takes.
 */
function windowStart({ overlapMs }: PollContext, backend: Backend, cursor: number, lastHere: number): number {
  const { formerly = [], ...present } = backend.clock();
  const settings = [present, ...formerly.filter(({ until }) => until > lastHere - overlapMs)];
  const shown = settings.map(({ offsetMs, uncertaintyMs }) => lastHere + offsetMs - uncertaintyMs);
  return Math.min(cursor, ...shown) - overlapMs;
}
