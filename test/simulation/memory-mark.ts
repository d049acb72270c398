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

function insertDirty(
  { tables, now }: Memory,
  key: Pick<LinkRow, 'entity' | 'odooModel'> & Partial<LinkRow>,
  priority: Priority,
): void {
  tables.insertLink({ ...key, priority, dirtySeq: 1, dirtyAt: now(), dirtyOrder: tables.nextNumber() }, now());
}

export function markApp(memory: Memory, keys: readonly RecordKey[], odooModel: string, priority: Priority): void {
  const wanted = new Map(keys.map((key) => [`${key.entity}\n${key.id}`, key]));
  const unknown: RecordKey[] = [];
  for (const key of wanted.values()) {
    const row = memory.tables.findApp(key.entity, key.id);
    if (row) bump(memory, row, priority);
    else unknown.push(key);
  }
  unknown.sort((left, right) => order(left.entity, right.entity) || order(left.id, right.id));
  for (const { entity, id } of unknown) insertDirty(memory, { entity, appId: id, odooModel }, priority);
}

const order = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

/** @param onlyNew links are made only for a record on which there is none of any entity */
export function markOdoo(
  memory: Memory,
  odooModel: string,
  ids: readonly number[],
  entities: readonly string[],
  priority: Priority,
  onlyNew = false,
): void {
  const unknown: { entity: string; odooId: number }[] = [];
  for (const odooId of new Set(ids)) {
    const present = memory.tables.findOdoo(odooModel, odooId);
    for (const row of present) bump(memory, row, priority);
    if (onlyNew && present.length > 0) continue;
    for (const entity of entities) if (!present.some((row) => row.entity === entity)) unknown.push({ entity, odooId });
  }
  unknown.sort((left, right) => order(left.entity, right.entity) || left.odooId - right.odooId);
  for (const key of unknown) insertDirty(memory, { ...key, odooModel }, priority);
}
