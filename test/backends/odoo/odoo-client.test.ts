import t from 'tap';
import { z } from 'zod';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import { odooClient } from '../../../src/backends/odoo/odoo-client.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import { json, startFaultyServer } from '../../support/faulty-server.ts';

const partner = z.object({ name: z.string(), email: z.union([z.string(), z.literal(false)]), active: z.boolean() });
const domain = [['name', 'like', 'Client test']];

for (const kind of ['xmlrpc', 'json2'] as const) {
  t.test(`the generic calls over ${kind}`, async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    const odoo = odooClient((kind === 'xmlrpc' ? createXmlrpcTransport : createJson2Transport)(simulator));
    const values = Array.from({ length: 205 }, (_, index) => ({ name: `Client test ${index}`, email: null }));
    const ids = await odoo.create('res.partner', values);
    t.equal(ids.length, 205);
    await odoo.write('res.partner', ids.slice(0, 2), { active: false }, { quiet: true });
    const searches = () => simulator.calls.get('res.partner.search_read') ?? 0;

    t.same(await odoo.search('res.partner', domain), ids, 'archived ones too, by id');
    t.same(await odoo.search('res.partner', domain, { limit: 2 }), ids.slice(0, 2));
    let before = searches();
    const rows = await odoo.searchRead('res.partner', partner, domain);
    t.same(
      rows.map(({ id }) => id),
      ids,
    );
    t.same(rows[0], { id: ids[0], name: 'Client test 0', email: false, active: false });
    t.equal(searches() - before, kind === 'xmlrpc' ? 3 : 1, 'page by page');
    before = searches();
    const read = await odoo.read('res.partner', partner, [...ids.slice(0, 101), 999_999_999]);
    t.same(
      read.map(({ id }) => id),
      ids.slice(0, 101),
      'who is missing is left out',
    );
    t.equal(searches() - before, kind === 'xmlrpc' ? 3 : 1);
    t.same(await odoo.read('res.partner', partner, []), []);

    const loaded = await odoo.load('res.partner', ['id', 'name'], [['client_test.a', 'Client test loaded']], {
      quiet: true,
    });
    t.match(loaded, { ids: [Number], messages: [] });
    const refused = await odoo.load('res.partner', ['id', 'name'], [['client_test.b', '']]);
    t.match(refused, { ids: null, messages: [{ type: 'error', message: String, record: 0 }] });
    await odoo.create('res.partner', [{ name: 'Client test quiet' }], { quiet: true });
  });
}

t.test('an answer of another form is told without its values', async (t) => {
  const server = await startFaultyServer(
    t,
    json([{ id: 1, name: 's3cret', email: { s3cret: 1 }, active: true }]),
    json({ s3cret: 1 }),
    json([]),
  );
  const odoo = odooClient(createJson2Transport({ url: server.url, database: 'd', username: 'u', apiKey: 'k' }));
  const error = { name: 'SetupError', code: 'unexpected_answer' };
  const field = { ...error, message: 'Odoo answers otherwise than expected (res.partner, field email).' };
  await t.rejects(odoo.searchRead('res.partner', partner, []), field);
  const whole = { ...error, message: 'Odoo answers otherwise than expected (res.partner).' };
  await t.rejects(odoo.search('res.partner', []), whole);
  await t.rejects(odoo.create('res.partner', [{ name: 'a' }]), error, 'fewer ids than values');
});
