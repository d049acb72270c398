/** Tying records together: who holds a record already, and the lock under which matches are decided. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Side } from '../entities/define-entity.ts';
import type { Claim, Occupant } from './links.ts';

/**
 * Writes the counterpart's id into a claimed link and commits at once, so that a crash right after loses nothing.
 * A link of the same entity that knew only that record is folded into this one.
 * @returns false when the lease is lost, or the record already belongs to another full link of the entity
 */
export async function attach(
  db: Db,
  claimed: Claim,
  linkId: string,
  counterpart: { side: Side; id: string; odooModel: string },
): Promise<boolean> {
  const column = counterpart.side === 'app' ? sql.ref('app_id') : sql.ref('odoo_id');
  const otherColumn = counterpart.side === 'app' ? sql.ref('odoo_id') : sql.ref('app_id');
  const value = counterpart.side === 'app' ? counterpart.id : Number(counterpart.id);
  return db.transaction().execute(async (trx) => {
    const own =
      await sql`select 1 from links where id = ${linkId} and lease_token = ${claimed.token} for update`.execute(trx);
    if (own.rows.length === 0) return false;
    await sql`
      delete from links where entity = ${claimed.entity} and odoo_model = ${counterpart.odooModel} and ${column} = ${value}
        and ${otherColumn} is null and id <> ${linkId}`.execute(trx);
    const taken = await sql`
      select 1 from links where entity = ${claimed.entity} and odoo_model = ${counterpart.odooModel}
        and ${column} = ${value} and id <> ${linkId}`.execute(trx);
    if (taken.rows.length > 0) return false;
    await sql`update links set ${column} = ${value} where id = ${linkId}`.execute(trx);
    return true;
  });
}

/** Links of any entity on these Odoo records, or links of this entity on these app records. */
export async function findOccupants(
  db: Db,
  side: Side,
  entity: string,
  odooModel: string,
  ids: readonly string[],
): Promise<readonly Occupant[]> {
  if (ids.length === 0) return [];
  const query = db.selectFrom('links').select(['id', 'entity', 'app_id', 'odoo_id']);
  const rows =
    side === 'odoo'
      ? await query.where('odoo_model', '=', odooModel).where('odoo_id', 'in', ids.map(Number)).execute()
      : await query
          .where('entity', '=', entity)
          .where('app_id', 'in', [...ids])
          .execute();
  return rows.map((row) => ({
    linkId: row.id,
    entity: row.entity,
    id: side === 'odoo' ? String(row.odoo_id) : String(row.app_id),
    appId: row.app_id,
    odooId: row.odoo_id,
  }));
}

function lockNumber(key: string): string {
  return createHash('sha256').update(key).digest().readBigInt64BE(0).toString();
}

/** Sorted keys keep two workers from waiting for each other; a lost connection frees the locks. */
export async function withMatchLocks<T>(db: Db, keys: readonly string[], work: () => Promise<T>): Promise<T> {
  const numbers = [...new Set(keys.map(lockNumber))].sort();
  if (numbers.length === 0) return work();
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(value::bigint) from unnest(${numbers}::text[]) as value`.execute(trx);
    return work();
  });
}
