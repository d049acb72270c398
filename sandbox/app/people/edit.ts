/** What a person's edit or action does, beside changing the record. */
import { type Store, type Transaction, transact } from '../data/apply-operations.ts';
import type { Collection, Fields } from '../data/collection.ts';
import type { KeylessOperation, OperationResult, Outcome } from '../data/decide-operation.ts';
import { readByIds } from '../data/records.ts';
import type { Action, Made } from './actions.ts';

/** Undoes what a transaction has done so far. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly result: OperationResult;

  constructor(result: OperationResult) {
    super(`The edit ended as ${result.status}.`);
    this.result = result;
  }
}

export async function edit(
  store: Store,
  collection: Collection,
  operation: KeylessOperation,
): Promise<OperationResult> {
  const { result } = await transact(store, (transaction) => write(transaction, collection, operation));
  return result;
}

export type Acted =
  | { readonly kind: 'done'; readonly made: Made }
  | { readonly kind: 'refused'; readonly result: OperationResult };

/** @param seen the stamp of the version that the person saw, if known; @param typed changes that go with the action */
export async function act(
  store: Store,
  collection: Collection,
  action: Action,
  { id, typed, seen }: { id: string; typed: Fields; seen: string | null },
): Promise<Acted> {
  try {
    const made = await transact(store, async (transaction) => {
      const [before] = await readByIds(transaction.db, collection, [id]);
      if (before === undefined) throw new Refused({ status: 'not_found' });
      const fields = { ...typed, ...action.change({ ...before.fields, ...typed }) };
      const outcome = await write(transaction, collection, { op: 'update', id, fields, if_updated_at: seen });
      const { result } = outcome;
      if (result.status !== 'ok') throw new Refused(result);
      if (!outcome.changed || outcome.before?.status === result.record.status)
        throw new Refused(tooLate(action, result.record.status));
      return (await action.follow?.(transaction, result.record)) ?? { collection, record: result.record };
    });
    return { kind: 'done', made };
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', result: error.result };
    throw error;
  }
}

async function write(transaction: Transaction, collection: Collection, operation: KeylessOperation): Promise<Outcome> {
  return transaction.write(collection, operation, 'people');
}

function tooLate(action: Action, status: unknown): OperationResult {
  const message = `is ${status}, and this is possible only while it is ${action.from.join(' or ')}`;
  return { status: 'invalid', errors: [{ field: 'status', message }] };
}
