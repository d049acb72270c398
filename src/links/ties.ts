/** Tying pairs that are known to belong together, outside of any pass: after a disaster (sources/relink.ts). */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { digestRecord } from './digest.ts';
import { PRIORITY } from './links.ts';
import { CHANNEL } from './mark.ts';

/** A link as it stands: full, or half while it knows one record only. */
export interface KnownLink {
  readonly appId: string | null;
  readonly odooId: number | null;
}

export interface KnownPair {
  readonly appId: string;
  readonly odooId: number;
}

export interface Tie extends KnownPair {
  /** Archived in the app and in use in Odoo, and that is as it should be: the one thing that both sides agree on. */
  readonly apart: boolean;
}

export interface Ties {
  /** Links of the entity on any of these records. */
  find(
    entity: string,
    odooModel: string,
    ids: { readonly app: readonly string[]; readonly odoo: readonly number[] },
  ): Promise<readonly KnownLink[]>;
  /** All full links of the entity, so many at a time, in the order of their app ids. */
  list(entity: string, odooModel: string, after: string | null, limit: number): Promise<readonly KnownPair[]>;
  /**
   * Makes a link of each pair, with no more base than is known and marked: the next pass compares all fields. Half links
   * on either record are folded into it.
   * @returns app ids of the pairs that were tied; of the others a record is linked, or in work, just now, or was erased
   */
  tie(entity: string, odooModel: string, pairs: readonly Tie[]): Promise<ReadonlySet<string>>;
}

export function createTies(db: Db): Ties {
  return {
    async find(entity, odooModel, { app, odoo }) {
      const rows = await db
        .selectFrom('links')
        .select(['app_id', 'odoo_id'])
        .where('entity', '=', entity)
        .where('odoo_model', '=', odooModel)
        .where((or) =>
          or.or([
            or('app_id', '=', sql<string>`any(${app}::text[])`),
            or('odoo_id', '=', sql<number>`any(${odoo}::integer[])`),
          ]),
        )
        .execute();
      return rows.map((row) => ({ appId: row.app_id, odooId: row.odoo_id }));
    },
    async list(entity, odooModel, after, limit) {
      const rows = await db
        .selectFrom('links')
        .select(['app_id', 'odoo_id'])
        .where('entity', '=', entity)
        .where('odoo_model', '=', odooModel)
        .where('app_id', '>', after ?? '')
        .where('odoo_id', 'is not', null)
        .orderBy('app_id')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ appId: String(row.app_id), odooId: Number(row.odoo_id) }));
    },
    tie: (entity, odooModel, pairs) => tie(db, entity, odooModel, pairs),
  };
}

async function tie(db: Db, entity: string, odooModel: string, pairs: readonly Tie[]): Promise<ReadonlySet<string>> {
  if (pairs.length === 0) return new Set();
  const wanted = JSON.stringify(pairs.map(({ appId, odooId }) => ({ app_id: appId, odoo_id: odooId })));
  return db.transaction().execute(async (trx) => {
    // Locked in the order of their ids, as marks do it, and by a statement of its own: the next one sees what was done.
    await sql`
      select from links l join jsonb_to_recordset(${wanted}::jsonb) as w(app_id text, odoo_id integer)
        on l.app_id = w.app_id or l.odoo_id = w.odoo_id
      where l.entity = ${entity} and l.odoo_model = ${odooModel} order by l.id for update of l`.execute(trx);
    const { rows } = await sql<{ app_id: string }>`
      with wanted as (
        select w.* from jsonb_to_recordset(${wanted}::jsonb) as w(app_id text, odoo_id integer)
        where not exists (
          select from links l
          where l.entity = ${entity} and l.odoo_model = ${odooModel} and (l.app_id = w.app_id or l.odoo_id = w.odoo_id)
            and (l.app_id is not null and l.odoo_id is not null or l.state = 'erased' or l.lease_until > clock_timestamp()
              -- A counterpart is being made for it: with the link its announcement would be gone.
              or exists (select from intents i where i.link_id = l.id and i.kind = 'create')))),
      folded as (
        delete from links l using wanted w
        where l.entity = ${entity} and l.odoo_model = ${odooModel} and (l.app_id = w.app_id or l.odoo_id = w.odoo_id)
        returning l.id)
      select app_id, (select count(*) from folded) from wanted`.execute(trx);
    const tied = new Set(rows.map((row) => row.app_id));
    const made = pairs.filter(({ appId }) => tied.has(appId));
    if (made.length === 0) return tied;
    const values = made.map(({ appId, odooId }) => ({
      entity,
      app_id: appId,
      odoo_model: odooModel,
      odoo_id: odooId,
      priority: PRIORITY.resync,
      dirty_seq: '1',
      dirty_at: sql<Date>`clock_timestamp()`,
    }));
    const links = await trx.insertInto('links').values(values).returning(['id', 'app_id']).execute();
    const apart = new Set(made.filter((pair) => pair.apart).map(({ appId }) => appId));
    await insertApart(
      trx,
      links.filter(({ app_id }) => apart.has(app_id ?? '')).map(({ id }) => id),
    );
    await sql`select pg_notify(${CHANNEL}, '')`.execute(trx);
    return tied;
  });
}

async function insertApart(db: Db, linkIds: readonly string[]): Promise<void> {
  if (linkIds.length === 0) return;
  const [app, odoo] = [{ active: false }, { active: true }];
  const digests = { app_digest: digestRecord(app), odoo_digest: digestRecord(odoo) };
  const base = { app: JSON.stringify(app), odoo: JSON.stringify(odoo), ...digests };
  await db
    .insertInto('bases')
    .values(linkIds.map((link_id) => ({ link_id, ...base })))
    .execute();
}
