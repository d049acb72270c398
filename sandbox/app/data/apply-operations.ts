/** Carries out a batch in a handful of statements, however many operations it has. */
import { sql } from 'kysely';
import type { Outbox } from '../webhooks/webhook-sender.ts';
import type { Collection } from './collection.ts';
import type { ParsedFields } from './collections.ts';
import {
  type AnyOperation,
  type Author,
  type Decision,
  decideOperation,
  findReferences,
  type OperationResult,
  type Outcome,
  parseFields,
} from './decide-operation.ts';
import { readRemembered, remember } from './idempotency-keys.ts';
import type { Db } from './open-database.ts';
import { collectionLock, readByIds, type StoredRecord, showRecord } from './records.ts';
import { readExisting, readHolders } from './relations.ts';
import { recordEvents, takeIds, type Write, writeRecords } from './write-records.ts';

export interface Store {
  readonly db: Db;
  readonly outbox: Outbox;
}

/** Several changes that are committed together, with their webhooks, or not at all. */
export interface Transaction {
  readonly db: Db;
  /** Collections are written in the order of COLLECTIONS: so two transactions never wait for each other. */
  write(collection: Collection, operation: AnyOperation, author: Author): Promise<Outcome>;
}

/** @throws what `work` throws, and then nothing was changed */
export async function transact<T>(store: Store, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const done = await store.db.transaction().execute((db) =>
    work({
      db,
      async write(collection, operation, author) {
        const [outcome] = await applyWave(db, store.outbox, collection, [operation], author);
        return outcome as Outcome;
      },
    }),
  );
  store.outbox.wake();
  return done;
}

/**
 * Each operation stands alone: a result that is not `ok` changes nothing for the others. Results stand in the
 * order of the operations; an `ok` one is committed, with its webhook, when this returns.
 */
export async function applyOperations(
  store: Store,
  collection: Collection,
  operations: readonly AnyOperation[],
  author: Author,
): Promise<readonly OperationResult[]> {
  const results = new Map<AnyOperation, OperationResult>();
  for (const wave of splitIntoWaves(collection, operations)) {
    const done = await store.db
      .transaction()
      .execute((transaction) => applyWave(transaction, store.outbox, collection, wave, author));
    for (const [index, operation] of wave.entries()) results.set(operation, done[index]?.result as OperationResult);
    store.outbox.wake();
  }
  return operations.map((operation) => results.get(operation) as OperationResult);
}

/**
 * No record, no key and no value of a unique field twice in a wave: so a second edit of a record sees what the first
 * one made of it.
 */
function splitIntoWaves(
  collection: Collection,
  operations: readonly AnyOperation[],
): readonly (readonly AnyOperation[])[] {
  const waves: AnyOperation[][] = [];
  const next = new Map<string, number>();
  const unique = collection.rules?.unique ?? '';
  for (const operation of operations) {
    const names: string[] = [];
    if (operation.op !== 'create') names.push(`id ${operation.id}`);
    if (operation.idempotency_key !== undefined) names.push(`key ${operation.idempotency_key}`);
    if (operation.fields?.[unique] !== undefined) names.push(`unique ${operation.fields[unique]}`);
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
  author: Author,
): Promise<readonly Outcome[]> {
  await sql`select pg_advisory_xact_lock(${collectionLock(collection)})`.execute(db);
  const remembered = await readRemembered(db, collection, wave);
  const ids = wave.flatMap((operation) => (operation.op === 'create' ? [] : [operation.id]));
  const stored = new Map((await readByIds(db, collection, ids)).map((record) => [record.id, record]));
  const parsed = wave.map((operation) => parseFields(collection, operation));
  const exists = await readExisting(
    db,
    parsed.flatMap((one) => findReferences(collection, one)),
  );
  const holderOf = await readHolders(db, collection, parsed);

  const records = wave.map((operation) => (operation.op === 'create' ? undefined : stored.get(operation.id)));
  const decisions = wave.map((operation, index): Decision => {
    const earlier = remembered.get(operation.idempotency_key ?? '');
    if (earlier !== undefined) return { kind: 'answer', result: earlier };
    const given = { author, record: records[index], parsed: parsed[index] as ParsedFields, exists, holderOf };
    return decideOperation(collection, operation, given);
  });

  const creates = decisions.filter((decision) => decision.kind === 'write' && decision.event === 'created').length;
  const newIds = await takeIds(db, collection, creates);
  const writes = decisions.map((decision, index): Write | undefined => {
    if (decision.kind === 'answer') return undefined;
    const operation = wave[index] as AnyOperation;
    if (operation.op !== 'create') return { id: operation.id, decision };
    const id = newIds.shift() as string;
    const fields = collection.rules?.assign?.(decision.fields, id) ?? decision.fields;
    return { id, decision: { ...decision, fields } };
  });
  const written = await writeRecords(
    db,
    collection,
    writes.filter((write) => write !== undefined),
  );
  if (outbox.isWanted()) await recordEvents(db, collection, writes, written);

  const outcomes = decisions.map((decision, index): Outcome => {
    if (decision.kind === 'answer') return { result: decision.result, before: null, changed: false };
    const record = showRecord(collection, written.get(writes[index]?.id ?? '') as StoredRecord);
    return { result: { status: 'ok', record }, before: records[index]?.fields ?? null, changed: true };
  });
  const results = outcomes.map(({ result }) => result);
  await remember(db, collection, wave, results, remembered);
  return outcomes;
}
