/** Webhooks in the in-memory store: stored first, marked when somebody looks for work. */
import { type Delivery, PRIORITY, type Priority } from '../../src/links/links.ts';
import type { Memory } from './memory.ts';
import { markApp, markOdooEach } from './memory-mark.ts';
import type { DeliveryRow } from './memory-rows.ts';

/** Odoo 17 and 18 post before they commit: so long after the webhook its record is marked again. */
const AGAIN_AFTER_MS = [2_000, 15_000, 60_000, 300_000];
const MOST_AT_ONCE = 1_000;

const deliveryKey = (source: string, id: string) => `${source}\n${id}`;

export function receive({ tables, now, settings }: Memory, deliveries: readonly Delivery[]): readonly boolean[] {
  // One instant for all, as in a transaction: who looks at a delivery for the first time knows it by that.
  const at = now();
  return deliveries.map((delivery) => {
    const { source, deliveryId, entity, odooModel, recordId } = delivery;
    if (deliveryId !== null && tables.deliveries.has(deliveryKey(source, deliveryId))) return false;
    const id = String(tables.nextNumber());
    const key = deliveryKey(source, deliveryId ?? `#${id}`);
    tables.waiting.add(key);
    tables.deliveries.set(key, {
      id,
      source,
      deliveryId,
      entity,
      odooModel,
      recordId,
      receivedAt: at,
      looks: source === 'odoo' && settings.looksAgain() ? 1 + AGAIN_AFTER_MS.length : 1,
      lookAt: at,
    });
    return true;
  });
}

export function markDelivered(memory: Memory): number {
  const due = findDue(memory);
  const bySource = (wanted: string) => due.filter(([, { source }]) => source === wanted).slice(0, MOST_AT_ONCE);
  const [app, odoo] = [bySource('app'), bySource('odoo')];
  for (const [key, row] of [...app, ...odoo]) putBack(memory, key, looked(row));
  for (const [model, rows] of byModel(app)) {
    const keys = rows.map(({ entity, recordId }) => ({ entity: entity ?? '', id: recordId }));
    markApp(memory, keys, model, PRIORITY.live);
  }
  for (const [model, rows] of byModel(odoo)) {
    const entities = memory.settings.entitiesOf(model);
    const first = new Set(rows.filter(isFirst).map(({ recordId }) => Number(recordId)));
    const wanted = rows.map(({ recordId }): [number, Priority] => {
      const id = Number(recordId);
      return [id, first.has(id) ? PRIORITY.live : PRIORITY.poll];
    });
    markOdooEach(memory, model, new Map(wanted), entities, true);
  }
  return app.length + odoo.length;
}

function findDue({ tables, now }: Memory): [key: string, row: DeliveryRow][] {
  const due: [string, DeliveryRow][] = [];
  for (const key of tables.waiting) {
    const row = tables.deliveries.get(key);
    if (row && row.lookAt !== null && row.lookAt <= now()) due.push([key, row]);
  }
  return due;
}

function putBack({ tables }: Memory, key: string, row: DeliveryRow): void {
  tables.deliveries.set(key, row);
  if (row.lookAt === null) tables.waiting.delete(key);
}

const isFirst = ({ lookAt, receivedAt }: DeliveryRow) => lookAt === receivedAt;

function looked(row: DeliveryRow): DeliveryRow {
  const looks = row.looks - 1;
  const next = AGAIN_AFTER_MS[AGAIN_AFTER_MS.length - looks];
  return { ...row, looks, lookAt: looks === 0 || next === undefined ? null : row.receivedAt + next };
}

function byModel(rows: readonly (readonly [string, DeliveryRow])[]) {
  return Map.groupBy(
    rows.map(([, row]) => row),
    ({ odooModel }) => odooModel,
  );
}
