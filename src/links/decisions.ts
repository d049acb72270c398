/** What people decide: letting held records pass, choosing a match, bringing a loser back. The next pass carries it out. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { HeldDecision } from './links.ts';
import { CHANNEL } from './mark.ts';

export interface HeldFilter {
  readonly ids?: readonly string[] | undefined;
  readonly entity?: string | undefined;
  readonly kind?: string | undefined;
}

/**
 * `busy`: another loser of the record is on its way back, and would be lost. `governed`: one side alone governs the
 * field, so nobody else's value can be written there.
 */
export type Restoring = 'restoring' | 'unknown' | 'busy' | 'governed';

/** For people. */
export const NOT_RESTORED: Readonly<Record<Exclude<Restoring, 'restoring'>, string>> = {
  unknown: 'There is no such conflict.',
  busy: 'Another value of this record is being brought back. Wait until it is there, then ask again.',
  governed: 'One side alone governs this field. Edit the record there.',
};

export interface Decisions {
  /** Lets pass what a guard holds; a match is decided one by one. @returns how many links */
  release(filter: HeldFilter): Promise<number>;
  /** @returns false when no such link is held */
  resolve(linkId: string, decision: HeldDecision): Promise<boolean>;
  /** Writes the loser of a conflict to both sides. One that could not be written (parked) gives way to the next. */
  restore(conflictId: string): Promise<Restoring>;
}

const MARKED = sql`
  dirty_seq = links.dirty_seq + 1, dirty_at = clock_timestamp(), attempts = 0, next_attempt_at = null, priority = 0`;

export function createDecisions(db: Db): Decisions {
  async function mark(chosen: ReturnType<typeof sql>, changes: ReturnType<typeof sql>): Promise<number> {
    const { rows } = await sql`
      with chosen as (select id from links where ${chosen} order by id for update)
      update links set ${changes}, ${MARKED} from chosen where links.id = chosen.id returning 1`.execute(db);
    await sql`select pg_notify(${CHANNEL}, '')`.execute(db);
    return rows.length;
  }

  return {
    release: ({ ids, entity, kind }) =>
      mark(
        sql`state = 'held' and hold ->> 'kind' in ('delete', 'rewrite', 'create')
          and (${ids === undefined}::boolean or id = any(${[...(ids ?? [])]}::bigint[]))
          and (${entity ?? null}::text is null or entity = ${entity ?? null})
          and (${kind ?? null}::text is null or hold ->> 'kind' = ${kind ?? null})`,
        sql`released = true`,
      ),
    resolve: async (linkId, decision) =>
      (await mark(sql`state = 'held' and id = ${linkId}`, sql`decision = ${JSON.stringify(decision)}::jsonb`)) > 0,
    async restore(conflictId) {
      const conflict = await db.selectFrom('conflicts').selectAll().where('id', '=', conflictId).executeTakeFirst();
      if (!conflict) return 'unknown';
      const { winner, field, link_id, rule } = conflict;
      if (rule === 'owner') return 'governed';
      const loser = winner === 'app' ? conflict.odoo_value : conflict.app_value;
      // A group of several fields was kept as an object.
      const values = typeof loser === 'object' && loser !== null ? loser : { [field]: loser };
      const restoring = JSON.stringify({ conflictId, values });
      const isFree = sql`(restoring is null or restoring ->> 'conflictId' = ${conflictId} or state = 'parked')`;
      const marked = await mark(sql`id = ${link_id} and ${isFree}`, sql`restoring = ${restoring}::jsonb`);
      return marked > 0 ? 'restoring' : 'busy';
    },
  };
}
