/** Marking: the only way in for work. Rows are locked in the order of their ids, so that two marks seldom meet in a deadlock. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { type Delivery, PRIORITY, type Priority, type RecordKey } from './links.ts';

/** The channel on which workers of all processes are told that there is work. */
export const CHANNEL = 'bridge_dirty';

/** What a mark does to a link: a person's edit is tried at once, also where earlier tries failed. */
function bump(priority: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    dirty_seq = links.dirty_seq + 1,
    dirty_at = case when links.dirty_seq > links.done_seq then links.dirty_at else clock_timestamp() end,
    next_attempt_at = case when ${priority} = ${PRIORITY.live} then null else links.next_attempt_at end,
    priority = case when links.dirty_seq > links.done_seq then least(links.priority, ${priority}) else ${priority} end`;
}

/** Marks the app records of the CTE `wanted(entity, app_id, odoo_model, priority)`, which the caller puts first. */
const MARK_APP = sql`
  present as (
    select l.id, w.priority from links l join wanted w on w.entity = l.entity and w.app_id = l.app_id
    order by l.id for update of l),
  bumped as (
    update links set ${bump(sql`p.priority`)} from present p where links.id = p.id
    returning links.entity, links.app_id),
  made as (
    insert into links (entity, app_id, odoo_model, priority, dirty_seq, dirty_at)
    select w.entity, w.app_id, w.odoo_model, w.priority, 1, clock_timestamp() from wanted w
    where not exists (select from present p join links l on l.id = p.id where l.entity = w.entity and l.app_id = w.app_id)
    order by w.entity, w.app_id
    on conflict (entity, app_id) do update set ${bump(sql`excluded.priority`)}
    returning 1)`;

/** As MARK_APP, for `wanted(model, odoo_id, priority, entities)`: every link on the record, or one of each entity. */
const MARK_ODOO = sql`
  present as (
    select l.id, l.odoo_model, l.odoo_id, w.priority from links l
    join wanted w on w.model = l.odoo_model and w.odoo_id = l.odoo_id order by l.id for update of l),
  bumped as (
    update links set ${bump(sql`p.priority`)} from present p where links.id = p.id returning 1),
  made as (
    insert into links (entity, odoo_model, odoo_id, priority, dirty_seq, dirty_at)
    select e.entity, w.model, w.odoo_id, w.priority, 1, clock_timestamp()
    from wanted w cross join lateral jsonb_array_elements_text(w.entities) as e(entity)
    where not exists (select from present p where p.odoo_model = w.model and p.odoo_id = w.odoo_id)
       or not w.only_new and not exists (
         select from present p join links l on l.id = p.id
         where p.odoo_model = w.model and p.odoo_id = w.odoo_id and l.entity = e.entity)
    order by e.entity, w.odoo_id
    on conflict (entity, odoo_model, odoo_id) do update set ${bump(sql`excluded.priority`)}
    returning 1)`;

export async function markApp(
  db: Db,
  keys: readonly RecordKey[],
  odooModel: string,
  priority: Priority,
): Promise<void> {
  if (keys.length === 0) return;
  const rows = JSON.stringify(keys.map(({ entity, id }) => ({ entity, app_id: id })));
  await sql`
    with wanted as (
      select distinct entity, app_id, ${odooModel} as odoo_model, ${priority}::smallint as priority
      from jsonb_to_recordset(${rows}::jsonb) as w(entity text, app_id text)),
    ${MARK_APP}
    select pg_notify(${CHANNEL}, ''), (select count(*) from bumped), (select count(*) from made)`.execute(db);
}

export async function markOdoo(
  db: Db,
  model: string,
  ids: readonly number[],
  entities: readonly string[],
  priority: Priority,
  onlyNew = false,
): Promise<void> {
  if (ids.length === 0) return;
  const rows = JSON.stringify([...new Set(ids)]);
  await sql`
    with wanted as (
      select ${model} as model, value::integer as odoo_id, ${priority}::smallint as priority,
        ${JSON.stringify(entities)}::jsonb as entities, ${onlyNew}::boolean as only_new
      from jsonb_array_elements_text(${rows}::jsonb)),
    ${MARK_ODOO}
    select pg_notify(${CHANNEL}, ''), (select count(*) from bumped), (select count(*) from made)`.execute(db);
}

/** Odoo 17 and 18 post before they commit: the record is looked at again so long after its webhook came. */
const LOOK_AFTER_SECONDS = [2, 15, 60, 300] as const;

interface ReceiveSettings {
  readonly entitiesOf: (model: string) => readonly string[];
  readonly looksAgain: () => boolean;
}

/** One statement per side for a whole flush of webhooks: its deliveries and its marks stand or fall together. */
export async function receive(
  db: Db,
  deliveries: readonly Delivery[],
  settings: ReceiveSettings,
): Promise<readonly boolean[]> {
  const app = deliveries.filter((delivery) => delivery.source === 'app');
  const odoo = deliveries.filter((delivery) => delivery.source === 'odoo');
  const fresh = new Set<string>();
  if (app.length > 0) for (const id of await afterDeadlock(() => receiveApp(db, app))) fresh.add(id);
  if (odoo.length > 0) await afterDeadlock(() => receiveOdoo(db, odoo, settings));
  return deliveries.map(({ source, deliveryId }) => source === 'odoo' || fresh.delete(deliveryId ?? ''));
}

/** PostgreSQL ends one of two that wait for each other; nothing of it is done, and Odoo would not send it again. */
async function afterDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === '40P01') || tries === 5) throw error;
    }
  }
}

async function receiveApp(db: Db, deliveries: readonly Delivery[]): Promise<readonly string[]> {
  const rows = JSON.stringify(deliveries);
  const result = await sql<{ delivery_id: string }>`
    with fresh as (
      insert into deliveries (source, delivery_id, entity, record_id)
      select 'app', d."deliveryId", d.entity, d."recordId"
      from jsonb_to_recordset(${rows}::jsonb) as d("deliveryId" text, entity text, "recordId" text)
      on conflict (source, delivery_id) do nothing
      returning delivery_id, entity, record_id),
    wanted as (
      select distinct f.entity, f.record_id as app_id, d."odooModel" as odoo_model, 0::smallint as priority
      from fresh f join jsonb_to_recordset(${rows}::jsonb) as d("deliveryId" text, "odooModel" text)
        on d."deliveryId" = f.delivery_id),
    ${MARK_APP},
    told as (select pg_notify(${CHANNEL}, '') where exists (select from fresh))
    select delivery_id from fresh, (select count(*) from told) t, (select count(*) from bumped) b, (select count(*) from made) m
    `.execute(db);
  return result.rows.map((row) => row.delivery_id);
}

async function receiveOdoo(
  db: Db,
  deliveries: readonly Delivery[],
  { entitiesOf, looksAgain }: ReceiveSettings,
): Promise<void> {
  const looks = looksAgain() ? LOOK_AFTER_SECONDS.length : 0;
  const rows = JSON.stringify(
    deliveries.map(({ odooModel, recordId }) => ({
      model: odooModel,
      id: Number(recordId),
      entities: entitiesOf(odooModel),
    })),
  );
  await sql`
    with input as (
      select * from jsonb_to_recordset(${rows}::jsonb) as d(model text, id integer, entities jsonb)),
    stored as (
      insert into deliveries (source, record_id, entity, looks, look_at)
      select 'odoo', id::text, model, ${looks}::smallint,
        case when ${looks}::smallint > 0 then clock_timestamp() + ${LOOK_AFTER_SECONDS[0]} * interval '1 s' end from input returning 1),
    wanted as (
      select distinct model, id as odoo_id, 0::smallint as priority, entities, true as only_new from input),
    ${MARK_ODOO}
    select pg_notify(${CHANNEL}, ''), (select count(*) from stored), (select count(*) from bumped), (select count(*) from made)
    `.execute(db);
}

/** Marks the records of deliveries whose next look is due. */
export async function lookAgain(db: Db, { entitiesOf }: ReceiveSettings): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ model: string; record_id: string }>`
      with due as (
        select id from deliveries where look_at <= clock_timestamp() order by id limit 500 for update skip locked)
      update deliveries d set looks = d.looks - 1,
        look_at = d.received_at + (${JSON.stringify(LOOK_AFTER_SECONDS)}::jsonb ->> (${LOOK_AFTER_SECONDS.length} - d.looks + 1))::integer * interval '1 s'
      from due where d.id = due.id returning d.entity as model, d.record_id`.execute(trx);
    for (const [model, group] of Map.groupBy(rows, (row) => row.model)) {
      const ids = group.map((row) => Number(row.record_id));
      await markOdoo(trx, model, ids, entitiesOf(model), PRIORITY.poll, true);
    }
    return rows.length;
  });
}
