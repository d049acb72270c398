/** What was done: one row for each pass that did something, with ids, outcome and error, and no value of a record. */
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../db/open-database.ts';

const time = z.iso.datetime({ offset: true, error: 'It is a time as RFC 3339 has it.' });

/** As a caller words it; all of them must hold. */
export const logFilter = z.object({
  q: z
    .string()
    .trim()
    .min(1)
    .max(128)
    .optional()
    .describe('As a whole: an id of either side, of a run or of a reconcile, or an error code.'),
  entity: z.string().max(64).optional().describe('Only this entity, such as teacher.'),
  outcome: z.string().max(64).optional().describe('Such as update, conflict, park.'),
  since: time.optional(),
  until: time.optional().describe('Itself not included.'),
});

export type LogFilter = z.infer<typeof logFilter>;

export interface LogRow {
  /** Ascends in time. */
  readonly id: string;
  readonly at: Date;
  readonly reconcile_id: string | null;
  readonly entity: string | null;
  readonly app_id: string | null;
  readonly odoo_id: number | null;
  readonly outcome: string;
  readonly direction: string | null;
  readonly fields: readonly string[] | null;
  readonly error_code: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
}

export interface Logs {
  /** Newest first. @param before the id of a row; null begins with the newest */
  read(filter: LogFilter, before: string | null, limit: number): Promise<readonly LogRow[]>;
}

const NEWEST = '9223372036854775807';

export function createLogs(db: Db): Logs {
  return {
    async read(filter, before, limit) {
      const cursor = before ?? NEWEST;
      const found = await sql<LogRow>`
        select s.id::text, at, reconcile_id, entity, app_id, odoo_id, outcome, direction, fields, error_code, message, remedy
        from sync_logs s where s.id in (${candidates(filter, cursor, limit)}) order by s.id desc limit ${limit}`.execute(
        db,
      );
      return found.rows;
    },
  };
}

/** Each way to mean a row has its index: one condition for all of them would have none. */
function candidates(filter: LogFilter, before: string, limit: number): RawBuilder<unknown> {
  const ways = filter.q === undefined ? [sql`from sync_logs l where true`] : waysToMean(filter.q);
  const branches = ways.map(
    (way) => sql`(select l.id ${way} and ${conditions(filter)} and l.id < ${before} order by l.id desc limit ${limit})`,
  );
  return sql.join(branches, sql` union `);
}

function waysToMean(q: string): readonly RawBuilder<unknown>[] {
  const ways = [sql`from sync_logs l where l.app_id = ${q}`, sql`from sync_logs l where l.error_code = ${q}`];
  if (/^\d{1,9}$/.test(q)) ways.push(sql`from sync_logs l where l.odoo_id = ${Number(q)}`);
  if (z.guid().safeParse(q).success) {
    ways.push(sql`from sync_logs l where l.reconcile_id = ${q}::uuid`);
    // The passes over its records while it ran.
    ways.push(sql`
      from runs join run_links on run_links.run_id = runs.id join sync_logs l on l.link_id = run_links.link_id
      where runs.id = ${q}::uuid and l.at between runs.started_at and coalesce(runs.finished_at, clock_timestamp())`);
  }
  return ways;
}

function conditions({ entity, outcome, since, until }: LogFilter): RawBuilder<unknown> {
  return sql.join(
    [
      sql`true`,
      ...(entity === undefined ? [] : [sql`l.entity = ${entity}`]),
      ...(outcome === undefined ? [] : [sql`l.outcome = ${outcome}`]),
      ...(since === undefined ? [] : [sql`l.at >= ${since}::timestamptz`]),
      ...(until === undefined ? [] : [sql`l.at < ${until}::timestamptz`]),
    ],
    sql` and `,
  );
}
