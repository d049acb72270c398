/** Odoo did what it was asked and nobody heard: at each call of an invoice's life, over both protocols. */
import t from 'tap';
import { startLosingProxy } from '../support/losing-proxy.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { line, openInvoiceOffice, waitUntil } from './invoice-office.ts';
import { activateTaxes } from './invoice-scenarios.ts';

t.setTimeout(1_200_000);

for (const transport of ['json2', 'xmlrpc']) {
  t.test(`an answer that is lost at any call doubles no invoice and no credit note, over ${transport}`, async (t) => {
    t.setTimeout(600_000);
    const odoo = await realOdoo(t);
    if (odoo === null) return;
    const proxy = await startLosingProxy(t, odoo.url);
    const office = await openInvoiceOffice(t, odoo, {
      ODOO_TRANSPORT: transport,
      ODOO_URL: proxy.url,
      // As long as a call may still be at work nothing is done twice: here, that is known after ten seconds.
      ODOO_CALL_MAX_SECONDS: '10',
    });
    const { app, draft, validate, moves, calm, alter, shows } = office;
    await activateTaxes(office);
    const teacher = await app.create('teachers', { name: 'Anna Petit', email: 'anna@example.org' });
    const customer = { entity: 'teacher', id: teacher };
    await office.odoo.appears('Anna Petit');
    await calm();

    /** Of one invoice: kind, state, total, payment of all that Odoo has. */
    const books = async (id: string) =>
      (await moves(id)).map((move) => [move.move_type, move.state, move.amount_total, move.payment_state]);
    const end = async (id: string, wanted: unknown[][]) => {
      await waitUntil(`the books are ${JSON.stringify(wanted)}`, async () => {
        const now = JSON.stringify(await books(id));
        return now === JSON.stringify(wanted) && proxy.pending.length === 0;
      });
      await calm();
      t.same(await books(id), wanted, 'and that is how they stay');
    };

    const id = await draft(customer);
    proxy.loseNext('invoice_line_ids/name');
    proxy.loseNext('action_post');
    await validate(id);
    await end(id, [['out_invoice', 'posted', 120, 'not_paid']]);

    for (const call of ['account.move.reversal', 'refund_moves', 'action_post']) proxy.loseNext(call);
    await app.act('invoices', id, 'cancel');
    await end(id, [
      ['out_invoice', 'posted', 120, 'reversed'],
      ['out_refund', 'posted', 120, 'paid'],
    ]);

    const corrected = await draft(customer, { lines: [line('10.00')] });
    await validate(corrected);
    await end(corrected, [['out_invoice', 'posted', 12, 'not_paid']]);
    await shows(corrected, { payment_state: 'not_paid' });
    await calm();
    for (const call of ['refund_moves', 'action_post', 'invoice_line_ids/name', 'action_post']) proxy.loseNext(call);
    const lines = [line('20.00', { apartment_id: null })];
    await alter(corrected, { lines, total_untaxed: '20.00', total_tax: '4.00', total: '24.00' });
    await end(corrected, [
      ['out_invoice', 'posted', 12, 'reversed'],
      ['out_refund', 'posted', 12, 'paid'],
      ['out_invoice', 'posted', 24, 'not_paid'],
    ]);

    // Cancelled before anybody knows that Odoo made it: it is found as a draft, and given up as one.
    const dropped = await draft(customer);
    proxy.loseNext('invoice_line_ids/name', () => app.act('invoices', dropped, 'cancel'));
    await validate(dropped);
    await end(dropped, [['out_invoice', 'cancel', 120, 'not_paid']]);
  });
}
