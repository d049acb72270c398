/** Reading records. Every time leaves the database as text. */
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Collection, Fields } from './collection.ts';
import { asStamp, type Db } from './open-database.ts';

/** A record as the app shows it: its stamps, then its fields beside them. */
export interface AppRecord {
  readonly id: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
  readonly [field: string]: unknown;
}

export interface StoredRecord {
  readonly id: string;
  readonly fields: Fields;
  readonly updated_at: string;
  readonly deleted_at: string | null;
}

export interface RecordPage {
  readonly records: readonly StoredRecord[];
  readonly nextCursor: string | null;
  /** The database's clock: all that was changed before it is committed, and so in this page or a later one. */
  readonly serverTime: string;
}

export interface PageRequest {
  readonly updatedSince: string | undefined;
  readonly cursor: Cursor | undefined;
  readonly limit: number;
}

export interface SearchRequest {
  readonly text: string;
  readonly archived: boolean;
  readonly limit: number;
  readonly offset: number;
}

const CURSOR = z.tuple([z.iso.datetime(), z.string().min(1)]);
export type Cursor = z.infer<typeof CURSOR>;

/**
 * Writers of a collection hold this lock until they commit, so changes become visible in the order of their
 * stamps: a listing's cursor never passes a record that is stamped but not yet committed.
 */
export function collectionLock(collection: Collection): RawBuilder<number> {
  return sql<number>`hashtextextended(${`travel_app.${collection.name}`}, 0)`;
}

export function selectRecords(db: Db) {
  return db
    .selectFrom('records')
    .select(['id', 'fields', asStamp('updated_at').as('updated_at')])
    .select(asStamp('deleted_at').$castTo<string | null>().as('deleted_at'));
}

export function showRecord(collection: Collection, record: StoredRecord): AppRecord {
  const shown: Record<string, unknown> = {};
  for (const field of Object.keys(collection.fields)) shown[field] = record.fields[field] ?? null;
  return { id: record.id, updated_at: record.updated_at, deleted_at: record.deleted_at, ...shown };
}

/** Records changed at or after a time, or all, in ascending order of (updated_at, id). */
export async function readPage(db: Db, collection: Collection, request: PageRequest): Promise<RecordPage> {
  // Waits for the writers at work and only then reads the clock; the page is read afterwards.
  const time = await sql<{ stamp: string }>`
    with turn as materialized (select pg_advisory_xact_lock_shared(${collectionLock(collection)})),
      clock as materialized (select clock_timestamp() as time from turn)
    select ${asStamp('time')} as stamp from clock`.execute(db);
  let query = selectRecords(db)
    .where('collection', '=', collection.name)
    .orderBy('records.updated_at')
    .orderBy('id')
    .limit(request.limit + 1);
  if (request.updatedSince !== undefined) {
    query = query.where('records.updated_at', '>=', sql<Date>`${request.updatedSince}::timestamptz`);
  }
  if (request.cursor !== undefined) {
    const [stamp, id] = request.cursor;
    query = query.where(sql<boolean>`(records.updated_at, id) > (${stamp}::timestamptz, ${id})`);
  }
  const rows = await query.execute();
  const records = rows.slice(0, request.limit);
  const last = rows.length > request.limit ? records.at(-1) : undefined;
  return {
    records,
    nextCursor: last === undefined ? null : encodeCursor([last.updated_at, last.id]),
    serverTime: time.rows[0]?.stamp ?? '',
  };
}

export function readByIds(db: Db, collection: Collection, ids: readonly string[]): Promise<StoredRecord[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return selectRecords(db)
    .where('collection', '=', collection.name)
    .where(sql<boolean>`id = any(${ids})`)
    .orderBy('id')
    .execute();
}

/** Those whose address is the same but for case and outer blanks; archived ones too; at most 200. */
export function readByEmail(db: Db, collection: Collection, email: string): Promise<StoredRecord[]> {
  return selectRecords(db)
    .where('collection', '=', collection.name)
    .where('email_normalized', '=', normalizeEmail(email))
    .orderBy('id')
    .limit(200)
    .execute();
}

/** What a person looks for, by name. */
export async function searchRecords(
  db: Db,
  collection: Collection,
  request: SearchRequest,
): Promise<{ readonly records: readonly StoredRecord[]; readonly total: number }> {
  const searched = [collection.nameField, ...collection.columns].map((field) => sql`fields ->> ${field}`);
  const found = db
    .selectFrom('records')
    .where('collection', '=', collection.name)
    .where('deleted_at', request.archived ? 'is not' : 'is', null)
    .$if(request.text !== '', (query) =>
      query.where(sql<boolean>`strpos(lower(concat_ws(' ', ${sql.join(searched)})), lower(${request.text})) > 0`),
    );
  const { total } = await found.select((of) => of.fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  const records = await found
    .select(['id', 'fields', asStamp('updated_at').as('updated_at')])
    .select(asStamp('deleted_at').$castTo<string | null>().as('deleted_at'))
    .orderBy(sql`lower(fields ->> ${collection.nameField})`)
    .orderBy('id')
    .limit(request.limit)
    .offset(request.offset)
    .execute();
  return { records, total: Number(total) };
}

export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** @returns undefined when the text is no cursor of this app */
export function decodeCursor(text: string): Cursor | undefined {
  try {
    const parsed = CURSOR.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}
