/**
 * Erasing what is remembered of one record: all values, and what happened. The link itself stays as a tombstone with
 * its ids, which no mark wakes any more (a trigger sees to it): so nothing makes the record again.
 */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { entityNamed } from '../entities/registry.ts';
import type { RecordKey } from './links.ts';
import { scrubRosters } from './scrub-rosters.ts';
import { findErased } from './tombstones.ts';

/** The link as it was looked at; it must not have changed since. */
export interface ErasedLink {
  readonly id: string;
  readonly entity: string;
  readonly odooModel: string;
  readonly appId: string | null;
  readonly odooId: number | null;
}

/** How many rows went, by what they held. */
export interface Removed {
  readonly bases: number;
  readonly conflicts: number;
  readonly intents: number;
  readonly logs: number;
  readonly deliveries: number;
  /** Rows of mailing lists that had the person's name and address. */
  readonly lists: number;
}

export interface Related extends RecordKey {
  readonly why: 'same_odoo_record' | 'refers_to_it';
}

export interface Erasures {
  /** @returns null when a pass is at work on the record or on a list that it is on, or a write may still land */
  erase(link: ErasedLink): Promise<{ readonly erasedAt: Date; readonly removed: Removed } | null>;
  /** Other records that are the same in Odoo, or whose app record named this one when both sides last agreed. */
  findRelated(link: ErasedLink): Promise<readonly Related[]>;
  /** @param names `entity:id` @returns those of them that were erased */
  findErased(names: readonly string[]): Promise<ReadonlySet<string>>;
}

export function createErasures(db: Db): Erasures {
  return {
    erase: (link) => db.transaction().execute((trx) => erase(trx, link)),
    findRelated: async (link) => [...(await findSame(db, link)), ...(await findReferring(db, link))],
    findErased: (names) => findErased(db, names),
  };
}

async function erase(trx: Db, link: ErasedLink) {
  const lists = await scrubRosters(trx, link);
  if (lists === null || (await isBusy(trx, link))) return null;
  const removed = {
    bases: await remove(trx, sql`bases where link_id = ${link.id}`),
    conflicts: await remove(trx, sql`conflicts where link_id = ${link.id}`),
    intents: await remove(trx, sql`intents where link_id = ${link.id}`),
    logs: await removeLogs(trx, link),
    deliveries: await removeDeliveries(trx, link),
    lists,
  };
  await remove(trx, sql`guard_uses where link_id = ${link.id}`);
  await removePlans(trx, link);
  // A run that waits for it need not wait any longer.
  await sql`update run_links set outcome = 'erase' where link_id = ${link.id} and outcome is null`.execute(trx);
  await sql`
    update links set state = 'erased', state_since = clock_timestamp(), done_seq = dirty_seq, dirty_at = null,
      lease_token = null, lease_until = null, attempts = 0, next_attempt_at = null, own_app_stamp = null,
      own_odoo_stamp = null, app_edit = null, odoo_edit = null, flips = null, restoring = null, released = false,
      decision = null, error = null, hold = null, warnings = null, waits_entity = null, waits_app_id = null
    where id = ${link.id}`.execute(trx);
  const { entity, id: link_id, appId: app_id, odooId: odoo_id } = link;
  await trx.insertInto('sync_logs').values({ outcome: 'erase', entity, link_id, app_id, odoo_id }).execute();
  const row = await trx.selectFrom('links').select('state_since').where('id', '=', link.id).executeTakeFirstOrThrow();
  return { erasedAt: row.state_since, removed };
}

/** Locked already. */
async function isBusy(trx: Db, { id, appId, odooId }: ErasedLink): Promise<boolean> {
  const { rows } = await sql`
    select from links l where id = ${id} and app_id is not distinct from ${appId} and odoo_id is not distinct from ${odooId}
      and (l.lease_until is null or l.lease_until < clock_timestamp())
      and not exists (select from intents i where i.link_id = l.id and i.over_at > clock_timestamp())`.execute(trx);
  return rows.length === 0;
}

/** Also of links that it was folded from; those of another entity on the same Odoo record are that one's. */
function removeLogs(trx: Db, { id, entity, appId, odooId }: ErasedLink): Promise<number> {
  return remove(
    trx,
    sql`sync_logs where link_id = ${id}
      or entity = ${entity} and (app_id = ${appId}::text or odoo_id = ${odooId}::integer)`,
  );
}

/** What a dry run would have done to it. */
async function removePlans(trx: Db, { entity, appId, odooId }: ErasedLink): Promise<void> {
  await remove(
    trx,
    sql`run_changes where entity = ${entity} and (app_id = ${appId}::text or odoo_id = ${odooId}::integer)`,
  );
}

/** What Odoo told of a record that others are linked to is still theirs. */
function removeDeliveries(trx: Db, { id, entity, odooModel, appId, odooId }: ErasedLink): Promise<number> {
  return remove(
    trx,
    sql`deliveries where source = 'app' and entity = ${entity} and record_id = ${appId}::text
      or source = 'odoo' and odoo_model = ${odooModel} and record_id = ${odooId}::text
        and not exists (
          select from links l where l.odoo_model = ${odooModel} and l.odoo_id = ${odooId}::integer and l.id <> ${id}
            and l.state <> 'erased')`,
  );
}

async function remove(trx: Db, which: ReturnType<typeof sql>): Promise<number> {
  return (await sql`delete from ${which} returning 1`.execute(trx)).rows.length;
}

async function findSame(db: Db, { id, odooModel, odooId }: ErasedLink): Promise<readonly Related[]> {
  if (odooId === null) return [];
  const rows = await db
    .selectFrom('links')
    .select(['entity', 'app_id'])
    .where('odoo_model', '=', odooModel)
    .where('odoo_id', '=', odooId)
    .where('id', '<>', id)
    .where('state', '<>', 'erased')
    .where('app_id', 'is not', null)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ entity: row.entity, id: String(row.app_id), why: 'same_odoo_record' }));
}

/** Read whole: nobody erases many records in a minute. */
async function findReferring(db: Db, { entity, appId }: ErasedLink): Promise<readonly Related[]> {
  if (appId === null) return [];
  const rows = await db
    .selectFrom('links')
    .innerJoin('bases', 'bases.link_id', 'links.id')
    .select(['entity', 'app_id', 'app'])
    .where('app_id', 'is not', null)
    .where(sql<boolean>`strpos(bases.app::text, ${JSON.stringify(appId).slice(1, -1)}) > 0`)
    .orderBy('links.id')
    .execute();
  return rows
    .filter((row) =>
      entityNamed(row.entity)
        .parents(row.app)
        .some((parent) => parent.entity === entity && parent.id === appId),
    )
    .map((row) => ({ entity: row.entity, id: String(row.app_id), why: 'refers_to_it' }));
}
