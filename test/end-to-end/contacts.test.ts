/** Teachers, tenants and guests both ways: the app, the bridge and the Odoo simulator over real HTTP. */
import t, { type Test } from 'tap';
import { type OdooSimulator, startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';
import { waitUntil } from '../support/wait-until.ts';

type Fields = Record<string, unknown>;

async function setUp(t: Test) {
  const odoo = await startOdooSimulator({ languages: ['fr_FR'] });
  t.teardown(() => odoo.close());
  const setup = await startBridge(t, { odoo });
  await waitUntil('the tags are there', () => tagId(odoo, 'Guest'));
  t.teardown(() => {
    if (odoo.unknownCalls.length > 0) throw new Error(`not in the contract suite: ${odoo.unknownCalls.join(', ')}`);
  });
  return { odoo, setup, ...person(setup) };
}

const tagId = (odoo: OdooSimulator, name: string) =>
  [...odoo.table('res.partner.category')].find(([, row]) => row.name === name)?.[0];

function person({ app }: TestSetup) {
  async function send(method: string, path: string, body?: Fields): Promise<Fields> {
    const response = await fetch(`${app.url}/api/${path}`, {
      method,
      headers: body ? { 'content-type': 'application/json' } : {},
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Fields;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return answer;
  }
  return {
    create: (collection: string, fields: Fields) =>
      send('POST', collection, fields) as Promise<Fields & { id: string }>,
    edit: (collection: string, id: string, fields: Fields) => send('PATCH', `${collection}/${id}`, fields),
    look: (collection: string, id: string) => send('GET', `${collection}/${id}`),
    list: async (collection: string) => (await send('GET', `${collection}?per_page=100`)).data as Fields[],
    act: (collection: string, id: string, action: 'archive' | 'restore') =>
      send('POST', `${collection}/${id}/${action}`),
  };
}

/** The partner of that name, once it is there. */
async function appears(odoo: OdooSimulator, name: string): Promise<Fields & { id: number }> {
  return waitUntil(`${name} is in Odoo`, () => partners(odoo, name)[0]);
}

const partners = (odoo: OdooSimulator, name: string) =>
  [...odoo.table('res.partner')]
    .filter(([, row]) => row.name === name)
    .map(([id, row]) => ({ ...row, id }) as Fields & { id: number });

t.test('a teacher created in the app appears in Odoo with all fields, as a customer with the tag', async (t) => {
  const { odoo, create } = await setUp(t);
  await create('teachers', {
    name: 'Anna Petit',
    email: 'anna@example.org',
    phone: '+33 4 72 00 00 01',
    street: '1 rue A',
    zip: '69001',
    city: 'Lyon',
    country: 'FR',
    language: 'fr-FR',
    notes: 'a < b\nc',
  });
  const partner = await appears(odoo, 'Anna Petit');
  t.match(partner, {
    email: 'anna@example.org',
    phone: '+33 4 72 00 00 01',
    street: '1 rue A',
    zip: '69001',
    city: 'Lyon',
    lang: 'fr_FR',
    customer_rank: 1,
  });
  t.same(partner.category_id, [tagId(odoo, 'Teacher')]);
});

t.test('edits go both ways, and then it is quiet', async (t) => {
  const { odoo, setup, create, edit, look } = await setUp(t);
  const { id } = await create('tenants', { name: 'Theo Grand', phone: '1' });
  const partner = await appears(odoo, 'Theo Grand');
  const partnerId = partner.id;
  await odoo.asPerson().write('res.partner', partnerId, { phone: '2' });
  await waitUntil('the app has the phone', async () => (await look('tenants', id)).phone === '2');
  await edit('tenants', id, { city: 'Nantes' });
  await waitUntil('Odoo has the city', () => odoo.asPerson().read('res.partner', partnerId)?.city === 'Nantes');
  await waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  const before = { app: await look('tenants', id), odoo: { ...odoo.table('res.partner').get(partnerId) } };
  await setup.bridge.schedule.pollNow();
  await setup.bridge.schedule.pollNow();
  await waitUntil('the queue is empty again', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  t.same({ app: await look('tenants', id), odoo: { ...odoo.table('res.partner').get(partnerId) } }, before, 'no echo');
});

t.test('a partner created in Odoo with a tag appears in the app; one without does not', async (t) => {
  const { odoo, setup, list } = await setUp(t);
  await odoo.asPerson().create('res.partner', { name: 'Nobody' });
  await odoo.asPerson().create('res.partner', {
    name: 'Gustav Gast',
    email: 'g@example.org',
    category_id: [[6, 0, [tagId(odoo, 'Guest')]]],
  });
  const guest = await waitUntil('Gustav is in the app', async () => (await list('guests'))[0]);
  t.match(guest, { name: 'Gustav Gast', email: 'g@example.org', type: 'none' });
  await waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  t.equal((await list('teachers')).length + (await list('tenants')).length, 0);
  t.equal(
    (await setup.bridge.context.db.selectFrom('links').selectAll().execute()).length,
    1,
    'nothing is kept of the one without',
  );
});

t.test('archive and un-archive go both ways', async (t) => {
  const { odoo, create, look, act } = await setUp(t);
  const { id } = await create('guests', { name: 'Ines Court' });
  const partner = await appears(odoo, 'Ines Court');
  const active = () => odoo.asPerson().read('res.partner', partner.id)?.active;
  await act('guests', id, 'archive');
  await waitUntil('archived in Odoo', () => active() === false);
  await odoo.asPerson().write('res.partner', partner.id, { active: true });
  await waitUntil('restored in the app', async () => (await look('guests', id)).deleted_at === null);
  await odoo.asPerson().write('res.partner', partner.id, { active: false });
  await waitUntil('archived in the app', async () => (await look('guests', id)).deleted_at !== null);
  await act('guests', id, 'restore');
  await waitUntil('restored in Odoo', () => active() === true);
  t.pass();
});
