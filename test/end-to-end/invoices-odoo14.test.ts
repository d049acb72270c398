import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { runInvoiceScenarios } from './invoice-scenarios.ts';

t.setTimeout(280_000);

t.test('invoices from the app to the books, payments back, with a real Odoo 14', async (t) => {
  t.setTimeout(280_000);
  const odoo = await realOdoo(t, { version: 14 });
  if (odoo === null) return;
  await runInvoiceScenarios(t, odoo, {
    ODOO_TRANSPORT: 'xmlrpc',
    POLL_CRON: '* * * * * *',
    SWEEP_CRON: '*/2 * * * * *',
  });
});
