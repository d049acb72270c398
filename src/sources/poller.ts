/**
 * Reconciling `updated_at` and `write_date`: reads what changed since the cursor, with an overlap for what
 * committed late, and marks what differs from the base. The guarantee behind the webhooks.
 */
import type { Backend, ChangedPage } from '../backends/backend.ts';
import type { Entity } from '../entities/define-entity.ts';
import type { Cursors } from '../links/cursors.ts';
import { digestRecord } from '../links/digest.ts';
import { type Hold, type Links, type Listed, PRIORITY, type Priority } from '../links/links.ts';

export interface PollContext {
  readonly links: Links;
  readonly cursors: Cursors;
  /** How far back is read again each time, in milliseconds: longer than the longest transaction over there. */
  readonly overlapMs: number;
  readonly now: () => number;
}

/** So many new records at once are believed, however few are linked. */
const ALWAYS_BELIEVED = 100;

/**
 * One poll of one entity on one side. Several processes take turns: whoever comes second leaves.
 * @returns how many records were marked, and how many wait for a person because there were too many new ones at once
 */
export async function poll(context: PollContext, backend: Backend, entity: Entity): Promise<Polled> {
  const name = `poll:${backend.side}:${entity.name}`;
  const polled = { marked: 0, held: 0 };
  await context.cursors.withTryLock(name, async () => {
    const cursor = await context.cursors.read(name);
    const since = cursor === null ? null : windowStart(context, backend, Date.parse(cursor));
    // The very first poll is a backfill: live edits go before it, and Odoo's chatter stays quiet.
    const priority = cursor === null ? PRIORITY.resync : PRIORITY.poll;
    let startedAt = Number.POSITIVE_INFINITY;
    let next: string | null = null;
    const unlinked: string[] = [];
    do {
      const page = await backend.readChanged(entity, since, next);
      startedAt = Math.min(startedAt, page.serverTime);
      const listed = await filterPage(context, backend, entity, page);
      await markRecords(context.links, backend, entity, listed.changed, priority);
      polled.marked += listed.changed.length;
      unlinked.push(...listed.unlinked);
      next = page.next;
    } while (next !== null);
    if (await isBelievable(context.links, entity, unlinked.length)) {
      await markRecords(context.links, backend, entity, unlinked, priority);
      polled.marked += unlinked.length;
    } else {
      await context.links.holdNew(backend.side, entity.name, entity.odoo.model, unlinked, tooMany(unlinked.length));
      polled.held += unlinked.length;
    }
    // Only now: all that the cursor passes over is durably marked.
    await context.cursors.advance(name, new Date(startedAt).toISOString());
  });
  return polled;
}

export interface Polled {
  readonly marked: number;
  readonly held: number;
}

/** A first sync, or a wrong database: a person says which. */
export async function isBelievable(links: Links, entity: Entity, unlinked: number): Promise<boolean> {
  return unlinked <= ALWAYS_BELIEVED || unlinked <= (await links.countLinked(entity.name)) / 2;
}

export function tooMany(count: number): Hold {
  return {
    kind: 'create',
    detail: `${count} records without a counterpart were found at once: a first sync, or a wrong database. Run the sync, or release them, if they shall be created on the other side.`,
  };
}

/** A clock that was set back stamps new edits before the cursor: the window reaches back as far. */
function windowStart(context: PollContext, backend: Backend, cursor: number): number {
  const { offsetMs, uncertaintyMs } = backend.clock();
  return Math.min(cursor, context.now() + offsetMs - uncertaintyMs) - context.overlapMs;
}

export async function filterPage(
  { links }: { readonly links: Links },
  backend: Backend,
  entity: Entity,
  { records, unreadable }: ChangedPage,
): Promise<Listed> {
  const rows = records.map(({ id, values, memberOf }) => ({
    id,
    digest: digestRecord(values),
    member: memberOf.includes(entity.name),
  }));
  const listed = await links.filterChanged(backend.side, entity.name, entity.odoo.model, rows);
  // Marked, so that the pass says what is wrong with them.
  return { ...listed, changed: [...listed.changed, ...unreadable] };
}

/** Marks records of a side by their ids, whatever the side. */
export async function markRecords(
  links: Links,
  backend: Backend,
  entity: Entity,
  ids: readonly string[],
  priority: Priority,
): Promise<void> {
  const { model } = entity.odoo;
  if (backend.side === 'app') {
    await links.markApp(
      ids.map((id) => ({ entity: entity.name, id })),
      model,
      priority,
    );
  } else {
    await links.markOdoo(model, ids.map(Number), [entity.name], priority);
  }
}
