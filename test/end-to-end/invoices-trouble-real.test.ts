/** What can stand in the way of an invoice in a real Odoo, and what people do to one there. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { line, openInvoiceOffice, TODAY, waitUntil } from './invoice-office.ts';
import { activateTaxes } from './invoice-scenarios.ts';

t.setTimeout(1_200_000);

t.test('invoices that something stands in the way of, and people who get at them in Odoo', async (t) => {
  const address = await realOdoo(t);
  if (address === null) return;
  const office = await openInvoiceOffice(t, address);
  const { app, odoo, find, write, draft, validate, invoice, lines, parked, moves, calm, alter, setup } = office;
  const teacher = await app.create('teachers', { name: 'Anna Petit', email: 'anna@example.org' });
  const customer = { entity: 'teacher', id: teacher };
  const partner = await odoo.appears('Anna Petit');
  await write('res.company', 1, { tax_calculation_rounding_method: 'round_per_line' });
  await calm();
  /** Tells the bridge to look again, as `bridge parked retry` does. */
  const retry = async () => {
    const headers = { authorization: `Bearer ${setup.secrets.api}`, 'content-type': 'application/json' };
    await fetch(`${setup.bridge.url}/api/parked/retry`, { method: 'POST', headers, body: '{"entity":"invoice"}' });
  };

  await t.test('what Odoo does not have parks the invoice, and is found once it is there', async (t) => {
    const taxed = await draft(customer, { lines: [line('10.00', { tax_percent: 5.5 })] });
    const foreign = await draft(customer, { currency: 'CHF' });
    await validate(taxed);
    await validate(foreign);
    t.match((await parked(taxed, 'tax_missing')).message, /5\.50 %.*it has 0\.00 %, 20\.00 %/);
    t.match((await parked(foreign, 'currency_missing')).message, /CHF/);
    t.same([...(await moves(taxed)), ...(await moves(foreign))], []);
    await activateTaxes(office);
    const [franc] = (await odoo.call('res.currency', 'search', { domain: [['name', '=', 'CHF']] })) as number[];
    await write('res.currency', franc, { active: true });
    await retry();
    await invoice(taxed, { state: 'posted', amount_total: 10.55 });
    await invoice(foreign, { state: 'posted', amount_total: 120, currency_id: franc });
  });

  await t.test('in a closed period it is booked on the first open day, with its own date', async (t) => {
    await write('res.company', 1, { fiscalyear_lock_date: '2026-03-31' });
    const id = await draft(customer, { invoice_date: '2026-03-15', due_date: '2026-04-15' });
    await validate(id);
    const move = await invoice(id, { state: 'posted', invoice_date: '2026-03-15', invoice_date_due: '2026-04-15' });
    t.ok(String(move.date) > '2026-03-31', `booked on ${move.date}`);
    await write('res.company', 1, { fiscalyear_lock_date: false });
  });

  await t.test(
    "the customer's payment terms do not move the due date, and decide where the app says none",
    async (t) => {
      const [terms] = (await odoo.call('account.payment.term', 'search', {
        domain: [['name', 'ilike', '30 Days']],
      })) as number[];
      await write('res.partner', partner.id, { property_payment_term_id: terms ?? false });
      const dated = await draft(customer);
      const open = await draft(customer, { due_date: null });
      await validate(dated);
      await validate(open);
      await invoice(dated, { state: 'posted', invoice_date_due: TODAY });
      const { invoice_date_due: due } = await invoice(open, { state: 'posted' });
      t.ok(String(due) > TODAY, `due ${due}`);
      await write('res.partner', partner.id, { property_payment_term_id: false });
    },
  );

  await t.test('what people do to it in Odoo is never overwritten, and told', async (t) => {
    const ids = [await draft(customer), await draft(customer), await draft(customer)];
    for (const id of ids) await validate(id);
    const [reset, cancelled, credited] = ids as [string, string, string];
    for (const id of ids) {
      const { name } = await invoice(id, { state: 'posted' });
      await office.shows(id, { odoo_number: name });
    }
    await calm();
    const [first, second, third] = [
      await invoice(reset, {}),
      await invoice(cancelled, {}),
      await invoice(credited, {}),
    ];
    await odoo.call('account.move', 'button_draft', {}, [first.id]);
    await odoo.call('account.move', 'button_draft', {}, [second.id]);
    await odoo.call('account.move', 'button_cancel', {}, [second.id]);
    await parked(reset, 'reset_in_odoo');
    await parked(cancelled, 'cancelled_in_odoo');
    t.match(await invoice(reset, {}), { state: 'draft' });
    await odoo.call('account.move', 'action_post', {}, [first.id]);
    await waitUntil('the one that is posted again is all right', async () => {
      const { state } = await setup.bridge.context.db
        .selectFrom('links')
        .select('state')
        .where('entity', '=', 'invoice')
        .where('app_id', '=', reset)
        .executeTakeFirstOrThrow();
      return state === 'active';
    });
    await app.act('invoices', cancelled, 'cancel');
    await calm();

    // A credit note for a part of it, and then the app cancels the whole.
    const around = { active_model: 'account.move', active_ids: [third.id] };
    const vals_list = [{ journal_id: Number(third.journal_id) }];
    const [dialog] = (await odoo.callIn(around, 'account.move.reversal', 'create', { vals_list })) as number[];
    await odoo.callIn(around, 'account.move.reversal', 'refund_moves', {}, [Number(dialog)]);
    const [note] = await find('account.move', [['reversed_entry_id', '=', third.id]], ['invoice_line_ids']);
    const [noteLine] = (note?.invoice_line_ids ?? []) as number[];
    await write('account.move', note?.id, { invoice_line_ids: [[1, Number(noteLine), { price_unit: 30 }]] });
    await odoo.call('account.move', 'action_post', {}, [Number(note?.id)]);
    await office.shows(credited, { payment_state: 'partial', amount_residual: '84.00' });
    await app.act('invoices', credited, 'cancel');
    await parked(credited, 'credited_in_part');
    t.equal((await find('account.move', [['reversed_entry_id', '=', third.id]], ['state'])).length, 1);
  });

  await t.test('a draft that somebody deleted in Odoo is asked about, and made anew if it is wanted', async (t) => {
    await write('res.company', 1, { tax_calculation_rounding_method: 'round_globally' });
    const id = await draft(customer, { lines: Array(3).fill(line('0.33', { tax_percent: 5.5 })) });
    await validate(id);
    await parked(id, 'invoice_totals_differ');
    const { id: first } = await invoice(id, { state: 'draft' });
    await odoo.call('account.move', 'unlink', {}, [first]);
    const link = () =>
      setup.bridge.context.db
        .selectFrom('links')
        .select(['id', 'state', 'hold'])
        .where('entity', '=', 'invoice')
        .where('app_id', '=', id)
        .executeTakeFirstOrThrow();
    await waitUntil('it is held', async () => (await link()).state === 'held');
    t.match((await link()).hold, { kind: 'delete', detail: /Cancel it in the app, or release it/ });
    await write('res.company', 1, { tax_calculation_rounding_method: 'round_per_line' });
    const headers = { authorization: `Bearer ${setup.secrets.api}`, 'content-type': 'application/json' };
    await fetch(`${setup.bridge.url}/api/held/release`, { method: 'POST', headers, body: '{"entity":"invoice"}' });
    await invoice(id, { state: 'posted', amount_total: 1.05 });
  });

  await t.test('a customer who was put away can still be billed, and is not brought back by it', async (t) => {
    const gone = await app.create('guests', { name: 'Gone Guest', email: 'gone@example.org' });
    const { id: gonePartner } = await odoo.appears('Gone Guest');
    await calm();
    await app.archive('guests', gone);
    const isActive = async () => (await find('res.partner', [['id', '=', gonePartner]], ['active']))[0]?.active;
    await waitUntil('the partner is archived', async () => (await isActive()) === false);
    const id = await draft({ entity: 'guest', id: gone });
    await validate(id);
    const move = await invoice(id, { state: 'posted', amount_total: 120 });
    t.equal(move.partner_id, gonePartner);
    await calm();
    t.equal(await isActive(), false);
    await office.shows(id, { odoo_number: move.name, payment_state: 'not_paid' });
  });

  await t.test('totals that are corrected in the app are posted then', async (t) => {
    const id = await draft(customer);
    await setup.bridge.stop();
    await validate(id);
    await setup.restart();
    await invoice(id, { state: 'posted' });
    const wrong = await draft(customer);
    await setup.bridge.stop();
    await validate(wrong);
    await alterQuietly(wrong, { total_tax: '20.01', total: '120.01' });
    await setup.restart();
    t.match((await parked(wrong, 'invoice_totals_differ')).message, /120\.01.*120\.00/);
    await alter(wrong, { total_tax: '20.00', total: '120.00' });
    await invoice(wrong, { state: 'posted' });
  });

  await t.test('500 lines, some below zero, some of nothing', async (t) => {
    const many = Array.from({ length: 500 }, (_, index) =>
      line(`${(index % 7) - 1}.37`.replace('-1.37', '-1.37'), {
        description: `Line ${index}`,
        tax_percent: [20, 10, 5.5, 0][index % 4],
      }),
    );
    const id = await draft(customer, { lines: many });
    await validate(id);
    // Seconds on a quiet machine; on a busy one an answer may be too late, and it is found after that call is over.
    const move = await invoice(id, { state: 'posted' }, 400_000);
    t.equal(move.amount_total, Number((await app.look('invoices', id)).total));
    const held = await lines(move.id);
    t.same(
      held.map(({ name }) => name),
      many.map(({ description }) => description),
      'all of them, in their order',
    );
  });

  async function alterQuietly(id: string, change: Record<string, unknown>): Promise<void> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: setup.appDatabaseUrl });
    await client.connect();
    const set = 'update travel_app.records set fields = fields || $1::jsonb';
    await client.query(`${set} where collection = 'invoices' and id = $2`, [JSON.stringify(change), id]);
    await client.end();
  }
});

t.test('who may not make invoices in Odoo is told which right is missing, and nothing is lost', async (t) => {
  const address = await realOdoo(t);
  if (address === null) return;
  const groups = ['base.group_user', 'base.group_partner_manager'];
  const user = await address.createUser({ login: 'bot', groups });
  const office = await openInvoiceOffice(t, address);
  await office.setup.restart({ ODOO_USERNAME: user.username, ODOO_API_KEY: user.apiKey });
  const teacher = await office.app.create('teachers', { name: 'Anna Petit', email: 'anna@example.org' });
  await office.odoo.appears('Anna Petit');
  const id = await office.draft({ entity: 'teacher', id: teacher });
  await office.validate(id);
  // Not even the taxes may be read: all of the kind rests, and the log tells what would help.
  const told = await waitUntil('the log tells why', async () =>
    (await readFile(office.setup.config.LOG_FILE, 'utf8'))
      .split('\n')
      .find((entry) => entry.includes('"entity":"invoice"') && entry.includes('access_denied')),
  );
  t.match(told, /Invoicing|Accounting/);
  t.same(await office.moves(id), []);
  const [invoicing] = (await office.odoo.call('ir.model.data', 'search_read', {
    domain: [
      ['module', '=', 'account'],
      ['name', '=', 'group_account_invoice'],
    ],
    fields: ['res_id'],
  })) as { res_id: number }[];
  const [bot] = (await office.odoo.call('res.users', 'search', { domain: [['login', '=', 'bot']] })) as number[];
  await office.write('res.users', bot, { group_ids: [[4, Number(invoicing?.res_id)]] });
  await office.invoice(id, { state: 'posted' }, 200_000);
});
