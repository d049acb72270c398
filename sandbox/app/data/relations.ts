/** What a batch needs to know of other records, in one statement each. */
import { sql } from 'kysely';
import type { Collection } from './collection.ts';
import { COLLECTIONS, collectionOf, type ParsedFields } from './collections.ts';
import type { Reference } from './fields.ts';
import type { Db } from './open-database.ts';

const MAX_RELATED = 50;

export interface Offer {
  readonly entity: string;
  readonly id: string;
  readonly name: string;
}

/** Records are archived but never deleted: one that is there now stays there, without a lock. */
export async function readExisting(
  db: Db,
  references: readonly Reference[],
): Promise<(reference: Reference) => boolean> {
  if (references.length === 0) return () => false;
  const rows = await selectReferred(db, references).execute();
  const known = new Set(rows.map(({ collection, id }) => `${collection}/${id}`));
  return ({ entity, id }) => known.has(`${collectionOf(entity).name}/${id}`);
}

/** @returns by `entity/id` what people call the records */
export async function readNames(db: Db, references: readonly Reference[]): Promise<ReadonlyMap<string, string>> {
  if (references.length === 0) return new Map();
  const rows = await selectReferred(db, references).select('fields').execute();
  const found = new Map(rows.map(({ collection, id, fields }) => [`${collection}/${id}`, fields]));
  return new Map(
    references.flatMap(({ entity, id }) => {
      const { name, nameField } = collectionOf(entity);
      const fields = found.get(`${name}/${id}`);
      return fields === undefined ? [] : [[`${entity}/${id}`, String(fields[nameField] ?? id)]];
    }),
  );
}

/** Those that are offered to a person who has to name a record of this entity. */
export async function readOffers(db: Db, entity: string, limit: number): Promise<readonly Offer[]> {
  const { name, nameField } = collectionOf(entity);
  const rows = await db
    .selectFrom('records')
    .select(['id', sql<string | null>`fields ->> ${nameField}`.as('name')])
    .where('collection', '=', name)
    .where('deleted_at', 'is', null)
    .orderBy('updated_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ entity, id: row.id, name: row.name ?? row.id }));
}

/** Travels, invoices and documents that point to this record, the last changed first. */
export async function readRelated(db: Db, { entity, id }: { entity: string; id: string }): Promise<readonly Offer[]> {
  const party = JSON.stringify({ entity, id });
  const rows = await db
    .selectFrom('records')
    .select(['collection', 'id', 'fields'])
    .where('deleted_at', 'is', null)
    .where(
      sql<boolean>`case collection
        when 'documents' then fields -> 'owner' = ${party}::jsonb
        when 'invoices' then fields -> 'customer' = ${party}::jsonb or (${entity} = 'travel' and fields ->> 'travel_id' = ${id})
        when 'travels' then ${entity} = 'teacher' and fields ->> 'teacher_id' = ${id}
      end`,
    )
    .orderBy('updated_at', 'desc')
    .limit(MAX_RELATED)
    .execute();
  return rows.map((row) => {
    const of = COLLECTIONS.find(({ name }) => name === row.collection) as Collection;
    return { entity: of.entity, id: row.id, name: String(row.fields[of.nameField] ?? row.id) };
  });
}

function selectReferred(db: Db, references: readonly Reference[]) {
  const collections = references.map(({ entity }) => collectionOf(entity).name);
  const ids = references.map(({ id }) => id);
  return db
    .selectFrom('records')
    .select(['collection', 'id'])
    .where(sql<boolean>`(collection, id) in (select * from unnest(${collections}::text[], ${ids}::text[]))`);
}

/** Safe from races under the lock that writers of the collection hold. */
export async function readHolders(
  db: Db,
  collection: Collection,
  parsed: readonly ParsedFields[],
): Promise<(value: unknown) => string | undefined> {
  const field = collection.rules?.unique;
  if (field === undefined) return () => undefined;
  const values = parsed.flatMap((one) => (one.kind === 'valid' ? String(one.fields[field] ?? '') : []));
  const rows = await db
    .selectFrom('records')
    .select(['id', sql<string>`fields ->> ${field}`.as('value')])
    .where('collection', '=', collection.name)
    .where(sql<boolean>`fields ->> ${field} = any(${values.filter((value) => value !== '')})`)
    .execute();
  const holders = new Map(rows.map(({ id, value }) => [value, id]));
  return (value) => holders.get(String(value ?? ''));
}
