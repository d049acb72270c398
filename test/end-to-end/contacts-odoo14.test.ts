import t from 'tap';
import { odooPerson } from '../../sandbox/people/people.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { runContactScenarios } from './contact-scenarios.ts';

t.setTimeout(280_000);

t.test('contacts both ways, with a real Odoo 14, which posts no webhooks', async (t) => {
  t.setTimeout(280_000);
  const odoo = await realOdoo(t, { version: 14 });
  if (odoo === null) return;
  // The poller alone serves: it sees edits, and the sweep what was deleted.
  const environment = { POLL_CRON: '* * * * * *', SWEEP_CRON: '*/2 * * * * *' };
  await runContactScenarios(t, odoo, environment, { odoo: odooPerson(odoo, odoo.transport), htmlNotes: false });
});
