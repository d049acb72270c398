/** Small durable facts: how far the polls have come, which Odoo ids the set-up left behind. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { lockNumber } from './lock-number.ts';

export interface Cursors {
  read(name: string): Promise<string | null>;
  /** Moves a time forward, never back. */
  advance(name: string, time: string): Promise<void>;
  write(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
  movedAt(prefix: string): Promise<Date | null>;
  /** Runs `work` in one process at a time. */
  withLock(name: string, work: () => Promise<void>): Promise<void>;
  /** Runs `work` unless another process is at it. @returns false when one was */
  withTryLock(name: string, work: () => Promise<void>): Promise<boolean>;
}

/** Since when records of an entity are new, by the app's clock: written once. */
export const newSinceCursor = (entity: string) => `sends:${entity}`;

export function createCursors(db: Db): Cursors {
  return {
    async read(name) {
      const row = await db.selectFrom('cursors').select('value').where('name', '=', name).executeTakeFirst();
      return row?.value ?? null;
    },
    async advance(name, time) {
      await sql`
        insert into cursors (name, value) values (${name}, ${time})
        on conflict (name) do update set value = excluded.value, moved_at = clock_timestamp()
        where cursors.value::timestamptz < excluded.value::timestamptz`.execute(db);
    },
    async write(name, value) {
      await sql`
        insert into cursors (name, value) values (${name}, ${value})
        on conflict (name) do update set value = excluded.value, moved_at = clock_timestamp()`.execute(db);
    },
    async remove(name) {
      await db.deleteFrom('cursors').where('name', '=', name).execute();
    },
    async movedAt(prefix) {
      const row = await db
        .selectFrom('cursors')
        .select(({ fn }) => fn.min('moved_at').as('at'))
        .where('name', 'like', `${prefix}%`)
        .executeTakeFirst();
      return row?.at ?? null;
    },
    withLock: (name, work) =>
      db.transaction().execute(async (trx) => {
        await sql`select pg_advisory_xact_lock(${lockNumber(name)}::bigint)`.execute(trx);
        await work();
      }),
    withTryLock: (name, work) =>
      db.transaction().execute(async (trx) => {
        const lock = sql<{ got: boolean }>`select pg_try_advisory_xact_lock(${lockNumber(name)}::bigint) as got`;
        const { rows } = await lock.execute(trx);
        if (!rows[0]?.got) return false;
        await work();
        return true;
      }),
  };
}
