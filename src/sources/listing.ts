/** Listings of one side, whole or since a time: what differs from what was agreed is marked. */
import type { Backend, ChangedPage } from '../backends/backend.ts';
import type { Entity } from '../entities/define-entity.ts';
import { digestRecord } from '../links/digest.ts';
import type { Hold, Links, ListedRow, Priority } from '../links/links.ts';

export interface Listing {
  /** Milliseconds of the side's clock; null lists everything. */
  readonly since: number | null;
  readonly priority: Priority;
  /** Told of each page, with the digests of its records, before anything of it is marked. */
  readonly onPage?: (rows: readonly ListedRow[]) => void;
}

export interface MarkedListing {
  /** How many records were marked. */
  readonly marked: number;
  /** How many wait for a person, because there were too many new ones at once. */
  readonly held: number;
  /** The side's clock before the first page was read. */
  readonly startedAt: number;
}

/** So many new records at once are believed, however few are linked. */
const ALWAYS_BELIEVED = 100;

/** Reads the listing to its end, and marks what differs. */
export async function markListed(
  links: Links,
  backend: Backend,
  entity: Entity,
  { since, priority, onPage }: Listing,
): Promise<MarkedListing> {
  const unlinked: string[] = [];
  let startedAt = Number.POSITIVE_INFINITY;
  let marked = 0;
  let next: string | null = null;
  do {
    const page = await backend.readChanged(entity, since, next);
    startedAt = Math.min(startedAt, page.serverTime);
    const rows = toRows(entity, page);
    onPage?.(rows);
    const listed = await links.filterChanged(backend.side, entity.name, entity.odoo.model, rows);
    // What cannot be read is marked too, so that the pass says what is wrong with it.
    const changed = [...listed.changed, ...page.unreadable];
    await markRecords(links, backend, entity, changed, priority);
    marked += changed.length;
    // What was not made for a record of the app is none of the bridge's business.
    if (await backend.makes(entity)) unlinked.push(...listed.unlinked);
    next = page.next;
  } while (next !== null);
  if (await isBelievable(links, entity, unlinked.length)) {
    await markRecords(links, backend, entity, unlinked, priority);
    return { marked: marked + unlinked.length, held: 0, startedAt };
  }
  await links.holdNew(backend.side, entity.name, entity.odoo.model, unlinked, tooMany(unlinked.length));
  return { marked, held: unlinked.length, startedAt };
}

function toRows(entity: Entity, { records }: ChangedPage): ListedRow[] {
  return records.map(({ id, values, memberOf }) => ({
    id,
    digest: digestRecord(values),
    member: memberOf.includes(entity.name),
  }));
}

/** A first sync, or a wrong database: a person says which. */
async function isBelievable(links: Links, entity: Entity, unlinked: number): Promise<boolean> {
  return unlinked <= ALWAYS_BELIEVED || unlinked <= (await links.countLinked(entity.name)) / 2;
}

function tooMany(count: number): Hold {
  return {
    kind: 'create',
    detail: `${count} records without a counterpart were found at once: a first sync, or a wrong database. Run the sync, or release them, if they shall be created on the other side.`,
  };
}

/** Marks records of a side by their ids, whatever the side. */
export async function markRecords(
  links: Links,
  backend: Backend,
  entity: Entity,
  ids: readonly string[],
  priority: Priority,
): Promise<void> {
  if (ids.length === 0) return;
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
