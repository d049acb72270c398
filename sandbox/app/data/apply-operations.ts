/** Carries out a batch in a handful of statements, however many operations it has. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Outbox } from '../webhooks/webhook-sender.ts';
import type { Collection } from './collections.ts';
import {
  type AnyOperation,
  type Decision,
  decideOperation,
  type Event,
  type OperationResult,
} from './decide-operation.ts';
import { readRemembered, remember } from './idempotency-keys.ts';
import { asStamp, type Db } from './open-database.ts';
import { collectionLock, normalizeEmail, readByIds, type StoredRecord, showRecord } from './records.ts';

export interface Store {
  readonly db: Db;
  readonly outbox: Outbox;
}

interface Write {
  readonly id: string;
  readonly decision: Extract<Decision, { kind: 'write' }>;
}

/**
 * Each operation stands alone: a result that is not `ok` changes nothing for the others. Results stand in the
 * order of the operations; an `ok` one is committed, with its webhook, when this returns.
 */
export async function applyOperations(
  store: Store,
  collection: Collection,
  operations: readonly AnyOperation[],
): Promise<readonly OperationResult[]> {
  const results = new Map<AnyOperation, OperationResult>();
  for (const wave of splitIntoWaves(operations)) {
    const done = await store.db
      .transaction()
      .execute((transaction) => applyWave(transaction, store.outbox, collection, wave));
    for (const [index, operation] of wave.entries()) results.set(operation, done[index] as OperationResult);
    store.outbox.wake();
  }
  return operations.map((operation) => results.get(operation) as OperationResult);
}

/** No record and no key twice in a wave: so a second edit of a record sees what the first one made of it. */
function splitIntoWaves(operations: readonly AnyOperation[]): readonly (readonly AnyOperation[])[] {
  const waves: AnyOperation[][] = [];
  const next = new Map<string, number>();
  for (const operation of operations) {
    const names: string[] = [];
    if (operation.op !== 'create') names.push(`id ${operation.id}`);
    if (operation.idempotency_key !== undefined) names.push(`key ${operation.idempotency_key}`);
    const wave = Math.max(0, ...names.map((name) => next.get(name) ?? 0));
    for (const name of names) next.set(name, wave + 1);
    waves[wave] ??= [];
    waves[wave].push(operation);
  }
  return waves;
}

async function applyWave(
  db: Db,
  outbox: Outbox,
  collection: Collection,
  wave: readonly AnyOperation[],
): Promise<readonly OperationResult[]> {
  await sql`select pg_advisory_xact_lock(${collectionLock(collection)})`.execute(db);
  const remembered = await readRemembered(db, collection, wave);
  const ids = wave.flatMap((operation) => (operation.op === 'create' ? [] : [operation.id]));
  const stored = new Map((await readByIds(db, collection, ids)).map((record) => [record.id, record]));

  const decisions = wave.map((operation): Decision => {
    const earlier = remembered.get(operation.idempotency_key ?? '');
    if (earlier !== undefined) return { kind: 'answer', result: earlier };
    return decideOperation(collection, operation, operation.op === 'create' ? undefined : stored.get(operation.id));
  });

  const creates = decisions.filter((decision) => decision.kind === 'write' && decision.event === 'created').length;
  const newIds = await takeIds(db, collection, creates);
  const writes = decisions.map((decision, index): Write | undefined => {
    if (decision.kind === 'answer') return undefined;
    const operation = wave[index] as AnyOperation;
    return { id: operation.op === 'create' ? (newIds.shift() as string) : operation.id, decision };
  });
  const written = await writeRecords(
    db,
    collection,
    writes.filter((write) => write !== undefined),
  );
  if (outbox.isWanted()) await recordEvents(db, collection, writes, written);

  const results = decisions.map((decision, index): OperationResult => {
    if (decision.kind === 'answer') return decision.result;
    return { status: 'ok', record: showRecord(collection, written.get(writes[index]?.id ?? '') as StoredRecord) };
  });
  await remember(db, collection, wave, results, remembered);
  return results;
}

/** Consecutive numbers, as the ids of a small app are; a counter of its own per collection. */
async function takeIds(db: Db, collection: Collection, count: number): Promise<string[]> {
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

async function writeRecords(
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
async function recordEvents(
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
