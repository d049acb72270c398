import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { openMailOffice } from './mail-office.ts';
import { runListScenarios } from './mailing-lists.ts';

t.setTimeout(280_000);

t.test('mailing lists, with a real Odoo', async (t) => {
  t.setTimeout(280_000);
  const odoo = await realOdoo(t);
  if (odoo === null) return;
  await runListScenarios(t, await openMailOffice(t, odoo));
});
