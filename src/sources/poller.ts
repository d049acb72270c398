/**
 * Reconciling `updated_at` and `write_date`: reads what changed since the cursor, with an overlap for what
 * committed late, and marks what differs from the base. The guarantee behind the webhooks.
 */
import type { Backend, SideRecord } from '../backends/backend.ts';
import type { Entity } from '../entities/define-entity.ts';
import type { Cursors } from '../links/cursors.ts';
import { digestRecord } from '../links/digest.ts';
import { type Links, PRIORITY, type Priority } from '../links/links.ts';

export interface PollContext {
  readonly links: Links;
  readonly cursors: Cursors;
  /** How far back is read again each time, in milliseconds: longer than the longest transaction over there. */
  readonly overlapMs: number;
  readonly now: () => number;
}

/**
 * One poll of one entity on one side. Several processes take turns: whoever comes second leaves.
 * @returns how many records were marked
 */
export async function poll(context: PollContext, backend: Backend, entity: Entity): Promise<number> {
  const name = `poll:${backend.side}:${entity.name}`;
  let marked = 0;
  await context.cursors.withTryLock(name, async () => {
    const cursor = await context.cursors.read(name);
    const since = cursor === null ? null : windowStart(context, backend, Date.parse(cursor));
    // The very first poll is a backfill: live edits go before it, and Odoo's chatter stays quiet.
    const priority = cursor === null ? PRIORITY.resync : PRIORITY.poll;
    let startedAt = Number.POSITIVE_INFINITY;
    let next: string | null = null;
    do {
      const page = await backend.readChanged(entity, since, next);
      startedAt = Math.min(startedAt, page.serverTime);
      marked += await markChanged(context, backend, entity, page.records, priority);
      next = page.next;
    } while (next !== null);
    // Only now: all that the cursor passes over is durably marked.
    await context.cursors.advance(name, new Date(startedAt).toISOString());
  });
  return marked;
}

/** A clock that was set back stamps new edits before the cursor: the window reaches back as far. */
function windowStart(context: PollContext, backend: Backend, cursor: number): number {
  const { offsetMs, uncertaintyMs } = backend.clock();
  return Math.min(cursor, context.now() + offsetMs - uncertaintyMs) - context.overlapMs;
}

async function markChanged(
  context: PollContext,
  backend: Backend,
  entity: Entity,
  records: readonly SideRecord[],
  priority: Priority,
): Promise<number> {
  const rows = records.map(({ id, values, memberOf }) => ({
    id,
    digest: digestRecord(values),
    member: memberOf.includes(entity.name),
  }));
  const changed = await context.links.filterChanged(backend.side, entity.name, rows);
  await markRecords(context.links, backend, entity, changed, priority);
  return changed.length;
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
