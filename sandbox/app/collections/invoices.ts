import type { Collection, FieldError, Fields } from '../data/collection.ts';
import { choiceField, type FieldOptions, textField } from '../data/fields.ts';
import { rowsField } from '../data/list-fields.ts';
import { idField, partyField } from '../data/reference-fields.ts';
import { currencyField, dateField, formatCents, moneyField, numberField, scale } from '../data/value-fields.ts';
import { PEOPLE } from './contacts.ts';

export interface Line {
  readonly description: string;
  readonly quantity: number;
  readonly unit_price: string;
  readonly discount_percent: number;
  readonly tax_percent: number;
  readonly apartment_id: string | null;
}

const PERCENT = { required: true, initial: 0, max: 100 };
const LINE = {
  description: textField('Description', { required: true }),
  quantity: numberField('Quantity', { required: true, initial: 1, min: 0.01, places: 2 }),
  unit_price: moneyField('Unit price', { required: true, signed: true }),
  discount_percent: numberField('Discount %', { ...PERCENT, places: 2 }),
  tax_percent: numberField('Tax %', { ...PERCENT, places: 4 }),
  apartment_id: idField('Apartment', 'apartment'),
};

const OWN: FieldOptions = { keeper: 'people' };
const COMPUTED: FieldOptions & { signed: true } = { keeper: 'app', signed: true };
const STATUS = { draft: 'Draft', validated: 'Validated', cancelled: 'Cancelled' };
/** What the app numbers itself; people who bring numbers of their own must keep out of it. */
const OWN_NUMBER = /^INV-\d+$/i;

/** Once validated an invoice has gone out: it can only be cancelled, or corrected by another one. */
export const INVOICES: Collection = {
  name: 'invoices',
  entity: 'invoice',
  title: 'Invoices',
  nameField: 'number',
  columns: ['customer', 'travel_id', 'invoice_date', 'status', 'total', 'currency', 'payment_state'],
  hasEmail: false,
  fields: {
    number: textField('Number', {
      ...OWN,
      hint: 'Left empty, the next one is given',
      check: { test: (value) => !OWN_NUMBER.test(value.trim()), message: 'of this kind is given by the app' },
    }),
    customer: partyField('Customer', PEOPLE, { ...OWN, required: true }),
    travel_id: idField('Travel', 'travel', OWN),
    invoice_date: dateField('Date', OWN),
    due_date: dateField('Due', OWN),
    currency: currencyField({ ...OWN, required: true, initial: 'EUR' }),
    lines: rowsField('Lines', LINE, OWN),
    status: choiceField('Status', STATUS, { ...OWN, required: true, initial: 'draft', inForm: false }),
    total_untaxed: moneyField('Total without tax', COMPUTED),
    total_tax: moneyField('Tax', COMPUTED),
    total: moneyField('Total', COMPUTED),
    odoo_number: textField('Number in Odoo', { keeper: 'odoo' }),
    payment_state: textField('Payment', { keeper: 'odoo' }),
    amount_residual: moneyField('Still to be paid', { keeper: 'odoo', signed: true }),
  },
  lifecycle: {
    next: { draft: ['validated', 'cancelled'], validated: ['cancelled'] },
    frozen: ['validated', 'cancelled'],
    kept: ['validated'],
  },
  rules: {
    unique: 'number',
    assign: (fields, id) => (fields.number == null ? { ...fields, number: `INV-${id.padStart(5, '0')}` } : fields),
    compute: (fields) => ({ ...fields, ...sumUp(fields.lines as readonly Line[]) }),
    checkEdit,
  },
};

/** Each line is rounded to the cent, its tax too, and only then added up. */
export function sumUp(lines: readonly Line[]): { total_untaxed: string; total_tax: string; total: string } {
  const amounts = lines.map(sumLine);
  const untaxed = amounts.reduce((sum, one) => sum + one.untaxed, 0n);
  const tax = amounts.reduce((sum, one) => sum + one.tax, 0n);
  return { total_untaxed: formatCents(untaxed), total_tax: formatCents(tax), total: formatCents(untaxed + tax) };
}

/** @returns cents */
export function sumLine(line: Line): { untaxed: bigint; tax: bigint } {
  const price = scale(String(line.quantity), 2) * scale(line.unit_price, 2);
  const share = 10_000n - scale(String(line.discount_percent), 2);
  const untaxed = divide(price * share, 1_000_000n);
  return { untaxed, tax: divide(untaxed * scale(String(line.tax_percent), 4), 1_000_000n) };
}

/** Halves go away from zero, as an accountant rounds. */
function divide(dividend: bigint, divisor: bigint): bigint {
  const half = dividend < 0n ? -divisor / 2n : divisor / 2n;
  return (dividend + half) / divisor;
}

function checkEdit(before: Fields | null, after: Fields): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (before !== null && after.number == null) errors.push({ field: 'number', message: 'is required' });
  const { invoice_date: date, due_date: due } = after;
  if (date && due && String(due) < String(date))
    errors.push({ field: 'due_date', message: 'must not lie before the date' });
  if (after.status !== 'validated' || before?.status === 'validated') return errors;
  if (date == null) errors.push({ field: 'invoice_date', message: 'is required once the invoice is validated' });
  if ((after.lines as readonly Line[]).length === 0)
    errors.push({ field: 'lines', message: 'must have at least one row' });
  if (String(after.total).startsWith('-')) errors.push({ field: 'total', message: 'must not be below zero' });
  return errors;
}
