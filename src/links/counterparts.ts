/** Tying records together: who holds a record already, and the lock under which matches are decided. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Side } from '../entities/define-entity.ts';
import { type Claim, linkedKey, type Occupant, type RecordKey, type Repointed } from './links.ts';
import { lockNumber } from './lock-number.ts';

/** What its creation announced is not settled: nobody knows yet what it made. */
const CREATING = sql<boolean>`exists (select from intents where link_id = links.id and kind = 'create')`;

/**
 * Writes the counterpart's id into a claimed link and commits at once, so that a crash right after loses nothing.
 * A link of the same entity that knew only that record is folded into this one.
 * @returns false when the lease is lost, the record already belongs to another full link of the entity or was erased, or
 * a counterpart is just being made for it: with the link its announcement would be gone, and what it made a stranger
 */
export async function attach(...args: Parameters<typeof attachOnce>): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attachOnce(...args);
    } catch (error) {
      // A webhook made a half link of that record at this very moment: now it is there to be folded.
      const collided = error instanceof Error && 'code' in error && error.code === '23505';
      if (!collided || tries === 5) throw error;
    }
  }
}

async function attachOnce(
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
    const other = sql`entity = ${claimed.entity} and odoo_model = ${counterpart.odooModel}
      and ${column} = ${value} and id <> ${linkId}`;
    const occupied = sql`(${otherColumn} is not null or state = 'erased' or ${CREATING})`;
    // Locked by a statement of its own, so that the next one sees what was announced meanwhile.
    await sql`select 1 from links where ${other} for update`.execute(trx);
    const folded = await sql`
      delete from links where ${other} and not ${occupied} returning 1`.execute(trx);
    const taken = await sql`select 1 from links where ${other} and ${occupied}`.execute(trx);
    if (taken.rows.length > 0) return false;
    // The folded link was marked for a reason, perhaps for an edit that this pass has not seen.
    const bump = folded.rows.length > 0 ? 1 : 0;
    await sql`update links set ${column} = ${value}, dirty_seq = dirty_seq + ${bump} where id = ${linkId}`.execute(trx);
    return true;
  });
}

/**
 * Moves a full link to the Odoo record that its own one was merged into.
 * @returns `linked`: another full link of the entity is there already; `busy`: the lease is lost, or a counterpart is
 * just being made for that record
 */
export async function repoint(
  db: Db,
  claimed: Claim,
  linkId: string,
  odooModel: string,
  odooId: number,
): Promise<Repointed> {
  return db.transaction().execute(async (trx) => {
    const own =
      await sql`select 1 from links where id = ${linkId} and lease_token = ${claimed.token} for update`.execute(trx);
    if (own.rows.length === 0) return 'busy';
    const onSurvivor = sql`entity = ${claimed.entity} and odoo_model = ${odooModel} and odoo_id = ${odooId} and id <> ${linkId}`;
    await sql`select 1 from links where ${onSurvivor} for update`.execute(trx);
    await sql`delete from links where ${onSurvivor} and app_id is null and not ${CREATING}`.execute(trx);
    const { rows } = await sql<{ app_id: string | null }>`select app_id from links where ${onSurvivor}`.execute(trx);
    if (rows.length > 0) return rows.some(({ app_id }) => app_id !== null) ? 'linked' : 'busy';
    // What was known of the old record's stamp says nothing of the new one's.
    await sql`update links set odoo_id = ${odooId}, own_odoo_stamp = null, odoo_edit = null, dirty_seq = dirty_seq + 1
      where id = ${linkId}`.execute(trx);
    return 'moved';
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
  const query = db
    .selectFrom('links')
    .leftJoin('bases', 'bases.link_id', 'links.id')
    .select(['links.id', 'entity', 'app_id', 'odoo_id', 'state', 'app', CREATING.as('creating')])
    .orderBy('links.id');
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
    appActive: row.app?.active !== false,
    inScope: row.state !== 'out_of_scope' && row.state !== 'erased',
    creating: row.creating,
  }));
}

/** Only links that are tied on both ends. @returns Odoo ids by `linkedKey` */
export async function findLinked(db: Db, keys: readonly RecordKey[]): Promise<ReadonlyMap<string, number>> {
  if (keys.length === 0) return new Map();
  const { rows } = await sql<{ entity: string; id: string; odoo_id: number }>`
    select l.entity, l.app_id as id, l.odoo_id from links l
    join (select distinct entity, id from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as k(entity text, id text)) k
      on k.entity = l.entity and k.id = l.app_id
    where l.odoo_id is not null`.execute(db);
  return new Map(rows.map((row) => [linkedKey(row), row.odoo_id]));
}

/**
 * Links whose record may be one that a worker of ours is just creating: its creation was announced before the link
 * came to be, and is not settled yet. Such a record must not get a counterpart of its own.
 */
export async function findMaybeOurs(db: Db, side: Side, linkIds: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select l.id from links l where l.id = any(${linkIds}::bigint[]) and exists (
      select from intents i join links creator on creator.id = i.link_id
      where i.kind = 'create' and i.side = ${side} and creator.entity = l.entity and creator.id <> l.id
        and i.created_at <= l.created_at
        -- Not by the clock: until its own pass has looked again, nobody knows what became of it.
        and (creator.state = 'active' or i.over_at > clock_timestamp()))`.execute(db);
  return new Set(rows.map((row) => row.id));
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
