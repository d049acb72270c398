/**
 * Old deliveries, logs and runs go after LOG_RETENTION_DAYS, the audit after AUDIT_RETENTION_DAYS, answers kept for
 * repeats after a day; links, bases and conflicts stay.
 */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';

const PORTION = 5_000;

export interface RetentionDays {
  readonly logDays: number;
  readonly auditDays: number;
}

/** In portions, so that no webhook waits for it; several processes may do it side by side. @returns how many rows went */
export async function forgetOld(db: Db, { logDays, auditDays }: RetentionDays): Promise<number> {
  let forgotten = 0;
  for (const [table, column, age] of [
    ['deliveries', 'received_at', logDays],
    ['sync_logs', 'at', logDays],
    ['runs', 'finished_at', logDays],
    ['audit', 'at', auditDays],
    ['idempotency_keys', 'started_at', 1],
  ] as const) {
    for (;;) {
      const { rows } = await sql`
        delete from ${sql.table(table)} where ctid in (
          select ctid from ${sql.table(table)} where ${sql.ref(column)} < clock_timestamp() - ${age} * interval '1 day'
          limit ${PORTION} for update skip locked)
        returning 1`.execute(db);
      forgotten += rows.length;
      if (rows.length < PORTION) break;
    }
  }
  return forgotten;
}
