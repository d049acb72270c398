/** Entities whose reconciling a person has paused. Events are taken in and marked all the same; nothing is written. */
import type { Db } from '../db/open-database.ts';

export interface Pauses {
  /** Of all processes on this database; it survives restarts. */
  paused(): Promise<ReadonlySet<string>>;
  /** From the next batch on; what is in work is finished. */
  pause(entity: string): Promise<void>;
  resume(entity: string): Promise<void>;
}

const PREFIX = 'paused:';

export function createPauses(db: Db): Pauses {
  return {
    async paused() {
      const rows = await db.selectFrom('cursors').select('name').where('name', 'like', `${PREFIX}%`).execute();
      return new Set(rows.map(({ name }) => name.slice(PREFIX.length)));
    },
    async pause(entity) {
      const value = new Date().toISOString();
      const row = { name: PREFIX + entity, value };
      await db
        .insertInto('cursors')
        .values(row)
        .onConflict((clash) => clash.doNothing())
        .execute();
    },
    async resume(entity) {
      await db
        .deleteFrom('cursors')
        .where('name', '=', PREFIX + entity)
        .execute();
    },
  };
}
