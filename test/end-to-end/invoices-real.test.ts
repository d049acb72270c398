import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { runInvoiceScenarios } from './invoice-scenarios.ts';

t.setTimeout(1_200_000);

for (const transport of ['json2', 'xmlrpc']) {
  t.test(`invoices, with a real Odoo, over ${transport}`, async (t) => {
    t.setTimeout(600_000);
    const odoo = await realOdoo(t);
    if (odoo === null) return;
    await runInvoiceScenarios(t, odoo, { ODOO_TRANSPORT: transport });
  });
}
