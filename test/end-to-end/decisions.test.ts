/** What waits for a person, and what becomes of it when one decides: guards, matches, losers. Over HTTP, as an operator would. */
import pg from 'pg';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

async function setUp(t: Test, environment: Record<string, string> = {}) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, environment });
  const ask = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${setup.secrets.api}`, 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(setup.bridge.url + path, init);
    return { status: response.status, body: (await response.json()) as Fields };
  };
  const list = async (path: string) => (await ask('GET', path)).body.data as Fields[];
  const calm = () =>
    waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  const whileAway = async (edits: () => Promise<unknown>) => {
    await calm();
    await setup.bridge.stop();
    await edits();
    await setup.restart();
    await setup.bridge.schedule.pollNow();
    await calm();
  };
  return { setup, ask, list, calm, whileAway, app: appPerson(setup.app.url), odoo: odooPerson(simulator) };
}

/** @returns ids in the app, all of them in Odoo by now */
async function enter(world: Awaited<ReturnType<typeof setUp>>, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const email = `guest${number}@example.org`;
    ids.push(await world.app.create('guests', { name: `Guest ${number}`, email, phone: '1' }));
  }
  await waitUntil('all are in Odoo', async () => (await inOdoo(world)).length === count, 30_000);
  await world.calm();
  return ids;
}

const inOdoo = ({ odoo }: Pick<Awaited<ReturnType<typeof setUp>>, 'odoo'>) =>
  odoo.search([['name', '=like', 'Guest %']]);
const archived = (rows: readonly Fields[]) => rows.filter(({ active }) => active === false).length;

t.test('archiving beyond the guard is held until it is released, in either direction', async (t) => {
  const world = await setUp(t);
  const { app, odoo, ask, list, whileAway, calm } = world;
  const ids = await enter(world, 40);
  await whileAway(() => Promise.all(ids.slice(0, 8).map((id) => app.archive('guests', id))));
  t.equal(archived(await inOdoo(world)), 5, 'as many as the guard lets pass of 40');
  const held = await list('/api/held');
  t.equal(held.length, 3);
  t.match(held[0], { entity: 'guest', kind: 'delete', detail: /guard/, app_id: String, odoo_id: Number });
  await world.setup.bridge.schedule.pollNow();
  await calm();
  t.equal(archived(await inOdoo(world)), 5, 'polls let no more pass');

  const [restored = ''] = held.map(({ app_id }) => String(app_id));
  await app.restore('guests', restored);
  await waitUntil('what is back is not held any more', async () => (await list('/api/held')).length === 2);

  t.match(await ask('POST', '/api/held/release', { kind: 'create' }), { status: 202, body: { released: 0 } });
  t.match(await ask('POST', '/api/held/release', { kind: 'delete', entity: 'guest' }), { body: { released: 2 } });
  await waitUntil('they are archived', async () => archived(await inOdoo(world)) === 7);
  await calm();
  t.same(await list('/api/held'), []);

  const alive = (await inOdoo(world)).filter(({ active }) => active === true).slice(0, 2);
  await whileAway(() => Promise.all(alive.map(({ id }) => odoo.write(id, { active: false }))));
  const inApp = (await app.all('guests')).filter(({ deleted_at }) => deleted_at !== null);
  t.equal(inApp.length, 7, 'what is archived in Odoo counts as well');
  const [first, second] = await list('/api/held');
  t.match(await ask('POST', `/api/held/${first?.id}/resolve`, { ignore: true }), { status: 202 });
  t.match(await ask('POST', '/api/held/release', { ids: [second?.id] }), { body: { released: 1 } });
  await waitUntil('nothing is held', async () => (await list('/api/held')).length === 0);
  await calm();
  t.equal((await app.look('guests', String(first?.app_id))).deleted_at, null, 'dropped: the app keeps it');
  t.not((await app.look('guests', String(second?.app_id))).deleted_at, null, 'released: it is archived');
});

t.test('many strangers at once wait for a sync; single ones, and edits, do not', async (t) => {
  const world = await setUp(t);
  const { app, setup, list, ask, calm } = world;
  await setup.bridge.stop();
  setup.app.setWebhook(null);
  for (let number = 1; number <= 101; number += 1) await app.create('guests', { name: `Guest ${number}` });
  await setup.restart();
  await setup.bridge.schedule.pollNow();
  await calm();
  t.equal((await inOdoo(world)).length, 0);
  const held = await list('/api/held?limit=200');
  t.equal(held.length, 101);
  t.match(held[0], { kind: 'create', detail: /101 records .* Run the sync/ });
  await setup.bridge.schedule.pollNow();
  await calm();
  t.equal((await inOdoo(world)).length, 0, 'another poll changes nothing');
  t.match(await ask('POST', '/api/held/release', { ids: [held[0]?.id] }), { body: { released: 1 } });
  await waitUntil('the released one is there', async () => (await inOdoo(world)).length === 1);
  const { body } = await ask('POST', '/api/sync/guests');
  await waitUntil(
    'the run is done',
    async () => (await ask('GET', `/api/sync/runs/${body.run_id}`)).body.status === 'done',
  );
  t.equal((await inOdoo(world)).length, 101);
  t.same(await list('/api/held'), []);
});

t.test('rewrites that no edit explains are held when they are many', async (t) => {
  const world = await setUp(t);
  const { setup, list, ask, calm } = world;
  const ids = await enter(world, 30);
  const client = new pg.Client(setup.appDatabaseUrl);
  await client.connect();
  t.teardown(() => client.end());
  const restore = (phone: string, some: readonly string[]) =>
    client.query(
      `update travel_app.records set fields = fields || jsonb_build_object('phone', $1::text), updated_at = updated_at - interval '1 day'
       where collection = 'guests' and id = any($2)`,
      [phone, some],
    );
  const resync = async () => {
    for (const id of ids) await setup.bridge.context.links.markApp([{ entity: 'guest', id }], 'res.partner', 1);
    await calm();
  };
  const changed = async (phone: string) => (await inOdoo(world)).filter((partner) => partner.phone === phone).length;

  await restore('old copy', ids);
  await resync();
  t.equal(await changed('old copy'), 20, 'so many are believed');
  const held = await list('/api/held');
  t.equal(held.length, 10);
  t.match(held[0], { kind: 'rewrite', detail: /nobody edited them/ });
  const [edited = ''] = held.map(({ app_id }) => String(app_id));
  await world.app.edit('guests', edited, { phone: 'by hand' });
  await waitUntil('a persons edit is never held', async () => (await changed('by hand')) === 1);
  await calm();
  const { body } = await ask('POST', '/api/sync/guests');
  const status = async () => (await ask('GET', `/api/sync/runs/${body.run_id}`)).body.status;
  await waitUntil('the run is done', async () => (await status()) === 'done');
  t.equal(await changed('old copy'), 29, 'whoever runs the sync agrees to it');
  t.same(await list('/api/held'), []);
});

t.test('a match is decided by a person', async (t) => {
  const { app, odoo, ask, list, calm } = await setUp(t);
  const guest = await odoo.tagId('Guest');
  const partner = await odoo.create({ name: 'Anna Alt', email: 'anna@example.org' });
  const held = (id: string) =>
    waitUntil('it is held', async () => (await list('/api/held')).find((row) => row.app_id === id));

  const linked = await app.create('guests', { name: 'Anna Neu', email: 'anna@example.org' });
  const row = await held(linked);
  t.match(row, { kind: 'match', candidates: [String(partner)] });
  t.match(await ask('POST', `/api/held/${row.id}/resolve`, { link: partner }), {
    status: 202,
    body: { resolved: true },
  });
  const tags = async () => (await odoo.read(partner)).category_id as number[];
  await waitUntil('it is linked', async () => (await tags()).includes(guest));
  await calm();

  await odoo.create({ name: 'Bea Alt', email: 'bea@example.org' });
  const created = await app.create('guests', { name: 'Bea Neu', email: 'bea@example.org' });
  t.match(await ask('POST', `/api/held/${(await held(created)).id}/resolve`, { create: true }), { status: 202 });
  await odoo.appears('Bea Neu');
  await calm();

  await odoo.create({ name: 'Cleo Alt', email: 'cleo@example.org' });
  const ignored = await app.create('guests', { name: 'Cleo Neu', email: 'cleo@example.org' });
  t.match(await ask('POST', `/api/held/${(await held(ignored)).id}/resolve`, { ignore: true }), { status: 202 });
  await waitUntil('nothing is held', async () => (await list('/api/held')).length === 0);
  await app.edit('guests', ignored, { phone: '2' });
  await calm();
  t.same(await list('/api/held'), [], 'an edit does not bring the question back');
  t.same(await odoo.find('Cleo Neu'), []);

  const wrong = await app.create('guests', { name: 'Dora Neu', email: 'bea@example.org' });
  const again = await held(wrong);
  t.match(await ask('POST', `/api/held/${again.id}/resolve`, { link: partner }), { status: 202 });
  await waitUntil('it says why not', async () =>
    (await list('/api/held')).some((entry) => entry.app_id === wrong && /linked to another/.test(String(entry.detail))),
  );
  t.equal((await ask('POST', `/api/held/${again.id}/resolve`, { link: [] })).status, 422);
  t.equal((await ask('POST', '/api/held/x/resolve', { create: true })).status, 404);
  t.equal((await ask('POST', '/api/held/999999/resolve', { create: true })).status, 404);
  t.equal((await ask('POST', '/api/held/release', { kind: 'match' })).status, 422);
});

t.test('the loser of a conflict comes back on both sides', async (t) => {
  const world = await setUp(t);
  const { app, odoo, ask, list, whileAway, calm } = world;
  const [id = ''] = await enter(world, 1);
  const [partner] = await inOdoo(world);
  await whileAway(async () => {
    await app.edit('guests', id, { street: 'App 1', city: 'Lyon' });
    await waitUntil('a later second', async () => Date.now() % 1_000 < 50);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await odoo.write(partner?.id ?? 0, { street: 'Odoo 2', city: 'Lille' });
  });
  t.match(await app.look('guests', id), { street: 'Odoo 2', city: 'Lille' });
  const [conflict] = await list('/api/conflicts');
  t.match(conflict, { field: 'address', winner: 'odoo', rule: 'later', close: false, restored_at: null });
  t.match(await ask('POST', `/api/conflicts/${conflict?.id}/restore`), { status: 202, body: { restoring: true } });
  await waitUntil('it is in the app', async () => (await app.look('guests', id)).street === 'App 1');
  await waitUntil('and in Odoo', async () => (await odoo.read(partner?.id ?? 0)).street === 'App 1');
  await calm();
  t.match(await list('/api/conflicts'), [{ restored_at: String }]);
  const logs = await list('/api/logs?entity=guest');
  t.ok(
    logs.some(({ direction }) => direction === 'odoo→app app→odoo'),
    'as a write of its own in the log',
  );
  await odoo.write(partner?.id ?? 0, { street: 'Odoo 3' });
  await waitUntil('later edits flow as ever', async () => (await app.look('guests', id)).street === 'Odoo 3');
  await calm();

  await whileAway(async () => {
    await app.edit('guests', id, { phone: '3', notes: 'app' });
    await odoo.write(partner?.id ?? 0, { phone: '4', comment: 'odoo' });
  });
  await ask('POST', '/api/entities/guest/pause');
  const [one, two] = (await list('/api/conflicts')).filter(({ restored_at }) => restored_at === null);
  t.match(await ask('POST', `/api/conflicts/${one?.id}/restore`), { status: 202 });
  t.match(await ask('POST', `/api/conflicts/${two?.id}/restore`), { status: 409, body: { detail: /Wait until/ } });
  await ask('POST', '/api/entities/guest/resume');
  await waitUntil(
    'the first is back',
    async () => (await list('/api/conflicts')).filter((row) => row.restored_at).length === 2,
  );
  t.match(await ask('POST', `/api/conflicts/${two?.id}/restore`), { status: 202 }, 'and now the second');
  await waitUntil('all are back', async () => (await list('/api/conflicts')).every((row) => row.restored_at));
  await calm();
  const losers = one?.winner === 'app' ? { phone: '4', notes: 'odoo' } : { phone: '3', notes: 'app' };
  t.match(await app.look('guests', id), losers);

  t.equal((await ask('POST', '/api/conflicts/999999/restore')).status, 404);
  t.equal((await ask('POST', '/api/conflicts/x/restore')).status, 404);
});
