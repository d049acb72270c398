/** Marks of the in-memory store: the only way in for work. */
import { PRIORITY, type Priority, type RecordKey } from '../../src/links/links.ts';
import type { Memory } from './memory.ts';
import type { LinkRow } from './memory-rows.ts';

const isDirty = ({ dirtySeq, doneSeq }: LinkRow) => dirtySeq > doneSeq;

/** What every mark does; where the link was idle, its wait begins now. */
export function countMark({ tables, now }: Memory, row: LinkRow): Partial<LinkRow> {
  const dirtySeq = row.dirtySeq + 1;
  return isDirty(row) ? { dirtySeq } : { dirtySeq, dirtyAt: now(), dirtyOrder: tables.nextNumber() };
}

function bump(memory: Memory, row: LinkRow, priority: Priority): void {
  memory.tables.updateLink(row.id, {
    ...countMark(memory, row),
    nextAttemptAt: priority === PRIORITY.live ? null : row.nextAttemptAt,
    priority: isDirty(row) && row.priority < priority ? row.priority : priority,
  });
}

interface Bump {
  readonly row: LinkRow;
  readonly priority: Priority;
}

/** As PostgreSQL locks them: by their ids. */
function bumpInOrder(memory: Memory, bumps: Bump[]): void {
  bumps.sort((left, right) => left.row.made - right.row.made);
  for (const { row, priority } of bumps) bump(memory, row, priority);
}

function insertDirty(
  { tables, now }: Memory,
  key: Pick<LinkRow, 'entity' | 'odooModel'> & Partial<LinkRow>,
  priority: Priority,
): void {
  tables.insertLink({ ...key, priority, dirtySeq: 1, dirtyAt: now(), dirtyOrder: tables.nextNumber() }, now());
}

export function markApp(memory: Memory, keys: readonly RecordKey[], odooModel: string, priority: Priority): void {
  const wanted = new Map(keys.map((key) => [`${key.entity}\n${key.id}`, key]));
  const present: Bump[] = [];
  const unknown: RecordKey[] = [];
  for (const key of wanted.values()) {
    const row = memory.tables.findApp(key.entity, key.id);
    if (row) present.push({ row, priority });
    else unknown.push(key);
  }
  bumpInOrder(memory, present);
  unknown.sort((left, right) => order(left.entity, right.entity) || order(left.id, right.id));
  for (const { entity, id } of unknown) insertDirty(memory, { entity, appId: id, odooModel }, priority);
}

const order = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

export function markOdoo(
  memory: Memory,
  odooModel: string,
  ids: readonly number[],
  entities: readonly string[],
  priority: Priority,
): void {
  markOdooEach(memory, odooModel, new Map(ids.map((id) => [id, priority])), entities, false);
}

/** @param onlyNew links are made only for a record on which there is none of any entity */
export function markOdooEach(
  memory: Memory,
  odooModel: string,
  wanted: ReadonlyMap<number, Priority>,
  entities: readonly string[],
  onlyNew: boolean,
): void {
  const present: Bump[] = [];
  const unknown: { entity: string; odooId: number; priority: Priority }[] = [];
  for (const [odooId, priority] of wanted) {
    const rows = memory.tables.findOdoo(odooModel, odooId);
    present.push(...rows.map((row) => ({ row, priority })));
    if (onlyNew && rows.length > 0) continue;
    for (const entity of entities)
      if (!rows.some((row) => row.entity === entity)) unknown.push({ entity, odooId, priority });
  }
  bumpInOrder(memory, present);
  unknown.sort((left, right) => order(left.entity, right.entity) || left.odooId - right.odooId);
  for (const { priority, ...key } of unknown) insertDirty(memory, { ...key, odooModel }, priority);
}
