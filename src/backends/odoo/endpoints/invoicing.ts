/** Customer invoices (`account.move`) as typed calls: docs/odoo-client.md. */
import { z } from 'zod';
import { TerminalError } from '../../../errors.ts';
import { parseInput } from '../endpoint-input.ts';
import { amount, day, link, newText, recordId, text } from '../endpoint-values.ts';
import type { OdooChanges, OdooClient } from '../odoo-client.ts';
import { findSaleTaxes } from './sale-taxes.ts';

const MODEL = 'account.move';

const invoiceRow = z.object({
  id: z.int(),
  /** Null as long as it is a draft that never was posted. */
  name: z.union([z.string(), z.literal(false)]).transform((value) => (value && value !== '/' ? value : null)),
  /** `out_invoice`, `out_refund` (a credit note), … */
  move_type: z.string(),
  state: z.enum(['draft', 'posted', 'cancel']),
  partner_id: link,
  invoice_date: text,
  invoice_date_due: text,
  ref: text,
  invoice_origin: text,
  currency_id: link,
  journal_id: link,
  /** In the invoice's currency; positive for a credit note too. */
  amount_untaxed: z.number(),
  amount_tax: z.number(),
  amount_total: z.number(),
  amount_residual: z.number(),
  /** `not_paid`, `in_payment`, `paid`, `partial`, `reversed`, `blocked` (18 and later), `invoicing_legacy`. */
  payment_state: text,
  /** The invoice that a credit note takes back. */
  reversed_entry_id: link,
  write_date: z.string(),
});

const newLine = z.strictObject({
  description: z.string().min(1),
  quantity: amount.exactOptional(),
  unit_price: amount,
  discount_percent: amount.exactOptional(),
  /** The sale tax of so many percent that is added to the price; 0, null or left out: no tax at all. */
  tax_percent: amount.nullable().exactOptional(),
  /** Taxes by id instead. */
  tax_ids: z.array(recordId).exactOptional(),
  product_id: recordId.exactOptional(),
  account_id: recordId.exactOptional(),
});

const newInvoice = z.strictObject({
  partner_id: recordId,
  lines: z.array(newLine).min(1),
  /** Day of validation, by default. */
  invoice_date: day.exactOptional(),
  invoice_date_due: day.exactOptional(),
  /** ISO 4217, the company's by default. */
  currency: z.string().length(3).exactOptional(),
  journal_id: recordId.exactOptional(),
  /** The customer's reference. */
  ref: newText,
  /** What the invoice comes from: shown on it, and a place for a key of your own to find it again. */
  invoice_origin: newText,
});

const expectedTotals = z.strictObject({
  untaxed: amount.exactOptional(),
  tax: amount.exactOptional(),
  total: amount.exactOptional(),
});

export type Invoice = Readonly<z.output<typeof invoiceRow>>;
export type NewInvoice = Readonly<z.input<typeof newInvoice>>;
export type ExpectedTotals = Readonly<z.input<typeof expectedTotals>>;

/**
 * Creates a draft. Two calls make two invoices: give it an `invoice_origin` and look with `findInvoices` before a second try.
 * @returns its id
 * @throws TerminalError `unknown_tax` or `unknown_currency` before anything is created; `invalid_input`, `refused_by_odoo`
 */
export async function createInvoice(odoo: OdooClient, invoice: NewInvoice): Promise<number> {
  const { lines, currency, ...values } = parseInput(newInvoice, invoice);
  const percentages = lines.flatMap(({ tax_percent, tax_ids }) => (tax_percent && !tax_ids ? [tax_percent] : []));
  const taxes = await findSaleTaxes(odoo, new Set(percentages));
  const invoice_line_ids = lines.map((line) => [0, 0, toLine(line, taxes)]);
  const currency_id = currency === undefined ? {} : { currency_id: await findCurrency(odoo, currency) };
  const [id] = await odoo.create(MODEL, [{ ...values, ...currency_id, move_type: 'out_invoice', invoice_line_ids }]);
  return id as number;
}

/**
 * Posts a draft, an invoice or a credit note; one that is posted already stays as it is, so it may be called again when
 * the outcome of a call is not known.
 * @param expected what the caller thinks it comes to; a draft that differs by a cent stays a draft
 * @throws TerminalError `total_differs` with both sums, `invoice_cancelled`, `missing_record`, `refused_by_odoo`
 */
export async function validateInvoice(odoo: OdooClient, id: number, expected: ExpectedTotals = {}): Promise<Invoice> {
  const totals = parseInput(expectedTotals, expected);
  const invoice = await readInvoice(odoo, id);
  if (invoice.state === 'posted') return invoice;
  if (invoice.state === 'cancel') throw wrongState('invoice_cancelled', 'The invoice was cancelled in Odoo.');
  assertTotals(invoice, totals);
  // Its answer says nothing: false when all went well, or a dialogue for a person.
  await odoo.transport.call({ model: MODEL, method: 'action_post', ids: [id] });
  const posted = await readInvoice(odoo, id);
  if (posted.state === 'posted') return posted;
  throw wrongState('invoice_not_posted', 'Odoo left the invoice a draft, and asks a person instead.');
}

/** @returns null when it does not exist or the user may not see it */
export async function findInvoiceById(odoo: OdooClient, id: number): Promise<Invoice | null> {
  const [invoice] = await odoo.read(MODEL, invoiceRow, [parseInput(recordId, id)]);
  return invoice ?? null;
}

const wantedInvoices = z.strictObject({
  /** Odoo's number, `FAC/2026/00012`. */
  name: z.string().min(1).exactOptional(),
  ref: z.string().min(1).exactOptional(),
  invoice_origin: z.string().min(1).exactOptional(),
  partner_id: recordId.exactOptional(),
});

/** Customer invoices and credit notes for which all that is given holds, by ascending id; a name finds one at most. */
export function findInvoices(
  odoo: OdooClient,
  wanted: Readonly<z.input<typeof wantedInvoices>>,
): Promise<readonly Invoice[]> {
  const conditions = Object.entries(parseInput(wantedInvoices, wanted)).map(([field, value]) => [field, '=', value]);
  const types = ['move_type', 'in', ['out_invoice', 'out_refund']];
  return odoo.searchRead(MODEL, invoiceRow, [types, ...conditions]);
}

/** How far a posted invoice is paid. @throws TerminalError `missing_record` */
export async function readPaymentState(
  odoo: OdooClient,
  id: number,
): Promise<Pick<Invoice, 'payment_state' | 'amount_residual'>> {
  const { payment_state, amount_residual } = await readInvoice(odoo, id);
  return { payment_state, amount_residual };
}

/** @throws TerminalError `missing_record` */
export async function readInvoice(odoo: OdooClient, id: number): Promise<Invoice> {
  const invoice = await findInvoiceById(odoo, id);
  if (invoice) return invoice;
  throw new TerminalError({
    code: 'missing_record',
    message: 'The invoice does not exist in Odoo, or the user may not see it.',
    remedy: 'Check the id.',
  });
}

function toLine(
  { description, unit_price, discount_percent, tax_percent, tax_ids, ...line }: z.output<typeof newLine>,
  taxes: ReadonlyMap<number, number>,
): OdooChanges {
  const tax = taxes.get(tax_percent ?? 0);
  return {
    quantity: 1,
    ...line,
    name: description,
    price_unit: unit_price,
    ...(discount_percent !== undefined && { discount: discount_percent }),
    // Left out, Odoo would add the taxes of the product or the company.
    tax_ids: [[6, 0, tax_ids ?? (tax === undefined ? [] : [tax])]],
  };
}

function assertTotals(invoice: Invoice, { untaxed, tax, total }: z.output<typeof expectedTotals>): void {
  const pairs = [
    ['untaxed', untaxed, invoice.amount_untaxed],
    ['tax', tax, invoice.amount_tax],
    ['total', total, invoice.amount_total],
  ] as const;
  const wrong = pairs.find(
    ([, wanted, found]) => wanted !== undefined && Math.round(wanted * 1e4) !== Math.round(found * 1e4),
  );
  if (!wrong) return;
  const [what, wanted, found] = wrong;
  throw new TerminalError({
    code: 'total_differs',
    message: `The ${what} amount should be ${wanted?.toFixed(2)}, but Odoo makes it ${found.toFixed(2)}.`,
    remedy: "Compare the lines' taxes and the way Odoo rounds (Invoicing › Settings); the invoice is still a draft.",
  });
}

export function wrongState(code: string, message: string): TerminalError {
  return new TerminalError({ code, message, remedy: 'Open the invoice in Odoo and decide there.' });
}

async function findCurrency(odoo: OdooClient, name: string): Promise<number> {
  const [id] = await odoo.search('res.currency', [['name', '=', name]]);
  if (id !== undefined) return id;
  throw new TerminalError({
    code: 'unknown_currency',
    message: `The currency ${name} is not active in Odoo.`,
    remedy: 'Activate it in Odoo under Invoicing › Configuration › Currencies.',
  });
}
