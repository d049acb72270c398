import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { runCampaignScenarios } from './campaigns.ts';
import { openMailOffice } from './mail-office.ts';
import { runListScenarios } from './mailing-lists.ts';

t.setTimeout(560_000);

for (const [what, run] of [
  ['mailing lists', runListScenarios],
  ['campaigns', runCampaignScenarios],
] as const) {
  t.test(`${what}, with a real Odoo 14`, async (t) => {
    t.setTimeout(280_000);
    const odoo = await realOdoo(t, { version: 14 });
    if (odoo === null) return;
    await run(t, await openMailOffice(t, odoo, { ODOO_TRANSPORT: 'xmlrpc' }));
  });
}
