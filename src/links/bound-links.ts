/** The links as a whole, when it is asked whether they still mean the records that they were made for. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { CanonicalRecord } from '../entities/define-entity.ts';

/** A pair with what each side held when they last agreed. */
export interface AgreedPair {
  readonly appId: string;
  readonly odooId: number;
  readonly app: CanonicalRecord;
  readonly odoo: CanonicalRecord;
}

/** The oldest pairs of the entity that agreed once: those are in every copy and in every backup. */
export async function oldestPairs(
  db: Db,
  entity: string,
  odooModel: string,
  limit: number,
): Promise<readonly AgreedPair[]> {
  const rows = await db
    .selectFrom('links')
    .innerJoin('bases', 'bases.link_id', 'links.id')
    .select(['app_id', 'odoo_id', 'app', 'odoo'])
    .where('entity', '=', entity)
    .where('odoo_model', '=', odooModel)
    .where('app_id', 'is not', null)
    .where('odoo_id', 'is not', null)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ app_id, odoo_id, app, odoo }) => ({ appId: String(app_id), odooId: Number(odoo_id), app, odoo }));
}

/**
 * All that only means something together with the records that were linked: links with their conflicts, events that are
 * still to be looked at, how far the polls have come, since when something is new; of another Odoo also the ids of its tags and actions. What was
 * logged stays. No process may be at work.
 * @returns how many links there were
 */
export async function forgetLinks(db: Db, { otherOdoo }: { otherOdoo: boolean }): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const gone = await trx.deleteFrom('links').executeTakeFirst();
    await trx.deleteFrom('deliveries').execute();
    const names = ['certificate', 'poll:%', 'polled:%', 'sends:%', ...(otherOdoo ? ['odoo:%'] : [])];
    await sql`delete from cursors where name like any(${names}::text[])`.execute(trx);
    return Number(gone.numDeletedRows);
  });
}
