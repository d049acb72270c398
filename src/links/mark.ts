/** Marking: the only way in for work. Rows are locked in the order of their ids, so that two marks seldom meet in a deadlock. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { PRIORITY, type Priority, type RecordKey } from './links.ts';

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
export const MARK_APP = sql`
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
export const MARK_ODOO = sql`
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
