/** What a person's edit or action does, beside changing the record. */
import { type Store, type Transaction, transact } from '../data/apply-operations.ts';
import type { Collection, Fields } from '../data/collection.ts';
import { putContent, type Upload } from '../data/contents.ts';
import type { KeylessOperation, OperationResult, Outcome, Refusal } from '../data/decide-operation.ts';
import { type AppRecord, readByIds } from '../data/records.ts';
import { fileInvoice, isJustValidated } from '../documents/file-invoice.ts';
import type { Action } from './actions.ts';

/** The record to go on with, or why nothing was done. */
export type Done =
  | { readonly kind: 'done'; readonly collection: Collection; readonly record: AppRecord }
  | { readonly kind: 'refused'; readonly result: Refusal };

/** Undoes what the transaction has done so far. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly result: Refusal;

  constructor(result: Refusal) {
    super(`The edit ended as ${result.status}.`);
    this.result = result;
  }
}

/** @param upload the document's bytes, where there are any */
export function edit(
  store: Store,
  collection: Collection,
  operation: KeylessOperation,
  upload: Upload | null = null,
): Promise<Done> {
  return inOneGo(store, async (transaction) => {
    const { record } = await write(transaction, collection, operation);
    if (upload === null) return { collection, record };
    return { collection, record: need((await putContent(transaction, record.id, upload)).result) };
  });
}

/** A document's bytes alone. @param seen the stamp of the version that the person saw, if known */
export function upload(store: Store, collection: Collection, id: string, given: Upload, seen: string | null) {
  return inOneGo(store, async (transaction) => {
    return { collection, record: need((await putContent(transaction, id, given, seen)).result) };
  });
}

/** @param typed changes that go with the action; @param seen as with `upload` */
export function act(
  store: Store,
  collection: Collection,
  action: Action,
  { id, typed, seen }: { id: string; typed: Fields; seen: string | null },
): Promise<Done> {
  return inOneGo(store, async (transaction) => {
    const [before] = await readByIds(transaction.db, collection, [id]);
    const fields = { ...typed, ...action.change({ ...before?.fields, ...typed }) };
    const { record, outcome } = await write(transaction, collection, { op: 'update', id, fields, if_updated_at: seen });
    if (!outcome.changed || outcome.before?.status === record.status) throw new Refused(tooLate(action, record.status));
    if (action.follow === undefined) return { collection, record };
    const made = await action.follow(transaction, record);
    return { collection: made.collection, record: need(made.result) };
  });
}

async function inOneGo(
  store: Store,
  work: (transaction: Transaction) => Promise<{ collection: Collection; record: AppRecord }>,
): Promise<Done> {
  try {
    return { kind: 'done', ...(await transact(store, work)) };
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', result: error.result };
    throw error;
  }
}

async function write(
  transaction: Transaction,
  collection: Collection,
  operation: KeylessOperation,
): Promise<{ record: AppRecord; outcome: Outcome }> {
  const outcome = await transaction.write(collection, operation, 'people');
  const record = need(outcome.result);
  if (isJustValidated(collection, outcome)) await fileInvoice(transaction, record);
  return { record, outcome };
}

function need(result: OperationResult): AppRecord {
  if (result.status !== 'ok') throw new Refused(result);
  return result.record;
}

function tooLate(action: Action, status: unknown): Refusal {
  const message = `is ${status}, and this is possible only while it is ${action.from.join(' or ')}`;
  return { status: 'invalid', errors: [{ field: 'status', message }] };
}
