/** What operators ask: how long the queue is, and what is parked, held or contested. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { type Activity, countByEntity, type EntityCount, readActivity } from './activity.ts';

export interface Page {
  readonly data: readonly Record<string, unknown>[];
  readonly next_cursor: string | null;
}

export interface PageRequest {
  readonly entity?: string | undefined;
  readonly state?: string | undefined;
  /** Part of a name, or a whole id of either side. */
  readonly q?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface Reports {
  queue(): Promise<{ depth: number; oldest_seconds: number; parked: number; held: number }>;
  parked(request: PageRequest): Promise<Page>;
  parkedByError(): Promise<readonly Record<string, unknown>[]>;
  held(request: PageRequest): Promise<Page>;
  conflicts(request: PageRequest): Promise<Page>;
  links(request: PageRequest): Promise<Page>;
  byEntity(): Promise<readonly EntityCount[]>;
  activity(): Promise<Activity>;
}

export function createReports(db: Db): Reports {
  return {
    queue: () => queue(db),
    parked: (request) =>
      page(
        db,
        request,
        sql`
        select id::text, entity, app_id, odoo_id, ${NAME} as name, error, attempts, state_since as since from links
        where state = 'parked' and ${filters(request)} and links.id > ${after(request)} order by links.id`,
      ),
    async parkedByError() {
      const { rows } = await sql<Record<string, unknown>>`
        select error ->> 'code' as error_code, min(error ->> 'message') as message, min(error ->> 'remedy') as remedy,
          count(*)::integer as count, min(state_since) as since
        from links where state = 'parked' group by 1 order by 4 desc`.execute(db);
      return rows;
    },
    held: (request) =>
      page(
        db,
        request,
        sql`
        select id::text, entity, app_id, odoo_model, odoo_id, ${NAME} as name, hold ->> 'kind' as kind, hold ->> 'detail' as detail,
          hold -> 'candidates' as candidates, state_since as since
        from links where state = 'held' and ${filters(request)} and links.id > ${after(request)} order by links.id`,
      ),
    conflicts: (request) =>
      page(
        db,
        request,
        sql`
        select id::text, entity, app_id, odoo_id, ${nameOf('conflicts.link_id')} as name, field, base, jsonb_build_object('value', app_value, 'at', app_at) as app,
          jsonb_build_object('value', odoo_value, 'at', odoo_at) as odoo, winner, rule, close, clocks, decided_at, restored_at
        from conflicts where ${filters(request)} and conflicts.id < ${before(request)} order by conflicts.id desc`,
      ),
    links: (request) =>
      page(
        db,
        request,
        sql`
        select id::text, entity, app_id, odoo_model, odoo_id, ${NAME} as name, state, dirty_seq > done_seq as dirty, attempts,
          error, hold, warnings, created_at
        from links where ${filters(request)} and (${request.state ?? null}::text is null or state = ${request.state ?? null})
          and ${matches(request)}
          and links.id > ${after(request)} order by links.id`,
      ),
    byEntity: () => countByEntity(db),
    activity: () => readActivity(db),
  };
}

/** What people call a record, as both sides last agreed on it; null before they did. */
const nameOf = (linkId: string) => sql`(
  select coalesce(named.app ->> 'name', named.app ->> 'title', named.app ->> 'number', named.app ->> 'subject',
    named.app ->> 'filename')
  from bases as named where named.link_id = ${sql.ref(linkId)})`;
const NAME = nameOf('links.id');

function matches({ q }: PageRequest) {
  if (q === undefined) return sql`true`;
  return sql`(app_id = ${q} or odoo_id::text = ${q} or strpos(lower(${NAME}), lower(${q})) > 0)`;
}

function filters({ entity }: PageRequest) {
  return entity === undefined ? sql`true` : sql`entity = ${entity}`;
}

function after({ cursor }: PageRequest): string {
  return /^\d{1,18}$/.test(cursor ?? '') ? (cursor as string) : '0';
}

function before({ cursor }: PageRequest): string {
  return /^\d{1,18}$/.test(cursor ?? '') ? (cursor as string) : '9223372036854775807';
}

/** The query orders by `table.id`: a bare `id` would be the text that is shown, of which 10 comes before 9. */
async function page(db: Db, { limit }: PageRequest, query: ReturnType<typeof sql>): Promise<Page> {
  const { rows } = await sql<Record<string, unknown>>`${query} limit ${limit + 1}`.execute(db);
  const data = rows.slice(0, limit);
  return { data, next_cursor: rows.length > limit ? String(data.at(-1)?.id) : null };
}

async function queue(db: Db) {
  const { rows } = await sql<{ depth: number; oldest_seconds: number; parked: number; held: number }>`
    select
      dirty.count + due.count as depth,
      coalesce(extract(epoch from clock_timestamp() - least(dirty.since, due.since)), 0)::integer as oldest_seconds,
      (select count(*)::integer from links where state = 'parked') as parked,
      (select count(*)::integer from links where state = 'held') as held
    from (select count(*)::integer, min(dirty_at) as since from links where dirty_seq > done_seq) dirty,
      -- Not yet marked: the bridge was ended, or a burst has just come.
      (select count(*)::integer, min(received_at) as since from deliveries where look_at = received_at) due`.execute(
    db,
  );
  return rows[0] ?? { depth: 0, oldest_seconds: 0, parked: 0, held: 0 };
}
