/**
 * Webhooks: stored by the door, and nothing else, so that no answer waits for a record that is being worked on. The
 * workers mark the records of what has come before they look for work.
 */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Delivery } from './links.ts';
import { CHANNEL, MARK_APP, MARK_ODOO } from './mark.ts';

/** When a record is marked, in seconds after its webhook came. Odoo 17 and 18 post before they commit: for them all count. */
const LOOKS = [0, 2, 15, 60, 300] as const;

/** Deliveries that are marked at once. */
const MOST_AT_ONCE = 1_000;

interface DeliverySettings {
  readonly entitiesOf: (model: string) => readonly string[];
  readonly looksAgain: () => boolean;
}

/** One statement for a whole flush of webhooks: they stand or fall together. @returns for each, whether it was new */
export async function receive(
  db: Db,
  deliveries: readonly Delivery[],
  { looksAgain }: DeliverySettings,
): Promise<readonly boolean[]> {
  if (deliveries.length === 0) return [];
  const looks = looksAgain() ? LOOKS.length : 1;
  const { rows } = await sql<{ delivery_id: string | null }>`
    with fresh as (
      insert into deliveries (source, delivery_id, entity, odoo_model, record_id, received_at, looks, look_at)
      select source, "deliveryId", entity, "odooModel", "recordId", now(),
        case source when 'odoo' then ${looks}::smallint else 1 end, now()
      from jsonb_to_recordset(${JSON.stringify(deliveries)}::jsonb)
        as d(source text, "deliveryId" text, entity text, "odooModel" text, "recordId" text)
      on conflict (source, delivery_id) do nothing
      returning delivery_id),
    told as (select pg_notify(${CHANNEL}, '') where exists (select from fresh))
    select delivery_id from fresh, (select count(*) from told) t`.execute(db);
  const fresh = new Set(rows.map((row) => row.delivery_id));
  return deliveries.map(({ deliveryId }) => deliveryId === null || fresh.delete(deliveryId));
}

/** Marks the records of deliveries that are due. @returns how many */
export async function markDelivered(db: Db, { entitiesOf }: DeliverySettings): Promise<number> {
  const { rows } = await sql<{ source: string; models: string[] }>`
    select source, array_agg(distinct odoo_model) as models from deliveries
    where look_at <= clock_timestamp() group by source order by source`.execute(db);
  let marked = 0;
  for (const { source, models } of rows) {
    const entities = Object.fromEntries(models.map((model) => [model, entitiesOf(model)]));
    marked += await (source === 'app' ? markFromApp(db) : markFromOdoo(db, entities));
  }
  return marked;
}

const DUE = (source: string) => sql`
  due as (
    select id, entity, odoo_model, record_id, look_at > received_at as again from deliveries
    where source = ${source} and look_at <= clock_timestamp() order by id limit ${MOST_AT_ONCE} for update skip locked),
  looked as (
    update deliveries d set looks = d.looks - 1,
      look_at = case when d.looks > 1 then d.received_at
        + (${JSON.stringify(LOOKS)}::jsonb ->> (${LOOKS.length} - d.looks + 1))::integer * interval '1 s' end
    from due where d.id = due.id returning 1)`;

async function markFromApp(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with ${DUE('app')},
    wanted as (
      select distinct entity, record_id as app_id, odoo_model, 0::smallint as priority from due),
    ${MARK_APP}
    select count(*)::integer as count from looked, (select count(*) from bumped) b, (select count(*) from made) m`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}

/** A further look is less urgent. */
async function markFromOdoo(db: Db, entities: Readonly<Record<string, readonly string[]>>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with ${DUE('odoo')},
    wanted as (
      select odoo_model as model, record_id::integer as odoo_id,
        (case when bool_and(again) then 1 else 0 end)::smallint as priority,
        ${JSON.stringify(entities)}::jsonb -> odoo_model as entities, true as only_new
      from due group by odoo_model, record_id),
    ${MARK_ODOO}
    select count(*)::integer as count from looked, (select count(*) from bumped) b, (select count(*) from made) m`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}
