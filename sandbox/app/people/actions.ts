/** What people do with a record beyond changing its fields. */
import type { Transaction } from '../data/apply-operations.ts';
import type { Collection, Fields } from '../data/collection.ts';
import type { AppRecord } from '../data/records.ts';

export interface Action {
  /** As in the URL: `validate-quote`. */
  readonly name: string;
  readonly label: string;
  /** Statuses in which it is possible. */
  readonly from: readonly string[];
  /** What changes on the record itself; its status always does. */
  change(fields: Fields): Fields;
  /** What is made of it in the same transaction: the record to go on with. */
  follow?(transaction: Transaction, record: AppRecord): Promise<Made>;
}

export interface Made {
  readonly collection: Collection;
  readonly record: AppRecord;
}

const TRAVEL_ACTIONS: readonly Action[] = [
  setStatus('validate-quote', 'Validate the quote', ['submitted'], 'quote_validated'),
  setStatus('cancel', 'Cancel the travel', ['submitted', 'quote_validated', 'invoiced'], 'cancelled'),
];

const ACTIONS: Readonly<Record<string, readonly Action[]>> = {
  travels: TRAVEL_ACTIONS,
};

/** @param status of the record; without it, all actions of the collection */
export function listActions(collection: Collection, status?: unknown): readonly Action[] {
  const actions = ACTIONS[collection.name] ?? [];
  return status === undefined ? actions : actions.filter(({ from }) => from.includes(String(status)));
}

function setStatus(name: string, label: string, from: readonly string[], status: string): Action {
  return { name, label, from, change: () => ({ status }) };
}
