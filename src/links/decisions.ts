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

export interface Decisions {
  /** Lets pass what a guard holds; a match is decided one by one. @returns how many links */
  release(filter: HeldFilter): Promise<number>;
  /** @returns false when no such link is held */
  resolve(linkId: string, decision: HeldDecision): Promise<boolean>;
  /** Writes the loser of a conflict to both sides. @returns false when there is no such conflict */
  restore(conflictId: string): Promise<boolean>;
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
      if (!conflict) return false;
      const { winner, field, link_id } = conflict;
      const loser = winner === 'app' ? conflict.odoo_value : conflict.app_value;
      // A group of several fields was kept as an object.
      const values = typeof loser === 'object' && loser !== null ? loser : { [field]: loser };
      const restoring = JSON.stringify({ conflictId, values });
      return (await mark(sql`id = ${link_id}`, sql`restoring = ${restoring}::jsonb`)) > 0;
    },
  };
}
