import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { runBusinessScenarios } from './business-scenarios.ts';

t.setTimeout(280_000);

t.test('apartments, travels and documents, with a real Odoo 14', async (t) => {
  t.setTimeout(280_000);
  const odoo = await realOdoo(t, { version: 14 });
  if (odoo === null) return;
  await runBusinessScenarios(t, odoo, {
    ODOO_TRANSPORT: 'xmlrpc',
    POLL_CRON: '* * * * * *',
    SWEEP_CRON: '*/2 * * * * *',
  });
});
