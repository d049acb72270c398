import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { runContactScenarios } from './contact-scenarios.ts';

// Two whole passes, with pauses that Odoo's clock of whole seconds asks for.
t.setTimeout(240_000);

for (const transport of ['json2', 'xmlrpc']) {
  t.test(`contacts both ways, with a real Odoo, over ${transport}`, async (t) => {
    t.setTimeout(120_000);
    const odoo = await realOdoo(t);
    if (odoo === null) return;
    await runContactScenarios(t, odoo, { ODOO_TRANSPORT: transport });
  });
}
