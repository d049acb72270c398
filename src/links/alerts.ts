/** What an operator should be told of, found in the tables, and which of it was told already. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';

/** A group of records that were set aside with the same error. */
export interface ParkedGroup {
  readonly code: string;
  readonly remedy: string;
  readonly count: number;
  readonly entities: readonly string[];
}

export interface TrippedGuard {
  readonly entity: string;
  readonly kind: string;
  readonly count: number;
}

export interface AlertKey {
  readonly kind: string;
  /** Tells one cause of a kind from another: an error code, an entity, a side. */
  readonly subject: string;
}

export interface DueAlert extends AlertKey {
  readonly since: Date;
  /** Set where it was told and is over, which is to be told. */
  readonly over: Date | null;
  readonly attempts: number;
}

export interface Alerts {
  parkedGroups(): Promise<readonly ParkedGroup[]>;
  trippedGuards(): Promise<readonly TrippedGuard[]>;
  /** Entities whose poll of that side was last finished before `time`; those that never were are not known. */
  stalePolls(side: 'app' | 'odoo', time: Date): Promise<readonly string[]>;
  /**
   * The causes that last: new ones begin, those that are over end. What was never told is forgotten at once; what comes
   * back before its end was told goes on as if it had not been away.
   */
  keep(causes: readonly AlertKey[]): Promise<void>;
  /** Whose begin or end is not told yet, and which do not wait for a further try. */
  due(): Promise<readonly DueAlert[]>;
  /** Told: an end is forgotten with that, so that the cause counts as new when it comes back. */
  sent(alert: DueAlert): Promise<void>;
  failed(alert: AlertKey, pauseMs: number): Promise<void>;
}

export function createAlerts(db: Db): Alerts {
  return {
    async parkedGroups() {
      const { rows } = await sql<ParkedGroup>`
        select error ->> 'code' as code, min(error ->> 'remedy') as remedy, count(*)::integer as count,
          array_agg(distinct entity order by entity) as entities
        from links where state = 'parked' group by 1 order by 1`.execute(db);
      return rows;
    },
    async trippedGuards() {
      const { rows } = await sql<TrippedGuard>`
        select entity, hold ->> 'kind' as kind, count(*)::integer as count
        from links where state = 'held' and hold ->> 'kind' in ('delete', 'rewrite', 'create')
        group by 1, 2 order by 1, 2`.execute(db);
      return rows;
    },
    async stalePolls(side, time) {
      const rows = await db
        .selectFrom('cursors')
        .select('name')
        .where('name', 'like', `poll:${side}:%`)
        .where('moved_at', '<', time)
        .orderBy('name')
        .execute();
      return rows.map(({ name }) => name.slice(`poll:${side}:`.length));
    },
    async keep(causes) {
      await sql`
        with causes as (select * from jsonb_to_recordset(${JSON.stringify(causes)}::jsonb) as c(kind text, subject text)),
        untold as (delete from alerts where sent_at is null and (kind, subject) not in (select kind, subject from causes)),
        over as (
          update alerts set over_at = clock_timestamp(), attempts = 0, next_attempt_at = clock_timestamp()
          where sent_at is not null and over_at is null and (kind, subject) not in (select kind, subject from causes))
        insert into alerts (kind, subject) select kind, subject from causes
        on conflict (kind, subject) do update set over_at = null where alerts.over_at is not null`.execute(db);
    },
    due: () =>
      db
        .selectFrom('alerts')
        .select(['kind', 'subject', 'since', 'over_at as over', 'attempts'])
        .where((row) => row.or([row('sent_at', 'is', null), row('over_at', 'is not', null)]))
        .where('next_attempt_at', '<=', sql<Date>`clock_timestamp()`)
        .orderBy('since')
        .execute(),
    async sent({ kind, subject, over }) {
      if (over) await sql`delete from alerts where kind = ${kind} and subject = ${subject}`.execute(db);
      else
        await sql`
        update alerts set sent_at = clock_timestamp() where kind = ${kind} and subject = ${subject}`.execute(db);
    },
    async failed({ kind, subject }, pauseMs) {
      await sql`
        update alerts set attempts = attempts + 1,
          next_attempt_at = clock_timestamp() + ${pauseMs} * interval '1 ms'
        where kind = ${kind} and subject = ${subject}`.execute(db);
    },
  };
}
