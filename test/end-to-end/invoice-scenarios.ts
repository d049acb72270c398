/** Invoices from the app to Odoo's books, and what was paid back to the app, over real HTTP with a real Odoo. */
import type { Test } from 'tap';
import type { TestOdoo } from '../support/odoo-lab.ts';
import { type InvoiceOffice, line, openInvoiceOffice, waitUntil } from './invoice-office.ts';

export async function runInvoiceScenarios(
  t: Test,
  address: TestOdoo,
  environment: Record<string, string> = {},
): Promise<void> {
  const office = await openInvoiceOffice(t, address, environment);
  const { app, odoo, find, write, draft, validate, invoice, lines, shows, parked, moves, calm, alter, setup } = office;
  const setTaxRounding = (method: string) => write('res.company', 1, { tax_calculation_rounding_method: method });
  await activateTaxes(office, address.version);
  await setTaxRounding('round_per_line');
  const teacher = await app.create('teachers', { name: 'Anna Petit', email: 'anna@example.org' });
  const customer = { entity: 'teacher', id: teacher };

  await t.test(
    'a validated invoice is posted once, with all that it holds; a draft is not in Odoo at all',
    async (t) => {
      const apartment = await app.create('apartments', { name: 'Studio', price: '95.00', currency: 'EUR' });
      const id = await draft(customer, {
        due_date: '2030-02-01',
        lines: [
          line('95.00', {
            description: 'Studio, 3 nights',
            quantity: 3,
            discount_percent: 12.5,
            apartment_id: apartment,
          }),
          line('33.33', { description: 'Breakfast', quantity: 1.5, tax_percent: 10 }),
          line('-10.00', { description: 'Voucher', tax_percent: 0 }),
          line('0.00', { description: 'Welcome drink' }),
        ],
      });
      await calm();
      t.same(await moves(id), []);
      await validate(id);
      const move = await invoice(id, { state: 'posted' });
      const { total_untaxed, total_tax, total } = await app.look('invoices', id);
      t.same(
        [move.amount_untaxed, move.amount_tax, move.amount_total],
        [total_untaxed, total_tax, total].map(Number),
        'the totals of the app',
      );
      t.match(move, { invoice_date_due: '2030-02-01', ref: false });
      const [partner] = await odoo.find('Anna Petit');
      t.equal(move.partner_id, partner?.id);
      const held = await lines(move.id);
      t.match(held, [
        { name: 'Studio, 3 nights', quantity: 3, price_unit: 95, discount: 12.5 },
        { name: 'Breakfast', quantity: 1.5, price_unit: 33.33, discount: 0 },
        { name: 'Voucher', quantity: 1, price_unit: -10, tax_ids: [] },
        { name: 'Welcome drink', price_unit: 0 },
      ]);
      const [product] = await find('product.product', [['id', '=', Number(held[0]?.product_id)]], ['name']);
      t.equal(product?.name, 'Studio');
      await shows(id, { odoo_number: move.name, payment_state: 'not_paid', amount_residual: total });
      await calm();
      const before = { app: await app.look('invoices', id), odoo: await moves(id) };
      await setup.bridge.schedule.pollNow();
      await setup.bridge.schedule.pollNow();
      await calm();
      t.same({ app: await app.look('invoices', id), odoo: await moves(id) }, before, 'two polls write nothing');
    },
  );

  for (const method of ['round_per_line', 'round_globally']) {
    await t.test(`what differs by a cent stays a draft, in the mode ${method}`, async (t) => {
      await setTaxRounding(method);
      const good = await draft(customer, { lines: [line('10.10'), line('20.20', { tax_percent: 10 })] });
      await validate(good);
      await invoice(good, { state: 'posted', amount_total: 34.34 });
      const bad = await draft(customer, { lines: Array(3).fill(line('0.33', { tax_percent: 5.5 })) });
      await validate(bad);
      if (method === 'round_per_line') {
        await invoice(bad, { state: 'posted', amount_total: 1.05 });
        return;
      }
      const { message, remedy } = await parked(bad, 'invoice_totals_differ');
      t.match(message, '0.99 + 0.06 tax = 1.05');
      t.match(message, '0.99 + 0.05 tax = 1.04');
      t.match(remedy, /per line/);
      const move = await invoice(bad, { state: 'draft' });
      t.equal(move.amount_total, 1.04);
      await app.act('invoices', bad, 'cancel');
      await invoice(bad, { state: 'cancel' });
    });
  }
  await setTaxRounding('round_per_line');

  await t.test('it waits for its customer and its travel, and a paid one makes the travel won', async (t) => {
    const title = `Lyon ${environment.ODOO_TRANSPORT}`;
    await setup.bridge.stop();
    const guest = await app.create('tenants', { name: 'Theo Grand' });
    const travel = await app.create('travels', { title, teacher_id: teacher, quote_amount: '120.00', currency: 'EUR' });
    const id = await draft({ entity: 'tenant', id: guest }, { travel_id: travel });
    await validate(id);
    await setup.restart();
    const move = await invoice(id, { state: 'posted' });
    const [lead] = await find('crm.lead', [['name', '=', title]], ['stage_id', 'probability']);
    const [linked] = await find('account.move', [['id', '=', move.id]], ['x_bridge_travel_id']);
    t.equal(linked?.x_bridge_travel_id, lead?.id);

    await pay(office, move.id, 50);
    await shows(id, { payment_state: 'partial', amount_residual: '70.00' });
    await pay(office, move.id);
    await waitUntil('the app knows that it is paid', async () =>
      ['paid', 'in_payment'].includes(String((await app.look('invoices', id)).payment_state)),
    );
    t.equal((await app.look('invoices', id)).amount_residual, '0.00');
    await waitUntil('the lead is won', async () => {
      const [now] = await find('crm.lead', [['id', '=', Number(lead?.id)]], ['stage_id', 'probability']);
      return now?.probability === 100;
    });
    await waitUntil('the app shows that', async () => (await app.look('travels', travel)).probability === 100);

    const payments = await find('account.payment', [['partner_id', '=', Number(move.partner_id)]], ['state']);
    const made = payments.map(({ id: payment }) => payment);
    await odoo.call('account.payment', 'action_draft', {}, made);
    await odoo.call('account.payment', 'action_cancel', {}, made);
    await shows(id, { payment_state: 'not_paid', amount_residual: '120.00' });
  });

  await t.test('a posted one that is cancelled gets a credit note; a corrected one another invoice', async (t) => {
    const id = await draft(customer);
    await validate(id);
    const first = await invoice(id, { state: 'posted' });
    const corrected = await app.act('invoices', id, 'correct', {});
    t.ok(corrected);
    await invoice(id, { payment_state: 'reversed' });
    await shows(id, { payment_state: 'reversed', amount_residual: '0.00' });
    const notes = await find('account.move', [['reversed_entry_id', '=', first.id]], ['state', 'amount_total']);
    t.match(notes, [{ state: 'posted', amount_total: 120 }]);

    const other = await draft(customer);
    await validate(other);
    const wrong = await invoice(other, { state: 'posted' });
    await shows(other, { odoo_number: wrong.name });
    await calm();
    const lines = [line('200.00', { apartment_id: null })];
    await alter(other, { lines, total_untaxed: '200.00', total_tax: '40.00', total: '240.00' });
    await waitUntil('there is another one in its place', async () => {
      const now = (await moves(other)).filter(({ move_type }) => move_type === 'out_invoice');
      return now.some(({ state, amount_total }) => state === 'posted' && amount_total === 240);
    });
    await calm();
    const all = await moves(other);
    t.match(
      all.map(({ move_type, state, amount_total, payment_state }) => [move_type, state, amount_total, payment_state]),
      [
        ['out_invoice', 'posted', 120, 'reversed'],
        ['out_refund', 'posted', 120, 'paid'],
        ['out_invoice', 'posted', 240, 'not_paid'],
      ],
    );
    await shows(other, { odoo_number: all[2]?.name, payment_state: 'not_paid', amount_residual: '240.00' });
  });

  await t.test('one that was paid in part and is cancelled gets its credit note; the payment stays', async (t) => {
    const id = await draft(customer);
    await validate(id);
    const move = await invoice(id, { state: 'posted' });
    await pay(office, move.id, 50);
    await shows(id, { payment_state: 'partial', amount_residual: '70.00' });
    await calm();
    await app.act('invoices', id, 'cancel');
    const notes = await waitUntil('its credit note is posted', async () => {
      const made = await find('account.move', [['reversed_entry_id', '=', move.id]], ['state', 'amount_total']);
      return made[0]?.state === 'posted' ? made : undefined;
    });
    t.match(notes, [{ state: 'posted', amount_total: 120 }]);
    // Up to Odoo 16 posting settles nothing, and the dialog would take the payment off.
    await shows(id, { amount_residual: address.version === 14 ? '70.00' : '0.00' });
    await calm();
    t.equal((await moves(id)).length, 2);
  });
}

/** Those of the French chart that it brings switched off. */
export async function activateTaxes({ odoo }: Pick<InvoiceOffice, 'odoo'>, version = 19): Promise<void> {
  const domain = [
    ['type_tax_use', '=', 'sale'],
    [version === 14 ? 'price_include' : 'price_include_override', '=', false],
  ];
  const ids = (await odoo.call('account.tax', 'search', { domain })) as number[];
  await odoo.call('account.tax', 'write', { vals: { active: true } }, ids);
}

/** With Odoo's own dialog; all of it, if not said otherwise. */
export async function pay({ odoo }: InvoiceOffice, move: number, amount?: number): Promise<void> {
  const around = { active_model: 'account.move', active_ids: [move] };
  const vals_list = [amount === undefined ? {} : { amount }];
  const [dialog] = (await odoo.callIn(around, 'account.payment.register', 'create', { vals_list })) as number[];
  await odoo.callIn(around, 'account.payment.register', 'action_create_payments', {}, [Number(dialog)]);
}
