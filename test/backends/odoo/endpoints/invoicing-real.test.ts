import t, { type Test } from 'tap';
import { createContact } from '../../../../src/backends/odoo/endpoints/contacts.ts';
import {
  createInvoice,
  findInvoiceById,
  findInvoices,
  readPaymentState,
  validateInvoice,
} from '../../../../src/backends/odoo/endpoints/invoicing.ts';
import { createCreditNote, registerPayment } from '../../../../src/backends/odoo/endpoints/settling.ts';
import type { OdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { eachTransport } from '../../../support/each-transport.ts';

t.setTimeout(280_000);

const refused = (code: string, message = /./) => ({ name: 'TerminalError', code, message });

async function checkInvoices(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const partner_id = await createContact(odoo, { name: `Ada ${mark}` });
  const trip = { description: 'Rome,\n3 days', quantity: 2, unit_price: '100.05', tax_percent: 20 };
  const insurance = { description: 'Insurance', unit_price: 5, discount_percent: 10 };
  const given = { partner_id, invoice_date: '2026-04-01', invoice_origin: `travel ${mark}` };

  const id = await createInvoice(odoo, { ...given, lines: [trip, insurance] });
  const totals = { amount_untaxed: 204.6, amount_tax: 40.02, amount_total: 244.62 };
  const draft = { ...given, ...totals, id, name: null, state: 'draft', move_type: 'out_invoice' };
  t.match(await findInvoiceById(odoo, id), draft, 'a draft; only the line that names a tax has one');
  t.match(await findInvoices(odoo, { invoice_origin: given.invoice_origin }), [{ id }]);

  const message = /^The total amount should be 244\.63, but Odoo makes it 244\.62\.$/;
  await t.rejects(validateInvoice(odoo, id, { total: '244.63' }), refused('total_differs', message));
  await t.rejects(validateInvoice(odoo, id, { tax: 40.01 }), refused('total_differs', /tax amount/));
  await t.rejects(registerPayment(odoo, id), refused('invoice_not_posted'));
  await t.rejects(createCreditNote(odoo, id), refused('invoice_not_posted'));
  t.match(await findInvoiceById(odoo, id), { state: 'draft' });

  const posted = await validateInvoice(odoo, id, { untaxed: '204.60', tax: 40.02, total: '244.62' });
  t.match(posted, { ...totals, id, state: 'posted', name: /./, payment_state: 'not_paid', amount_residual: 244.62 });
  t.same(await validateInvoice(odoo, id), posted, 'the second time does nothing');
  t.match(await findInvoices(odoo, { name: String(posted.name), partner_id }), [{ id }]);

  t.match(await registerPayment(odoo, id, { amount: '44.62', payment_date: '2026-04-02', communication: 'part' }), {
    payment_state: 'partial',
    amount_residual: 200,
  });
  await t.rejects(registerPayment(odoo, id, { amount: 200.01 }), refused('payment_too_large', /200\.00/));
  t.match(await registerPayment(odoo, id), { payment_state: /^(paid|in_payment)$/, amount_residual: 0 });
  await t.rejects(registerPayment(odoo, id), refused('payment_too_large'));
  t.match(await readPaymentState(odoo, id), { amount_residual: 0 });
}

async function checkRefusals(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const partner_id = await createContact(odoo, { name: `Mary ${mark}` });
  const before = await odoo.count('account.move', []);
  const one = { description: 'Rome', unit_price: 100 };
  const create = (changes: object) => createInvoice(odoo, { partner_id, lines: [one], ...changes });
  await t.rejects(create({ lines: [{ ...one, tax_percent: 19 }] }), refused('unknown_tax', /19 %/));
  await t.rejects(create({ currency: 'XXX' }), refused('unknown_currency', /XXX/));
  await t.rejects(create({ lines: [] }), refused('invalid_input', /"lines"/));
  await t.rejects(create({ lines: [{ ...one, unit_price: '1,5' }] }), refused('invalid_input', /"lines"/));
  await t.rejects(create({ invoice_date: '2026-02-30' }), refused('invalid_input', /"invoice_date"/));
  t.equal(await odoo.count('account.move', []), before, 'and nothing was made');
  await t.rejects(validateInvoice(odoo, 999_999_999), refused('missing_record'));
  t.equal(await findInvoiceById(odoo, 999_999_999), null);

  const [tax] = await odoo.search('account.tax', [
    ['type_tax_use', '=', 'sale'],
    ['amount', '=', 20],
  ]);
  const named = await create({
    currency: 'EUR',
    lines: [
      { ...one, tax_ids: [Number(tax)] },
      { ...one, tax_percent: 0 },
    ],
  });
  t.match(await findInvoiceById(odoo, named), { amount_untaxed: 200, amount_tax: 20 });
}

eachTransport(t, async (t, odoo, mark) => {
  await t.test('from the draft to the payment', (t) => checkInvoices(t, odoo, mark));
  await t.test('refusals', (t) => checkRefusals(t, odoo, mark));
});
