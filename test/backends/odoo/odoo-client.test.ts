import t from 'tap';
import { z } from 'zod';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import { createOdooClient } from '../../../src/backends/odoo/odoo-client.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import { json, startFaultyServer } from '../../support/faulty-server.ts';

const partner = z.object({ name: z.string(), email: z.union([z.string(), z.literal(false)]), active: z.boolean() });
const domain = [['name', 'like', 'Client test']];

for (const kind of ['xmlrpc', 'json2'] as const) {
  t.test(`the generic calls over ${kind}`, async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    const odoo = createOdooClient((kind === 'xmlrpc' ? createXmlrpcTransport : createJson2Transport)(simulator));
    const page = kind === 'xmlrpc' ? 200 : 1_000;
    const values = Array.from({ length: page + 1 }, (_, index) => ({ name: `Client test ${index}`, email: null }));
    const ids = await odoo.create('res.partner', values);
    t.equal(ids.length, page + 1);
    await odoo.archive('res.partner', ids.slice(0, 2), { quiet: true });
    const idsOf = (rows: readonly { readonly id: number }[]) => rows.map(({ id }) => id);
    const searches = () => simulator.calls.get('res.partner.search_read') ?? 0;
    const archived = true;

    t.same(await odoo.search('res.partner', domain), ids.slice(2), 'as Odoo does it: without archived ones');
    t.same(await odoo.search('res.partner', domain, { archived }), ids);
    t.same(await odoo.search('res.partner', domain, { archived, limit: 2 }), ids.slice(0, 2));
    t.equal(await odoo.count('res.partner', domain), page - 1);
    t.equal(await odoo.count('res.partner', domain, { archived }), page + 1);
    let before = searches();
    const rows = await odoo.searchRead('res.partner', partner, domain, { archived });
    t.same(idsOf(rows), ids);
    t.same(rows[0], { id: ids[0], name: 'Client test 0', email: false, active: false });
    t.equal(searches() - before, 2, 'page by page');
    t.same(idsOf(await odoo.searchRead('res.partner', partner, domain)), ids.slice(2));
    before = searches();
    t.same(idsOf(await odoo.read('res.partner', partner, [...ids, 999_999_999])), ids, 'who is missing is left out');
    t.equal(searches() - before, 2);
    t.same(await odoo.read('res.partner', partner, []), []);
    await odoo.restore('res.partner', ids.slice(0, 1));
    await odoo.write('res.partner', ids.slice(0, 1), { email: 'ada@example.com' });
    t.match(await odoo.read('res.partner', partner, ids.slice(0, 1)), [{ active: true, email: 'ada@example.com' }]);
    await odoo.write('res.partner', ids.slice(0, 1), { email: null }, { quiet: true });
    t.match(await odoo.read('res.partner', partner, ids.slice(0, 1)), [{ email: false }], 'null empties');

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
  const odoo = createOdooClient(createJson2Transport({ url: server.url, database: 'd', username: 'u', apiKey: 'k' }));
  const error = { name: 'SetupError', code: 'unexpected_answer' };
  const field = { ...error, message: 'Odoo answers otherwise than expected (res.partner, field email).' };
  await t.rejects(odoo.searchRead('res.partner', partner, []), field);
  const whole = { ...error, message: 'Odoo answers otherwise than expected (res.partner).' };
  await t.rejects(odoo.search('res.partner', []), whole);
  await t.rejects(odoo.create('res.partner', [{ name: 'a' }]), error, 'fewer ids than values');
});
