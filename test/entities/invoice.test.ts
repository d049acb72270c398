import t from 'tap';
import type { CanonicalRecord, OdooValues } from '../../src/entities/define-entity.ts';
import { invoice } from '../../src/entities/invoice.ts';
import { books } from '../support/books.ts';

const { odoo, app } = invoice;

const fields = {
  number: 'INV-1',
  status: 'validated',
  customer: { entity: 'guest', id: '8' },
  travel_id: '5',
  invoice_date: '2026-05-01',
  due_date: '2026-06-01',
  currency: 'USD',
  lines: [{ description: 'Nights', quantity: 2, unit_price: '50', tax_percent: 20 }],
  total_untaxed: '100',
  total_tax: '20.0',
  total: '120.00',
  odoo_number: null,
  payment_state: 'not_paid',
  amount_residual: '120',
  deleted_at: null,
};
const row: OdooValues = {
  id: 3,
  state: 'posted',
  name: 'INV/2026/0001',
  posted_before: true,
  partner_id: 70,
  invoice_date: '2026-05-01',
  invoice_date_due: '2026-06-01',
  currency_id: 2,
  invoice_origin: 'INV-1',
  amount_untaxed: 100,
  amount_tax: 20,
  amount_total: 120.00000000000001,
  payment_state: 'partial',
  amount_residual: 70.5,
  x_bridge_travel_id: 50,
  lines: [{ name: 'Nights', quantity: 2, price_unit: 50, discount: 0, tax_ids: [2], product_id: false }],
  reversals: [],
};
const decode = (change: OdooValues = {}) => odoo.decode({ ...row, ...change }, books);
const decodeApp = (change: object = {}) => app.decode({ ...fields, ...change });

t.test('an invoice is the same on both sides', (t) => {
  const [left, right] = [decodeApp(), decode()];
  const different = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter(
    (field) => !invoice.same(field, left[field] ?? null, right[field] ?? null),
  );
  t.same(different, ['odoo_number', 'payment_state', 'amount_residual'], 'but for what only Odoo knows');
  t.match(right, { odoo_number: 'INV/2026/0001', payment_state: 'partial', amount_residual: '70.50', total: '120.00' });
  t.same(Object.keys(left).sort(), Object.keys(right).sort());
  t.end();
});

t.test('a draft has no number yet, and nobody owes it', (t) => {
  const nothing = { odoo_number: null, payment_state: null, amount_residual: null };
  t.match(decode({ state: 'draft' }), { status: 'draft', ...nothing });
  t.match(decode({ name: '/' }), { odoo_number: null });
  t.match(decode({ state: 'cancel', currency_id: false, x_bridge_travel_id: false, partner_id: false }), {
    status: 'cancel',
    currency: null,
    travel_id: null,
    customer: null,
  });
  t.match(decode({ partner_id: 71 }), { customer: null });
  t.end();
});

t.test('who deletes an invoice in the app cancels it', (t) => {
  t.match(decodeApp({ deleted_at: '2026-05-02T00:00:00Z' }), { status: 'cancelled', active: true });
  t.match(decodeApp({ customer: null }), { customer: null });
  t.match(decodeApp({ customer: { entity: 'teacher' } }), { customer: null });
  t.equal(invoice.isWanted?.(decodeApp()), true);
  t.equal(invoice.isWanted?.(decodeApp({ status: 'draft' })), false);
  t.end();
});

t.test('given up in the app is cancelled or reversed in Odoo', (t) => {
  const same = (left: string, right: string) => [
    invoice.same('status', left, right),
    invoice.same('status', right, left),
  ];
  for (const [left, right] of [
    ['validated', 'posted'],
    ['cancelled', 'cancel'],
    ['cancelled', 'reversed'],
    ['draft', 'reversed'],
  ] as const)
    t.same(same(left, right), [true, true], `${left} ${right}`);
  for (const [left, right] of [
    ['validated', 'draft'],
    ['validated', 'cancel'],
    ['validated', 'reversed'],
    ['cancelled', 'posted'],
    ['cancelled', 'draft'],
  ] as const)
    t.same(same(left, right), [false, false], `${left} ${right}`);
  const note = { state: 'posted', amount_total: 120 };
  t.match(decode({ reversals: [note] }), { status: 'reversed' });
  t.match(decode({ reversals: [{ ...note, state: 'draft' }] }), { status: 'posted' });
  t.match(decode({ reversals: [{ ...note, amount_total: 20 }] }), { status: 'posted' });
  t.end();
});

t.test('a partner that is several people of the app is each of them; what the app leaves open, Odoo decides', (t) => {
  t.ok(invoice.same('customer', 'guest:8', 'teacher:7\nguest:8'));
  t.ok(invoice.same('customer', 'teacher:7\nguest:8', 'teacher:7'));
  t.notOk(invoice.same('customer', 'guest:80', 'teacher:7\nguest:8'));
  t.notOk(invoice.same('customer', 'guest:8', null));
  t.ok(invoice.same('due_date', null, '2026-01-01'));
  t.notOk(invoice.same('due_date', '2026-01-02', '2026-01-01'));
  t.notOk(invoice.same('number', null, 'x'));
  t.notOk(invoice.same('status', null, 'draft'));
  t.end();
});

t.test('it waits for its customer, its travel and its apartments', (t) => {
  const lines = [{ apartment_id: 'a' }];
  t.same(invoice.parents(decodeApp({ lines })), [
    { entity: 'guest', id: '8' },
    { entity: 'travel', id: '5' },
    { entity: 'apartment', id: 'a' },
  ]);
  t.same(invoice.parents({ status: 'cancelled' }), []);
  t.end();
});

const encode = (change: CanonicalRecord, before: OdooValues | null = null, known = books) =>
  odoo.encode(change, before, known);

t.test('a new one is a draft with all that it holds', (t) => {
  const { values, lines, deferred, unheld, refused } = encode(decodeApp());
  t.same(values, {
    partner_id: 70,
    invoice_origin: 'INV-1',
    invoice_date: '2026-05-01',
    invoice_date_due: '2026-06-01',
    invoice_payment_term_id: false,
    currency_id: 2,
    x_bridge_travel_id: 50,
  });
  t.match(lines?.invoice_line_ids, [{ name: 'Nights', quantity: 2, price_unit: 50, tax_ids: [2] }]);
  t.same([deferred, unheld, refused ?? null], [['status'], [], null]);
  t.same(odoo.onCreate(books), { move_type: 'out_invoice' });
  t.end();
});

t.test('what the app leaves out is left out', (t) => {
  const { values } = encode(
    decodeApp({ due_date: null, invoice_date: null, currency: null, travel_id: null, number: '' }),
  );
  t.same(values, { partner_id: 70, invoice_origin: false, x_bridge_travel_id: false });
  t.same(encode({ status: 'validated' }, { state: 'draft' }), { values: {}, deferred: [], unheld: [], refused: null });
  t.end();
});

t.test('a draft is brought up to date; what was posted is left alone', (t) => {
  const draft = { ...row, state: 'draft', posted_before: false };
  t.match(encode({ lines: decodeApp().lines ?? null }, draft), { lines: { invoice_line_ids: [{ name: 'Nights' }] } });
  for (const held of [row, { ...draft, posted_before: true }]) {
    const { values, lines, unheld } = encode(decodeApp(), held);
    t.same([values, lines], [{}, undefined]);
    t.same(
      unheld.map(({ field }) => field),
      ['number', 'travel_id'],
    );
  }
  t.end();
});

t.test('the journal is the one that is named', (t) => {
  t.match(encode(decodeApp(), null, { ...books, salesJournal: 'TRIPS' }).values, { journal_id: 2 });
  t.notOk('journal_id' in encode(decodeApp(), { state: 'draft' }, { ...books, salesJournal: 'TRIPS' }).values);
  for (const salesJournal of ['BANK', 'OTHER', 'NONE']) {
    t.match(encode(decodeApp(), null, { ...books, salesJournal }).refused, { code: 'journal_missing' });
  }
  t.end();
});

t.test('what Odoo does not have, it says with what to do about it', (t) => {
  t.match(encode(decodeApp({ currency: 'CHF' })).refused, { code: 'currency_missing', message: /CHF/ });
  t.match(encode(decodeApp({ currency: 'XXX' })).refused, { code: 'currency_missing' });
  t.match(encode(decodeApp({ lines: [{ tax_percent: 10 }] })).refused, {
    code: 'tax_missing',
    message: 'Odoo has no active sales tax of 10.00 % on top of the price; it has 0.00 %, 4.00 %, 5.50 %, 20.00 %.',
  });
  const taxless = { ...books, rows: (model: string) => (model === 'account.tax' ? [] : books.rows(model)) };
  t.match(encode(decodeApp(), null, taxless).refused?.message, /it has none\.$/);
  const control = String.fromCharCode(0);
  t.match(encode(decodeApp({ currency: 'XXX', lines: [{ description: control, tax_percent: 10 }] })).refused, {
    code: 'unstorable_characters',
    message: /lines\.0\.description/,
  });
  const both = decodeApp({ currency: 'XXX', lines: [{ tax_percent: 10 }] });
  t.match(
    encode(both, null, { ...books, salesJournal: 'NONE' }).refused,
    { code: 'currency_missing' },
    'the first of them',
  );
  const noField = encode(decodeApp(), null, { ...books, hasField: () => false });
  t.match(noField.unheld, [{ field: 'travel_id' }]);
  t.same(encode(decodeApp({ travel_id: null }), null, { ...books, hasField: () => false }).unheld, []);
  t.end();
});

t.test('which lines of Odoo are its own, each version tells in its way', (t) => {
  const { lines } = invoice.odoo.children ?? {};
  t.same(lines?.domain?.(books), [['display_type', '=', 'product']]);
  t.match(lines?.domain?.({ ...books, has: () => false }), [['exclude_from_invoice_tab', '=', false]]);
  t.end();
});

t.test('it is nobody and matches nothing', (t) => {
  t.equal(invoice.matchKey(decodeApp()), null);
  t.equal(invoice.matchName(decodeApp()), 'INV-1');
  t.equal(invoice.matchName({}), '');
  t.equal(odoo.isCompany(row), false);
  t.same([odoo.ownedByOdoo(row), odoo.companies({})], [[], []]);
  t.ok(invoice.isEmpty('lines', null));
  t.same(app.encode({ active: true, payment_state: 'paid' }), { payment_state: 'paid' });
  t.end();
});
