import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Side } from '../entities/define-entity.ts';
import { claim, dropLeases, findDirty, recordIntents, release, renewLease } from './claim.ts';
import { attach, findLinked, findMaybeOurs, findOccupants, repoint, withMatchLocks } from './counterparts.ts';
import { markDelivered, receive } from './deliveries.ts';
import { countLinked } from './guard.ts';
import type { Claim, Hold, Links, Listed, ListedRow, Pair } from './links.ts';
import { markApp, markOdoo } from './mark.ts';
import { readAgreed } from './read-agreed.ts';
import { settle } from './settle.ts';

export interface LinksSettings {
  /** Names of the entities that live in an Odoo model. */
  readonly entitiesOf: (model: string) => readonly string[];
  /** DELETE_GUARD_PERCENT. */
  readonly guardPercent: number;
  /** Whether Odoo's webhooks come before its commit (17 and 18), so that one look is not enough. */
  readonly looksAgain: () => boolean;
}

/** The links on PostgreSQL. */
export function createPostgresLinks(db: Db, settings: LinksSettings): Links {
  // Claims that failed: if one was committed all the same, nobody works under its lease.
  const doubtful = new Set<string>();
  async function claimUnderToken(entity: string, odooModel: string, limit: number): Promise<Claim | null> {
    const token = randomUUID();
    try {
      return await claim(db, token, entity, odooModel, limit);
    } catch (error) {
      doubtful.add(token);
      throw error;
    }
  }
  async function dropDoubtful(): Promise<void> {
    const tokens = [...doubtful];
    if (tokens.length === 0) return;
    await dropLeases(db, tokens);
    for (const token of tokens) doubtful.delete(token);
  }
  return {
    receive: (deliveries) => receive(db, deliveries, settings),
    markApp: (keys, odooModel, priority) => markApp(db, keys, odooModel, priority),
    markOdoo: (model, ids, entities, priority) => markOdoo(db, model, ids, entities, priority),
    filterChanged: (side, entity, odooModel, rows) => filterChanged(db, side, entity, odooModel, rows),
    holdNew: (side, entity, odooModel, ids, hold) => holdNew(db, side, entity, odooModel, ids, hold),
    listPairs: (entity, odooModel, after, limit) => listPairs(db, entity, odooModel, after, limit),
    findLinked: (keys) => findLinked(db, keys),
    listHalves: (side, entity, odooModel) => listHalves(db, side, entity, odooModel),
    countLinked: (entity) => countLinked(db, entity),
    markDelivered: () => markDelivered(db, settings),
    async findDirty() {
      await dropDoubtful();
      return findDirty(db);
    },
    claim: claimUnderToken,
    renewLease: (claimed) => renewLease(db, claimed),
    release: (claimed, afterMs) => release(db, claimed, afterMs),
    recordIntents: (claimed, intents) => recordIntents(db, claimed, intents, settings.guardPercent),
    attach: (claimed, linkId, counterpart) => attach(db, claimed, linkId, counterpart),
    repoint: (claimed, linkId, odooModel, odooId) => repoint(db, claimed, linkId, odooModel, odooId),
    findOccupants: (side, entity, odooModel, ids) => findOccupants(db, side, entity, odooModel, ids),
    findMaybeOurs: (side, linkIds) => findMaybeOurs(db, side, linkIds),
    withMatchLocks: (keys, work) => withMatchLocks(db, keys, work),
    settle: (claimed, settlements, info) => settle(db, claimed, settlements, info),
  };
}

/**
 * A record is unchanged only if its content is what was agreed; equal stamps prove nothing. What waits for a person
 * because there was too much of it at once goes on waiting, until somebody edits it.
 */
async function filterChanged(
  db: Db,
  side: Side,
  entity: string,
  odooModel: string,
  rows: readonly ListedRow[],
): Promise<Listed> {
  if (rows.length === 0) return { changed: [], unlinked: [] };
  const id = side === 'app' ? sql`l.app_id = r.id` : sql`l.odoo_id = r.id::integer`;
  const digest = side === 'app' ? sql.ref('b.app_digest') : sql.ref('b.odoo_digest');
  const result = await sql<{ id: string; unlinked: boolean }>`
    select r.id, l.id is null as unlinked
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, digest text, member boolean)
    left join links l on l.entity = ${entity} and l.odoo_model = ${odooModel} and ${id}
    left join bases b on b.link_id = l.id
    where coalesce(l.hold ->> 'kind', '') <> 'create' and l.state is distinct from 'erased'
      and (r.member and (b.link_id is null or l.state <> 'active' or ${digest} <> r.digest)
        or not r.member and l.state <> 'out_of_scope')`.execute(db);
  const part = (unlinked: boolean) => result.rows.filter((row) => row.unlinked === unlinked).map((row) => row.id);
  return { changed: part(false), unlinked: part(true) };
}

async function holdNew(
  db: Db,
  side: Side,
  entity: string,
  odooModel: string,
  ids: readonly string[],
  hold: Hold,
): Promise<void> {
  const value = side === 'app' ? sql`value` : sql`value::integer`;
  await sql`
    insert into links (entity, odoo_model, ${sql.ref(side === 'app' ? 'app_id' : 'odoo_id')}, state, hold)
    select ${entity}, ${odooModel}, ${value}, 'held', ${JSON.stringify(hold)}::jsonb
    from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as value
    on conflict do nothing`.execute(db);
}

async function listPairs(
  db: Db,
  entity: string,
  odooModel: string,
  after: string | null,
  limit: number,
): Promise<readonly Pair[]> {
  const rows = await db
    .selectFrom('links')
    .leftJoin('bases', 'bases.link_id', 'links.id')
    .select(['id', 'app_id', 'odoo_id', 'app_digest', 'odoo_digest', 'agreed_at'])
    .select(sql<Date | null>`case when dirty_seq > done_seq then dirty_at end`.as('dirty_at'))
    .where('entity', '=', entity)
    .where('odoo_model', '=', odooModel)
    .where('app_id', 'is not', null)
    .where('odoo_id', 'is not', null)
    .where('state', 'not in', ['out_of_scope', 'erased'])
    .where('id', '>', after ?? '0')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    linkId: row.id,
    appId: String(row.app_id),
    odooId: Number(row.odoo_id),
    agreed: readAgreed(row),
    dirtyAt: row.dirty_at?.getTime() ?? null,
  }));
}

async function listHalves(db: Db, side: Side, entity: string, odooModel: string): Promise<readonly string[]> {
  const [own, other] = side === 'app' ? (['app_id', 'odoo_id'] as const) : (['odoo_id', 'app_id'] as const);
  const rows = await db
    .selectFrom('links')
    .select(sql<string>`${sql.ref(own)}::text`.as('record_id'))
    .where('entity', '=', entity)
    .where('odoo_model', '=', odooModel)
    .where(own, 'is not', null)
    .where(other, 'is', null)
    .where('state', 'in', ['parked', 'held'])
    .where(sql<boolean>`coalesce(hold ->> 'kind', '') <> 'create'`)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.record_id);
}
