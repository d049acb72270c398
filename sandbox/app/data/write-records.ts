/** The statements that write records and tell of it. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Collection } from './collection.ts';
import type { Decision, Event } from './decide-operation.ts';
import { asStamp, type Db } from './open-database.ts';
import { normalizeEmail, type StoredRecord } from './records.ts';

export interface Write {
  readonly id: string;
  readonly decision: Extract<Decision, { kind: 'write' }>;
}

/** Consecutive numbers, as the ids of a small app are; a counter of its own per collection. */
export async function takeIds(db: Db, collection: Collection, count: number): Promise<string[]> {
  if (count === 0) return [];
  const { last_id } = await db
    .insertInto('id_counters')
    .values({ collection: collection.name, last_id: String(count) })
    .onConflict((conflict) =>
      conflict.column('collection').doUpdateSet({ last_id: sql`id_counters.last_id + excluded.last_id` }),
    )
    .returning('last_id')
    .executeTakeFirstOrThrow();
  const first = Number(last_id) - count + 1;
  return Array.from({ length: count }, (_, index) => String(first + index));
}

export async function writeRecords(
  db: Db,
  collection: Collection,
  writes: readonly Write[],
): Promise<ReadonlyMap<string, StoredRecord>> {
  if (writes.length === 0) return new Map();
  const rows = writes.map(({ id, decision }) => ({
    id,
    fields: decision.fields,
    email:
      collection.hasEmail && typeof decision.fields.email === 'string' ? normalizeEmail(decision.fields.email) : null,
    archived: decision.archived,
  }));
  // The stamp is taken under the lock and never goes back on a record, even when the clock does.
  const { rows: written } = await sql<StoredRecord>`
    insert into travel_app.records (collection, id, fields, email_normalized, updated_at, deleted_at)
    select ${collection.name}, id, fields, email, time, case when archived then time end
    from (
      select *, clock_timestamp() as time
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id text, fields jsonb, email text, archived boolean)
      offset 0
    ) as stamped
    on conflict (collection, id) do update set
      fields = excluded.fields,
      email_normalized = excluded.email_normalized,
      updated_at = greatest(excluded.updated_at, records.updated_at + interval '1 microsecond'),
      deleted_at = case
        when excluded.deleted_at is null then null
        else coalesce(records.deleted_at, greatest(excluded.updated_at, records.updated_at + interval '1 microsecond'))
      end
    returning id, fields, ${asStamp('updated_at')} as updated_at, ${asStamp('deleted_at')} as deleted_at`.execute(db);
  return new Map(written.map((record) => [record.id, record]));
}

/** In the same transaction as the change: an event is lost only if the change is, and sent only if it stays. */
export async function recordEvents(
  db: Db,
  collection: Collection,
  writes: readonly (Write | undefined)[],
  written: ReadonlyMap<string, StoredRecord>,
): Promise<void> {
  const events = writes.flatMap((write) => {
    const record = write && written.get(write.id);
    return record === undefined ? [] : [{ record, event: write?.decision.event as Event }];
  });
  if (events.length === 0) return;
  const rows = events.map(({ record, event }) => ({
    id: `msg_${randomUUID()}`,
    type: `${collection.entity}.${event}`,
    record_id: record.id,
    record_updated_at: sql<Date>`${record.updated_at}::timestamptz`,
  }));
  await db.insertInto('outbox').values(rows).execute();
}
