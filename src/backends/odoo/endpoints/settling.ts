/** What becomes of a posted customer invoice: paid, or taken back by a credit note. docs/odoo-client.md */
import { z } from 'zod';
import { TerminalError } from '../../../errors.ts';
import { parseInput } from '../endpoint-input.ts';
import { amount, day, recordId } from '../endpoint-values.ts';
import { findFields } from '../find-fields.ts';
import type { OdooClient } from '../odoo-client.ts';
import { type Invoice, readInvoice, validateInvoice, wrongState } from './invoicing.ts';

const newPayment = z.strictObject({
  /** In the invoice's currency; all that is open, by default. */
  amount: amount.refine((value) => value > 0).exactOptional(),
  payment_date: day.exactOptional(),
  /** A bank or cash journal; Odoo takes the first one by default. */
  journal_id: recordId.exactOptional(),
  /** Words for the bank statement. */
  communication: z.string().exactOptional(),
});

const newCreditNote = z.strictObject({
  reason: z.string().exactOptional(),
  date: day.exactOptional(),
  journal_id: recordId.exactOptional(),
});

export type NewPayment = Readonly<z.input<typeof newPayment>>;
export type NewCreditNote = Readonly<z.input<typeof newCreditNote>>;

/**
 * Registers a payment, as the button of that name does. Each call pays: when the outcome of one is not known, look at
 * `readPaymentState` before another.
 * @returns the invoice afterwards
 * @throws TerminalError `payment_too_large` for more than is open, `invoice_not_posted`, `refused_by_odoo`
 */
export async function registerPayment(odoo: OdooClient, id: number, payment: NewPayment = {}): Promise<Invoice> {
  const values = parseInput(newPayment, payment);
  const invoice = await readInvoice(odoo, id);
  if (invoice.state !== 'posted') throw wrongState('invoice_not_posted', 'Only a posted invoice can be paid.');
  const open = invoice.amount_residual;
  if (open === 0 || (values.amount ?? 0) > open) throw paysTooMuch(open);
  const currency = { currency_id: invoice.currency_id };
  await runWizard(odoo, 'account.payment.register', 'action_create_payments', id, { ...currency, ...values });
  return readInvoice(odoo, id);
}

/**
 * Takes a posted invoice back in full by a credit note, posted and set off against it. There is never a second one:
 * a credit note of the whole that the invoice already has, made by whomever, is the one that is posted and returned.
 * @returns the credit note
 * @throws TerminalError `invoice_not_posted` for a draft, `partly_credited`, `refused_by_odoo`
 */
export async function createCreditNote(odoo: OdooClient, id: number, note: NewCreditNote = {}): Promise<Invoice> {
  const values = parseInput(newCreditNote, note);
  const invoice = await readInvoice(odoo, id);
  const isInvoice = invoice.move_type === 'out_invoice';
  if (invoice.state !== 'posted' || !isInvoice) {
    throw wrongState('invoice_not_posted', 'Only a posted invoice can be taken back by a credit note.');
  }
  const existing = await findCreditNote(odoo, id);
  if (existing !== null) {
    const { amount_total } = await readInvoice(odoo, existing);
    if (amount_total !== invoice.amount_total)
      throw wrongState('partly_credited', 'A part of it was taken back already.');
    return validateInvoice(odoo, existing);
  }
  const model = 'account.move.reversal';
  const old = (await findFields(odoo.transport, model, ['refund_method'])).has('refund_method');
  const method = old ? 'reverse_moves' : 'refund_moves';
  // Odoo does not find the journal by itself when the dialogue is created without its window.
  const journal = { journal_id: invoice.journal_id };
  await runWizard(odoo, model, method, id, { ...journal, ...values, ...(old && { refund_method: 'refund' }) });
  const made = await findCreditNote(odoo, id);
  if (made === null) throw wrongState('credit_note_missing', 'Odoo made no credit note, without saying why.');
  return validateInvoice(odoo, made);
}

/** @returns the id of the oldest one that was not cancelled, or null */
async function findCreditNote(odoo: OdooClient, invoiceId: number): Promise<number | null> {
  const domain = [
    ['reversed_entry_id', '=', invoiceId],
    ['move_type', '=', 'out_refund'],
    ['state', '!=', 'cancel'],
  ];
  return (await odoo.search('account.move', domain, { limit: 1 }))[0] ?? null;
}

/** Odoo's dialogues are records: created, then told to go ahead, both with the invoice as what is looked at. */
async function runWizard(
  odoo: OdooClient,
  model: string,
  method: string,
  invoiceId: number,
  values: Readonly<Record<string, string | number | null>>,
): Promise<void> {
  const context = { active_model: 'account.move', active_id: invoiceId, active_ids: [invoiceId] };
  const answer = await odoo.transport.call({ model, method: 'create', args: { vals_list: [values] }, context });
  await odoo.transport.call({ model, method, ids: z.array(recordId).parse(answer), context });
}

function paysTooMuch(open: number): TerminalError {
  return new TerminalError({
    code: 'payment_too_large',
    message: `The invoice has only ${open.toFixed(2)} open.`,
    remedy: 'Look whether it was paid already; what a customer paid too much is registered in Odoo by a person.',
  });
}
