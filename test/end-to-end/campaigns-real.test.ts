import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { runCampaignScenarios } from './campaigns.ts';
import { openMailOffice } from './mail-office.ts';

t.setTimeout(280_000);

t.test('campaigns, with a real Odoo and a mail server', async (t) => {
  t.setTimeout(280_000);
  const odoo = await realOdoo(t);
  if (odoo === null) return;
  await runCampaignScenarios(t, await openMailOffice(t, odoo));
});
