/** Invoices: customer invoices (`account.move`) of people's travels. Only the app makes them; Odoo tells what is paid. */
import { many2one, orFalse, text } from './codecs.ts';
import {
  type BookTables,
  type CanonicalChanges,
  type CanonicalRecord,
  defineEntity,
  EXISTENCE,
  type FieldValue,
  type OdooReferences,
  type OdooValues,
  type OdooWrite,
  type Parent,
} from './define-entity.ts';
import { apartmentsOf, decodeAppLines, decodeOdooLines, encodeLines, readLines } from './invoice-lines.ts';
import { amount, cancel, credit, isReversed, isSpent, post, postCredit, revive, win } from './invoice-steps.ts';
import type { MissingTax } from './invoice-taxes.ts';
import { decimal, sameCurrency } from './money.ts';
import { findUnstorable } from './storable-text.ts';

const CUSTOMERS = ['teacher', 'tenant', 'guest'] as const;
const TOTALS = { total_untaxed: 'amount_untaxed', total_tax: 'amount_tax', total: 'amount_total' } as const;
const TRAVEL = 'x_bridge_travel_id';
/** Left empty in the app, Odoo decides. */
const LEFT_TO_ODOO: readonly string[] = ['invoice_date', 'due_date', 'currency'];

function decodeApp(fields: Readonly<Record<string, unknown>>): CanonicalRecord {
  // An invoice cannot be put away in Odoo: that the app deleted one says the same as that it was cancelled.
  const record: Record<string, FieldValue> = { active: true };
  record.status = fields.deleted_at == null ? text(fields.status) : 'cancelled';
  for (const field of ['number', 'travel_id', 'invoice_date', 'due_date', 'currency', 'odoo_number', 'payment_state'])
    record[field] = text(fields[field]);
  record.customer = decodeCustomer(fields.customer);
  record.lines = decodeAppLines(fields.lines);
  for (const field of [...Object.keys(TOTALS), 'amount_residual']) record[field] = decimal(fields[field]);
  return record;
}

function decodeCustomer(value: unknown): string | null {
  const { entity, id } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return text(entity) === null || text(id) === null ? null : `${text(entity)}:${text(id)}`;
}

function toParent(customer: unknown): Parent | null {
  const [, entity, id] = /^([^:]+):(.+)$/s.exec(String(customer)) ?? [];
  return entity === undefined || id === undefined ? null : { entity, id };
}

function decodeOdoo(row: OdooValues, references: OdooReferences): CanonicalRecord {
  const isDraft = row.state === 'draft';
  const travel = many2one(row[TRAVEL]);
  return {
    active: true,
    status: isReversed(row) ? 'reversed' : text(row.state),
    number: text(row.invoice_origin),
    customer: whoIs(many2one(row.partner_id), references),
    travel_id: travel === null ? null : references.linkedAppId('travel', travel),
    invoice_date: text(row.invoice_date),
    due_date: text(row.invoice_date_due),
    currency: text(references.rows('res.currency').find(({ id }) => id === many2one(row.currency_id))?.name),
    lines: decodeOdooLines(row.lines, references),
    ...Object.fromEntries(Object.entries(TOTALS).map(([field, name]) => [field, amount(row[name])])),
    // As long as it is a draft nobody owes anything, and its number may still change.
    odoo_number: isDraft || row.name === '/' ? null : text(row.name),
    payment_state: isDraft ? null : text(row.payment_state),
    amount_residual: isDraft ? null : amount(row.amount_residual),
  };
}

/** One partner may be several people of the app: each of them is the customer. */
function whoIs(partner: number | null, references: OdooReferences): string | null {
  if (partner === null) return null;
  const names = CUSTOMERS.flatMap((entity) => {
    const id = references.linkedAppId(entity, partner);
    return id === null ? [] : `${entity}:${id}`;
  });
  return names.length === 0 ? null : names.join('\n');
}

function encodeOdoo(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite {
  if (row !== null && (row.state !== 'draft' || row.posted_before === true)) return leaveAlone(changes);
  const values: Record<string, unknown> = {};
  const unheld: { field: string; reason: string }[] = [];
  let refused = findUnstorableLine(changes.lines);
  const customer = toParent(changes.customer);
  if (customer) values.partner_id = references.linkedId(customer.entity, customer.id);
  if ('number' in changes) values.invoice_origin = orFalse(changes.number);
  if (typeof changes.invoice_date === 'string') values.invoice_date = changes.invoice_date;
  // The customer's payment terms would put their own date in its place.
  if (typeof changes.due_date === 'string')
    Object.assign(values, { invoice_payment_term_id: false, invoice_date_due: changes.due_date });
  if (typeof changes.currency === 'string') {
    const currency = references.rows('res.currency').find(({ name }) => name === changes.currency);
    if (currency?.active === true) values.currency_id = currency.id;
    else refused ??= currencyMissing(changes.currency);
  }
  if (row === null && references.salesJournal !== null) {
    const journal = findJournal(references.salesJournal, references);
    if (journal) values.journal_id = journal.id;
    else refused ??= journalMissing(references.salesJournal);
  }
  if ('travel_id' in changes) {
    const travel = typeof changes.travel_id === 'string' ? references.linkedId('travel', changes.travel_id) : null;
    if (references.hasField('account.move', TRAVEL)) values[TRAVEL] = orFalse(travel);
    else if (changes.travel_id !== null) unheld.push({ field: 'travel_id', reason: NO_FIELD });
  }
  const lines = 'lines' in changes ? encodeLines(changes.lines, references) : null;
  if (lines?.kind === 'tax_missing') refused ??= taxMissing(lines.missing);
  // Whatever it is in the app, it begins as a draft; how it goes on is done to what was made.
  const deferred = row === null && 'status' in changes ? ['status'] : [];
  return {
    values,
    deferred,
    unheld,
    refused,
    ...(lines?.kind === 'lines' && { lines: { invoice_line_ids: lines.rows } }),
  };
}

/** What was posted stays as it is; what else is to be done about it are steps. */
function leaveAlone(changes: CanonicalChanges): OdooWrite {
  const kept = ['number', 'travel_id'].filter((field) => field in changes);
  return { values: {}, deferred: [], unheld: kept.map((field) => ({ field, reason: POSTED })) };
}

/** The sales journal of that short code in the company. */
export function findJournal(code: string, references: BookTables): OdooValues | undefined {
  const company = references.ownCompanyId();
  return references
    .rows('account.journal')
    .find((journal) => journal.code === code && journal.type === 'sale' && many2one(journal.company_id) === company);
}

/** In the canonical text such a character is written out, and would not be noticed. */
function findUnstorableLine(lines: unknown) {
  const texts = readLines(lines).map(({ description }, index) => [`lines.${index}.description`, description] as const);
  return findUnstorable(Object.fromEntries(texts));
}

/** Two sides, two words. Given up in the app is what Odoo has cancelled, or reversed by a credit note. */
const STATUS: Readonly<Record<string, readonly string[]>> = {
  draft: ['draft', 'cancel', 'reversed'],
  validated: ['posted'],
  cancelled: ['cancel', 'reversed'],
};

function same(field: string, left: FieldValue, right: FieldValue): boolean {
  if (left === right) return true;
  const isOther = (one: FieldValue, other: FieldValue) => STATUS[String(one)]?.includes(String(other)) === true;
  if (field === 'status') return isOther(left, right) || isOther(right, left);
  if (field === 'customer') return isOneOf(left, right) || isOneOf(right, left);
  return LEFT_TO_ODOO.includes(field) && sameCurrency(left, right);
}

function isOneOf(one: FieldValue, all: FieldValue): boolean {
  return typeof all === 'string' && all.split('\n').includes(String(one));
}

const NO_FIELD = 'Odoo has no field for it: "bridge webhooks install" adds one.';
const POSTED = 'The invoice is posted in Odoo and stays as it is.';

function currencyMissing(code: string) {
  return {
    code: 'currency_missing',
    message: `Odoo does not use the currency ${code}.`,
    remedy: 'Activate it in Odoo (Accounting › Configuration › Currencies), with its rates, then retry the invoice.',
  };
}

function journalMissing(code: string) {
  return {
    code: 'journal_missing',
    message: `Odoo has no sales journal ${code} in this company.`,
    remedy: 'Set ODOO_SALES_JOURNAL to the short code of a sales journal of the company, then retry the invoice.',
  };
}

function taxMissing({ percent, known }: MissingTax) {
  const list = known.length === 0 ? 'none' : known.map((each) => `${each} %`).join(', ');
  return {
    code: 'tax_missing',
    message: `Odoo has no active sales tax of ${percent} % on top of the price; it has ${list}.`,
    remedy: 'Activate or add the tax in Odoo (Accounting › Configuration › Taxes), then retry the invoice.',
  };
}

const ofApp = (name: string) => ({ name, fields: [name], owner: 'app' }) as const;
const ofOdoo = (name: string) => ({ name, fields: [name], owner: 'odoo' }) as const;

export const invoice = defineEntity({
  name: 'invoice',
  collection: 'invoices',
  revision: 1,
  groups: [
    ...['number', 'customer', 'travel_id', 'invoice_date', 'due_date', 'currency', 'lines'].map(ofApp),
    { name: 'totals', fields: Object.keys(TOTALS), owner: 'app' },
    ofApp('status'),
    ...['odoo_number', 'payment_state', 'amount_residual'].map(ofOdoo),
    { ...EXISTENCE, owner: 'app' },
  ],
  asksToRenew: true,
  isWanted: ({ status }) => status === 'validated',
  parents({ customer, travel_id, lines }) {
    const travel = typeof travel_id === 'string' ? [{ entity: 'travel', id: travel_id }] : [];
    return [toParent(customer) ?? [], travel, apartmentsOf(lines)].flat();
  },
  app: { matchBy: 'reading', decode: decodeApp, encode: ({ active: _existence, ...fields }) => fields },
  odoo: {
    model: 'account.move',
    membership: { kind: 'linked' },
    own: {
      title: 'Travel app',
      form: 'account.view_move_form',
      fields: [{ name: TRAVEL, label: 'Travel', type: 'many2one', relation: 'crm.lead' }],
    },
    matchField: null,
    fields: [
      ...[
        'state',
        'name',
        'posted_before',
        'journal_id',
        'partner_id',
        'invoice_date',
        'invoice_date_due',
        'currency_id',
      ],
      ...['invoice_origin', 'amount_untaxed', 'amount_tax', 'amount_total', 'payment_state', 'amount_residual', TRAVEL],
    ],
    triggers: ['state', 'name', 'payment_state', 'amount_residual'],
    optional: [TRAVEL],
    links: { partner_id: CUSTOMERS, [TRAVEL]: ['travel'] },
    children: {
      lines: {
        model: 'account.move.line',
        parent: 'move_id',
        fields: ['name', 'quantity', 'price_unit', 'discount', 'tax_ids', 'product_id'],
        domain: (references) =>
          references.has('lineKinds')
            ? [['display_type', '=', 'product']]
            : [
                ['exclude_from_invoice_tab', '=', false],
                ['display_type', '=', false],
              ],
        variants: { product_id: ['apartment'] },
      },
      reversals: { model: 'account.move', parent: 'reversed_entry_id', fields: ['state', 'amount_total'] },
    },
    transitions: [post, cancel, credit, postCredit, revive, win],
    isSpent,
    tables: {
      'res.currency': ['name', 'active'],
      'res.company': ['currency_id', 'account_sale_tax_id', 'parent_id'],
      'account.tax': ['amount', 'amount_type', 'type_tax_use', 'price_include', 'sequence', 'active', 'company_id'],
      'account.journal': ['code', 'type', 'company_id'],
    },
    sources: {
      number: ['invoice_origin'],
      customer: ['partner_id', 'state'],
      travel_id: [TRAVEL],
      invoice_date: ['invoice_date', 'state'],
      due_date: ['invoice_date_due', 'state'],
      currency: ['currency_id', 'state'],
      lines: ['state', 'amount_total'],
      ...Object.fromEntries(Object.entries(TOTALS).map(([field, name]) => [field, [name]])),
      status: ['state'],
      odoo_number: ['name'],
      payment_state: ['payment_state'],
      amount_residual: ['amount_residual'],
      active: [],
    },
    decode: decodeOdoo,
    encode: encodeOdoo,
    onCreate: () => ({ move_type: 'out_invoice' }),
    isCompany: () => false,
    ownedByOdoo: () => [],
    companies: () => [],
  },
  same,
  isEmpty: (_field, value) => value === null,
  matchKey: () => null,
  matchName: (record) => text(record.number) ?? '',
});
