import t from 'tap';
import { installSetup, removeSetup, verifySetup } from '../../src/backends/odoo/automations.ts';
import { SERVER_ACTIONS } from '../../src/backends/odoo/server-actions.ts';
import { entities } from '../../src/entities/registry.ts';
import { realOdoo } from '../support/odoo-lab.ts';

t.setTimeout(280_000);

t.test('the set-up of an Odoo 14: its server actions, its fields, and word that the poller serves', async (t) => {
  const odoo = await realOdoo(t, { version: 14 });
  if (odoo === null) return;
  const options = { transport: odoo.transport, entities, webhookUrl: null };
  // Fields, forms and the reason stay when the rest is taken out: there is data in them.
  const kept = (state: string) => [
    ...[
      'apartments (product.template)',
      'travels (crm.lead)',
      'invoices (account.move)',
      'campaigns (mailing.mailing)',
    ].flatMap((name) => [
      { name: `Fields of ${name}`, state },
      { name: `Bridge: form of ${name.replace(/ .*/, '')}`, state },
    ]),
    { name: 'Fields of mailing.contact.subscription', state },
    { name: /^Lost reason: /, state },
  ];
  const told = (state: string, ofData = state) => [
    ...SERVER_ACTIONS.map(({ title }) => ({ name: title, state })),
    ...kept(ofData),
    { name: /^webhooks, which came with Odoo 17: the poller alone serves/, state: 'skipped' },
  ];
  t.match((await verifySetup(options)).items, told('missing'));
  const { items, actionIds } = await installSetup(options);
  t.match(items, told('created'));
  t.equal(actionIds.size, SERVER_ACTIONS.length);
  const [id] = actionIds.values();
  const change = { model: 'ir.actions.server', method: 'write', ids: [Number(id)], args: { vals: { code: 'pass' } } };
  await odoo.transport.call(change);
  t.match((await installSetup(options)).items[0], { state: 'repaired' });
  t.match((await verifySetup(options)).items, told('ok'));
  t.equal((await removeSetup(options)).length, SERVER_ACTIONS.length);
  t.match((await verifySetup(options)).items, told('missing', 'ok'), 'only what holds data is left');
});
