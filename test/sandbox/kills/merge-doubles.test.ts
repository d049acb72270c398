import t from 'tap';
import type { Acquaintance } from '../../../sandbox/kills/acquaintances.ts';
import { mergeDoubles } from '../../../sandbox/kills/merge-doubles.ts';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../../sandbox/people/people.ts';
import { waitUntil } from '../../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../../support/bridge-callers.ts';
import { startBridge } from '../../support/start-bridge.ts';

t.setTimeout(120_000);

t.test('people answer who is held because they were entered twice, and nobody else', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const [atApp, atOdoo] = [appPerson(setup.app.url), odooPerson(simulator)];
  const { get } = bridgeCallers(setup);
  const world = { atApp, atOdoo, bridge: { ask: async (path: string) => (await get(path)).body } };
  const category_id = [[6, 0, [await atOdoo.tagId('Guest')]]];
  const held = async () => (await world.bridge.ask('/api/held')).data as readonly unknown[];
  for (const name of ['In Odoo', 'In The App', 'By Mistake']) {
    const email = `${name.replaceAll(' ', '.')}@example.org`;
    await atApp.create('guests', { name, email });
    await atOdoo.appears(name);
    await waitUntil('it is linked', async () => (await setup.bridge.context.reports.queue()).depth === 0);
    // Held as a possible duplicate, as it would be had both come at one moment.
    if (name === 'In The App') await atApp.create('guests', { name, email });
    else await atOdoo.create({ name, email, phone: '7', category_id });
  }
  await waitUntil('all are held', async () => (await held()).length === 3);
  const person = (name: string, enteredTwice: boolean): Acquaintance => {
    return { name, collection: 'guests', comesAndGoes: false, enteredTwice, appId: null, partnerId: null, edits: [] };
  };
  const known = [person('In Odoo', true), person('In The App', true), person('By Mistake', false)];
  const dropped = await mergeDoubles(world, known);
  t.match(dropped, [/"In Odoo"/, /"In The App"/], 'what each of them held is told');
  await waitUntil('one is left', async () => (await held()).length === 1);
  t.equal((await atOdoo.find('In Odoo')).length, 1);
  t.match(await atApp.find('guests', 'In The App'), [{ deleted_at: null }]);
  t.equal((await atOdoo.find('By Mistake')).length, 2, 'nobody decides for others');
});
