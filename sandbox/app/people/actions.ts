/** What people do with a record beyond changing its fields. */
import { INVOICES } from '../collections/invoices.ts';
import type { Transaction } from '../data/apply-operations.ts';
import type { Collection, Fields } from '../data/collection.ts';
import type { OperationResult } from '../data/decide-operation.ts';
import type { AppRecord } from '../data/records.ts';

export interface Action {
  /** As in the URL: `validate-quote`. */
  readonly name: string;
  readonly label: string;
  /** Statuses in which it is possible. */
  readonly from: readonly string[];
  /** What changes on the record itself; its status always does. */
  change(fields: Fields): Fields;
  /** What is made of it in the same transaction, to go on with. */
  readonly follow?: Follow;
}

type Follow = (transaction: Transaction, record: AppRecord) => Promise<Made>;

export interface Made {
  readonly collection: Collection;
  readonly result: OperationResult;
}

const TRAVEL_ACTIONS: readonly Action[] = [
  setStatus('validate-quote', 'Validate the quote', ['submitted'], 'quote_validated'),
  { ...setStatus('make-invoice', 'Make the invoice', ['quote_validated'], 'invoiced'), follow: draftInvoice },
  setStatus('cancel', 'Cancel the travel', ['submitted', 'quote_validated', 'invoiced'], 'cancelled'),
];

const INVOICE_ACTIONS: readonly Action[] = [
  {
    ...setStatus('validate', 'Validate', ['draft'], 'validated'),
    change: ({ invoice_date }) => ({ status: 'validated', invoice_date: invoice_date || today() }),
  },
  // What has gone out is never altered: it is taken back, and another one is written.
  { ...setStatus('correct', 'Correct: cancel it and draft another', ['validated'], 'cancelled'), follow: draftAnother },
  setStatus('cancel', 'Cancel the invoice', ['draft', 'validated'], 'cancelled'),
];

const CAMPAIGN_ACTIONS: readonly Action[] = [
  setStatus('ready', 'Mark ready', ['draft'], 'ready'),
  setStatus('cancel', 'Cancel the campaign', ['draft', 'ready'], 'cancelled'),
];

const ACTIONS: Readonly<Record<string, readonly Action[]>> = {
  travels: TRAVEL_ACTIONS,
  invoices: INVOICE_ACTIONS,
  campaigns: CAMPAIGN_ACTIONS,
};

/** @param status of the record; without it, all actions of the collection */
export function listActions(collection: Collection, status?: unknown): readonly Action[] {
  const actions = ACTIONS[collection.name] ?? [];
  return status === undefined ? actions : actions.filter(({ from }) => from.includes(String(status)));
}

function setStatus(name: string, label: string, from: readonly string[], status: string): Action {
  return { name, label, from, change: () => ({ status }) };
}

/** One line, the quote; taxes and dates are for people to fill in. */
async function draftInvoice(transaction: Transaction, travel: AppRecord): Promise<Made> {
  return createInvoice(transaction, {
    customer: { entity: 'teacher', id: travel.teacher_id },
    travel_id: travel.id,
    currency: travel.currency,
    lines: [{ description: travel.title, unit_price: travel.quote_amount }],
  });
}

async function draftAnother(transaction: Transaction, invoice: AppRecord): Promise<Made> {
  const { customer, travel_id, currency, lines } = invoice;
  return createInvoice(transaction, { customer, travel_id, currency, lines });
}

async function createInvoice(transaction: Transaction, fields: Fields): Promise<Made> {
  const { result } = await transaction.write(INVOICES, { op: 'create', fields }, 'people');
  return { collection: INVOICES, result };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
