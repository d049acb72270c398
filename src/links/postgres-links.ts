import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { claim, findDirty, recordIntents, release, renewLease } from './claim.ts';
import { attach, findMaybeOurs, findOccupants, withMatchLocks } from './counterparts.ts';
import type { Links, ListedRow } from './links.ts';
import { markApp, markOdoo, receive } from './mark.ts';
import { settle } from './settle.ts';

/**
 * The links on PostgreSQL.
 * @param entitiesOf names of the entities that live in an Odoo model
 */
export function createPostgresLinks(db: Db, entitiesOf: (model: string) => readonly string[]): Links {
  return {
    receive: (deliveries) => receive(db, deliveries, entitiesOf),
    markApp: (keys, odooModel, priority) => markApp(db, keys, odooModel, priority),
    markOdoo: (model, ids, entities, priority) => markOdoo(db, model, ids, entities, priority),
    filterChanged: (side, entity, rows) => filterChanged(db, side, entity, rows),
    findDirty: () => findDirty(db),
    claim: (entity, odooModel, limit) => claim(db, entity, odooModel, limit),
    renewLease: (claimed) => renewLease(db, claimed),
    release: (claimed, afterMs) => release(db, claimed, afterMs),
    recordIntents: (claimed, intents) => recordIntents(db, claimed, intents),
    attach: (claimed, linkId, counterpart) => attach(db, claimed, linkId, counterpart),
    findOccupants: (side, entity, odooModel, ids) => findOccupants(db, side, entity, odooModel, ids),
    findMaybeOurs: (side, linkIds) => findMaybeOurs(db, side, linkIds),
    withMatchLocks: (keys, work) => withMatchLocks(db, keys, work),
    settle: (claimed, settlements, info) => settle(db, claimed, settlements, info),
  };
}

/** A record is unchanged only if its content is what was agreed; equal stamps prove nothing. */
async function filterChanged(
  db: Db,
  side: 'app' | 'odoo',
  entity: string,
  rows: readonly ListedRow[],
): Promise<readonly string[]> {
  if (rows.length === 0) return [];
  const id = side === 'app' ? sql`l.app_id = r.id` : sql`l.odoo_id = r.id::integer`;
  const digest = side === 'app' ? sql.ref('b.app_digest') : sql.ref('b.odoo_digest');
  const result = await sql<{ id: string }>`
    select r.id from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, digest text, member boolean)
    left join links l on l.entity = ${entity} and ${id}
    left join bases b on b.link_id = l.id
    where (r.member and (b.link_id is null or l.state <> 'active' or ${digest} <> r.digest))
       or (not r.member and l.state <> 'out_of_scope')`.execute(db);
  return result.rows.map((row) => row.id);
}
