/** Marks of the in-memory store: the only way in for work. */
import { type Delivery, PRIORITY, type Priority, type RecordKey } from '../../src/links/links.ts';
import type { Memory } from './memory.ts';
import type { LinkRow } from './memory-rows.ts';

/** Odoo 17 and 18 post before they commit: so long after the webhook its record is looked at again. */
const LOOKS_AFTER_MS = [2_000, 15_000, 60_000, 300_000];
const MOST_LOOKS = 500;

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

export function receive(memory: Memory, deliveries: readonly Delivery[]): readonly boolean[] {
  const app: Delivery[] = [];
  const odoo: Delivery[] = [];
  const fresh = deliveries.map((delivery) => {
    if (delivery.source === 'app' && isKnown(memory, delivery)) return false;
    store(memory, delivery);
    (delivery.source === 'app' ? app : odoo).push(delivery);
    return true;
  });
  for (const [odooModel, group] of Map.groupBy(app, (delivery) => delivery.odooModel)) {
    const keys = group.map(({ entity, recordId }) => ({ entity: entity ?? '', id: recordId }));
    markApp(memory, keys, odooModel, PRIORITY.live);
  }
  markDelivered(
    memory,
    odoo.map(({ odooModel, recordId }) => ({ model: odooModel, id: recordId })),
    PRIORITY.live,
  );
  return fresh;
}

const deliveryKey = (source: string, id: string) => `${source}\n${id}`;

function isKnown({ tables }: Memory, { source, deliveryId }: Delivery): boolean {
  return deliveryId !== null && tables.deliveries.has(deliveryKey(source, deliveryId));
}

function store({ tables, now, settings }: Memory, { source, deliveryId, entity, odooModel, recordId }: Delivery): void {
  const looks = source === 'odoo' && settings.looksAgain() ? LOOKS_AFTER_MS.length : 0;
  const id = String(tables.nextNumber());
  tables.deliveries.set(deliveryKey(source, deliveryId ?? `#${id}`), {
    id,
    source,
    deliveryId: source === 'app' ? deliveryId : null,
    entity: source === 'app' ? entity : odooModel,
    recordId,
    receivedAt: now(),
    looks,
    lookAt: looks > 0 ? now() + (LOOKS_AFTER_MS[0] ?? 0) : null,
  });
}

function markDelivered(memory: Memory, records: readonly { model: string; id: string }[], priority: Priority): void {
  for (const [model, group] of Map.groupBy(records, (record) => record.model)) {
    const ids = group.map(({ id }) => Number(id));
    markOdoo(memory, model, ids, memory.settings.entitiesOf(model), priority, true);
  }
}

export function lookAgain(memory: Memory): number {
  const { tables, now } = memory;
  const due = [...tables.deliveries]
    .filter(([, { lookAt }]) => lookAt !== null && lookAt <= now())
    .slice(0, MOST_LOOKS);
  for (const [key, row] of due) {
    const next = LOOKS_AFTER_MS[LOOKS_AFTER_MS.length - row.looks + 1];
    const lookAt = next === undefined ? null : row.receivedAt + next;
    tables.deliveries.set(key, { ...row, looks: row.looks - 1, lookAt });
  }
  markDelivered(
    memory,
    due.map(([, { entity, recordId }]) => ({ model: entity ?? '', id: recordId })),
    PRIORITY.poll,
  );
  return due.length;
}
