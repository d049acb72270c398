/** What operators see at a glance: how many records of each entity stand how, and what went on in the last hour. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';

/** Links of one entity. A link that waits may be parked or held, too. */
export interface EntityCount {
  readonly entity: string;
  readonly links: number;
  readonly waiting: number;
  readonly parked: number;
  readonly held: number;
  readonly out_of_scope: number;
  /** Of the held ones, by what holds them: `delete`, `match`, … */
  readonly held_by_kind: Readonly<Record<string, number>>;
}

/** One number for each minute, oldest first; the last minute is the running one. */
export interface Activity {
  /** When the first minute began, RFC 3339. */
  readonly since: string;
  readonly step_seconds: number;
  /** Webhooks. */
  readonly app_events: readonly number[];
  readonly odoo_events: readonly number[];
  /** Records that were made, linked, updated or archived. */
  readonly carried: readonly number[];
  readonly conflicts: readonly number[];
  /** Records that were set aside, held, or have to be tried again. */
  readonly troubles: readonly number[];
}

/** Entities without links are left out. */
export async function countByEntity(db: Db): Promise<readonly EntityCount[]> {
  const { rows } = await sql<EntityCount>`
    with counted as (
      select entity, state, case when state = 'held' then hold ->> 'kind' end as kind,
        count(*)::integer as links, (count(*) filter (where dirty_seq > done_seq))::integer as waiting
      from links group by 1, 2, 3)
    select entity, sum(links)::integer as links, sum(waiting)::integer as waiting,
      coalesce(sum(links) filter (where state = 'parked'), 0)::integer as parked,
      coalesce(sum(links) filter (where state = 'held'), 0)::integer as held,
      coalesce(sum(links) filter (where state = 'out_of_scope'), 0)::integer as out_of_scope,
      coalesce(jsonb_object_agg(kind, links) filter (where kind is not null), '{}') as held_by_kind
    from counted group by entity order by entity`.execute(db);
  return rows;
}

const MINUTES = 60;
const SERIES = ['app_events', 'odoo_events', 'carried', 'conflicts', 'troubles'] as const;
type Series = (typeof SERIES)[number];

interface Counted {
  readonly series: Series;
  readonly minute: number;
  readonly count: number;
}

/** Of all processes on this database, over restarts. Passes that found nothing to do are not kept, so not counted. */
export async function readActivity(db: Db): Promise<Activity> {
  const { rows } = await sql<{ since: Date; counted: readonly Counted[] }>`
    with hour as (select date_trunc('minute', clock_timestamp()) - make_interval(mins => ${MINUTES - 1}) as since),
    happened as (
      select source || '_events' as series, received_at as at from deliveries, hour where received_at >= since
      union all
      select case when outcome = 'conflict' then 'conflicts' when outcome in ('park', 'hold', 'retry') then 'troubles'
        else 'carried' end, at
      from sync_logs, hour where at >= since
        and outcome in ('create', 'link', 'update', 'archive', 'merged', 'renew', 'conflict', 'park', 'hold', 'retry')),
    counted as (
      select series, floor(extract(epoch from at - since) / 60)::integer as minute, count(*)::integer as count
      from happened, hour group by 1, 2)
    select since, coalesce((select jsonb_agg(counted) from counted), '[]') as counted from hour`.execute(db);
  const [{ since, counted }] = rows as [(typeof rows)[number]];
  const series = (name: Series) => {
    const own = new Map(counted.filter((row) => row.series === name).map(({ minute, count }) => [minute, count]));
    return Array.from({ length: MINUTES }, (_, minute) => own.get(minute) ?? 0);
  };
  const numbers = Object.fromEntries(SERIES.map((name) => [name, series(name)])) as Record<Series, number[]>;
  return { since: since.toISOString(), step_seconds: 60, ...numbers };
}
