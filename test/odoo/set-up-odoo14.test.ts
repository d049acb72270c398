import t from 'tap';
import { installSetup, removeSetup, type SetupItem, verifySetup } from '../../src/backends/odoo/automations.ts';
import { SERVER_ACTIONS } from '../../src/backends/odoo/server-actions.ts';
import { entities } from '../../src/entities/registry.ts';
import { realOdoo } from '../support/odoo-lab.ts';

t.setTimeout(280_000);

/** Without the fields of single entities, which stay when the set-up is removed: they hold values. */
const coreOf = (items: readonly SetupItem[]) =>
  items.filter(({ name }) => !/^(Fields of|Bridge: form of|Lost reason)/.test(name));

t.test('the set-up of an Odoo 14: its server actions, and word that the poller serves', async (t) => {
  const odoo = await realOdoo(t, { version: 14 });
  if (odoo === null) return;
  const options = { transport: odoo.transport, entities, webhookUrl: null };
  const told = (state: string) => [
    ...SERVER_ACTIONS.map(({ title }) => ({ name: title, state })),
    { name: /^webhooks, which came with Odoo 17: the poller alone serves/, state: 'skipped' },
  ];
  t.match(coreOf((await verifySetup(options)).items), told('missing'));
  const { items, actionIds } = await installSetup(options);
  t.match(coreOf(items), told('created'));
  t.same(
    items.filter(({ state }) => state !== 'created' && state !== 'skipped'),
    [],
    'fields of its own and their boxes in the forms, too',
  );
  t.equal(actionIds.size, SERVER_ACTIONS.length);
  const [id] = actionIds.values();
  const change = { model: 'ir.actions.server', method: 'write', ids: [Number(id)], args: { vals: { code: 'pass' } } };
  await odoo.transport.call(change);
  t.match((await installSetup(options)).items[0], { state: 'repaired' });
  t.match(coreOf((await verifySetup(options)).items), told('ok'));
  t.equal((await removeSetup(options)).length, SERVER_ACTIONS.length);
  t.match(coreOf((await verifySetup(options)).items), told('missing'), 'nothing is left');
});
