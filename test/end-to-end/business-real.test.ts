import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { runBusinessScenarios } from './business-scenarios.ts';

t.setTimeout(280_000);

for (const transport of ['json2', 'xmlrpc']) {
  t.test(`apartments and travels, with a real Odoo, over ${transport}`, async (t) => {
    t.setTimeout(140_000);
    const odoo = await realOdoo(t);
    if (odoo === null) return;
    await runBusinessScenarios(t, odoo, { ODOO_TRANSPORT: transport });
  });
}
