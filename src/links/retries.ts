/** Trying again what was set aside: many records at once, as a run, so that it can be followed and ended. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { PRIORITY } from './links.ts';
import { CHANNEL } from './mark.ts';

/** Left out: all that is parked or waits for a further try. */
export interface RetryFilter {
  readonly ids?: readonly string[] | undefined;
  readonly entity?: string | undefined;
  readonly error_code?: string | undefined;
}

/** Records with the same error. */
export interface RetryGroup {
  readonly entity: string;
  readonly error_code: string;
  readonly message: string;
  readonly remedy: string;
  readonly count: number;
}

export interface Retries {
  /** What `start` would try again; changes nothing. */
  preview(filter: RetryFilter): Promise<{ readonly count: number; readonly groups: readonly RetryGroup[] }>;
  /** Marks the records and makes a run of them. */
  start(filter: RetryFilter): Promise<{ readonly runId: string; readonly retried: number }>;
}

export function createRetries(db: Db): Retries {
  return {
    async preview(filter) {
      const { rows: groups } = await sql<RetryGroup>`
        select entity, error ->> 'code' as error_code, min(error ->> 'message') as message,
          min(error ->> 'remedy') as remedy, count(*)::integer as count
        from links where ${chosen(filter)} group by 1, 2 order by 5 desc, 1, 2`.execute(db);
      return { count: groups.reduce((sum, { count }) => sum + count, 0), groups };
    },
    async start(filter) {
      const { rows } = await sql<{ id: string; retried: number }>`
        with run as (
          insert into runs (collection, scope, listed) values ('parked', ${JSON.stringify(filter)}::jsonb, true)
          returning id),
        chosen as (select id from links where ${chosen(filter)} order by id for update),
        marked as (
          update links set dirty_seq = dirty_seq + 1, dirty_at = clock_timestamp(), attempts = 0, next_attempt_at = null,
            -- After what is edited now: there may be thousands.
            priority = case when dirty_seq > done_seq then least(priority, ${PRIORITY.resync}) else ${PRIORITY.resync} end
          from chosen where links.id = chosen.id returning links.id, links.dirty_seq),
        listed as (
          insert into run_links (run_id, link_id, seq) select run.id, marked.id, dirty_seq from run, marked returning 1)
        select id, (select count(*)::integer from listed) as retried, pg_notify(${CHANNEL}, '') from run`.execute(db);
      const [made] = rows;
      if (!made) throw new TypeError('a run that was just inserted is not there');
      return { runId: made.id, retried: made.retried };
    },
  };
}

function chosen({ ids, entity, error_code }: RetryFilter) {
  return sql<boolean>`(state = 'parked' or error is not null)
    and (${ids === undefined}::boolean or id = any(${[...(ids ?? [])]}::bigint[]))
    and (${entity ?? null}::text is null or entity = ${entity ?? null})
    and (${error_code ?? null}::text is null or error ->> 'code' = ${error_code ?? null})`;
}
