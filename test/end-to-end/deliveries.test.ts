/** Webhooks that get lost, come twice, late, or in another order: none of them carries data, so none can do harm. */
import t, { type Test } from 'tap';
import { inParallel } from '../../sandbox/bench/in-parallel.ts';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { loseWebhooks } from '../support/lose-webhooks.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

async function setUp(t: Test) {
  const paths: string[] = [];
  const simulator = await startOdooSimulator({ onRequest: (path) => paths.push(path) });
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  // The poll of the start is over, and none comes by itself.
  await setup.bridge.schedule.pollNow();
  const app = appPerson(setup.app.url);
  const partners = simulator.table('res.partner');
  const queue = () => setup.bridge.context.reports.queue();
  return {
    ...{ simulator, setup, app, partners, paths, odoo: odooPerson(simulator), bridge: bridgeCallers(setup) },
    poll: () => setup.bridge.schedule.pollNow(),
    calm: () => waitUntil('the queue is empty', async () => (await queue()).depth === 0),
    conflicts: () => setup.bridge.context.db.selectFrom('conflicts').selectAll().execute(),
    /** A guest on both sides, of whom nobody has anything left to tell. */
    async meet(name: string) {
      const id = await app.create('guests', { name });
      const { id: partnerId } = await odooPerson(simulator).appears(name);
      await waitUntil('the queue is empty', async () => (await queue()).depth === 0);
      return { id, partnerId };
    },
    notify: (partnerId: number) =>
      fetch(`${setup.bridge.url}/webhooks/odoo/${setup.secrets.odooToken}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ _model: 'res.partner', _id: partnerId, _action: 'x' }),
      }).then(({ status }) => status),
  };
}

t.test('dropped: what no webhook told is found by the next poll, from both sides', async (t) => {
  const { setup, simulator, app, odoo, partners, poll, calm, meet } = await setUp(t);
  const { id, partnerId } = await meet('Nobody Told');
  await loseWebhooks(setup, simulator);
  await app.edit('guests', id, { city: 'Lyon' });
  await odoo.write(partnerId, { phone: '7' });
  await app.create('tenants', { name: 'New In The App' });
  await odoo.create({ name: 'New In Odoo', category_id: [[6, 0, [await odoo.tagId('Teacher')]]] });
  await calm();
  t.match([partners.get(partnerId), await app.look('guests', id)], [{ city: null }, { phone: null }], 'nobody knows');
  await poll();
  await calm();
  t.match([partners.get(partnerId), await app.look('guests', id)], [{ city: 'Lyon' }, { phone: '7' }]);
  t.equal((await odoo.find('New In The App')).length, 1);
  t.equal((await app.find('teachers', 'New In Odoo')).length, 1);
});

t.test('doubled: however often an event comes, it is marked once and written once', async (t) => {
  const { setup, app, partners, odoo, bridge, calm, meet, notify } = await setUp(t);
  const { id, partnerId } = await meet('Told Twice');
  setup.app.setWebhook(null);
  await app.edit('guests', id, { phone: '1' });
  const replies = await Promise.all(Array.from({ length: 10 }, () => bridge.event('guest.updated', id, 'evt_same')));
  t.same(new Set(replies.map(({ status }) => status)), new Set([202]));
  t.equal(replies.filter(({ body }) => body.duplicate === false).length, 1, 'one of ten was new');
  await waitUntil('the phone is in Odoo', () => partners.get(partnerId)?.phone === '1');
  await calm();
  const stamps = [partners.get(partnerId)?.write_date, (await app.look('guests', id)).updated_at];
  for (let again = 0; again < 5; again += 1) {
    t.match(await bridge.event('guest.updated', id, 'evt_same'), { status: 202, body: { duplicate: true } });
    // Under another name, and from Odoo, where events have none.
    t.match(await bridge.event('guest.updated', id), { status: 202, body: { duplicate: false } });
    t.equal(await notify(partnerId), 202);
  }
  await calm();
  t.same(
    [partners.get(partnerId)?.write_date, (await app.look('guests', id)).updated_at],
    stamps,
    'nothing is written',
  );
  const fresh = await app.create('guests', { name: 'Born Once' });
  await Promise.all(Array.from({ length: 10 }, () => bridge.event('guest.created', fresh)));
  await odoo.appears('Born Once');
  await calm();
  t.equal((await odoo.find('Born Once')).length, 1);
});

t.test('reordered: the last edit is what arrives, whatever its event is overtaken by', async (t) => {
  const { setup, app, odoo, partners, bridge, calm, meet } = await setUp(t);
  const { id, partnerId } = await meet('Told Backwards');
  setup.app.setWebhook(null);
  for (const phone of ['1', '2', '3']) await app.edit('guests', id, { phone });
  const fresh = await app.create('guests', { name: 'Changed Before Born', phone: '1' });
  await app.edit('guests', fresh, { phone: '2' });
  const seen: unknown[] = [];
  for (const event of [3, 2, 1]) {
    await bridge.event('guest.updated', id, `evt_${event}`);
    await calm();
    seen.push(partners.get(partnerId)?.phone);
  }
  t.same(seen, ['3', '3', '3'], 'an event of an older edit brings no older value');
  await bridge.event('guest.updated', fresh);
  await bridge.event('guest.created', fresh);
  await calm();
  t.match(await odoo.find('Changed Before Born'), [{ phone: '2' }]);
  t.equal((await odoo.find('Changed Before Born')).length, 1);
});

t.test('delayed past the poll: an event that comes after its edit was found overwrites nothing newer', async (t) => {
  const { setup, app, odoo, partners, bridge, poll, calm, conflicts, meet } = await setUp(t);
  const { id, partnerId } = await meet('Told Late');
  setup.app.setWebhook(null);
  await app.edit('guests', id, { phone: 'old' });
  await poll();
  await calm();
  t.equal(partners.get(partnerId)?.phone, 'old', 'the poll was quicker');
  await odoo.write(partnerId, { phone: 'new' });
  await waitUntil('the app has the newer one', async () => (await app.look('guests', id)).phone === 'new');
  await calm();
  t.match(await bridge.event('guest.updated', id), { status: 202 });
  await calm();
  t.match([partners.get(partnerId), await app.look('guests', id)], [{ phone: 'new' }, { phone: 'new' }]);
  t.same(await conflicts(), [], 'and is no conflict');
});

t.test('a burst of 1,000: all are taken, and read in few calls', async (t) => {
  const { setup, app, partners, paths, bridge, calm } = await setUp(t);
  setup.app.setWebhook(null);
  const people = Array.from({ length: 200 }, (_, number) => `Crowd ${number}`);
  const ids: string[] = [];
  await inParallel(people, 16, async (name, index) => {
    ids[index] = await app.create('guests', { name });
  });
  paths.splice(0);
  const events = Array.from({ length: 1_000 }, (_, number) => ids[number % ids.length] ?? '');
  const replies = await Promise.all(events.map((id) => bridge.event('guest.updated', id)));
  t.same(new Set(replies.map(({ status }) => status)), new Set([202]), 'none is refused');
  await calm();
  const there = [...partners.values()].map(({ name }) => String(name)).filter((name) => name.startsWith('Crowd '));
  t.same(there.sort(), people.toSorted(), 'each once');
  t.ok(paths.length < 200, `${paths.length} calls to Odoo`);
  t.comment(`slowest answer ${Math.round(Math.max(...replies.map(({ ms }) => ms)))} ms`);
});

t.test("a webhook before our own write's answer is no edit of anybody", async (t) => {
  const { simulator, setup, app, partners, calm, conflicts, meet } = await setUp(t);
  const { id, partnerId } = await meet('Told By Ourselves');
  const deliveries = async () => {
    const rows = setup.bridge.context.db.selectFrom('deliveries').select('id').where('source', '=', 'odoo');
    return (await rows.where('record_id', '=', String(partnerId)).execute()).length;
  };
  const before = await deliveries();
  const answer = Promise.withResolvers<void>();
  simulator.faults.add({
    fault: { kind: 'hold', at: 'after-commit', until: answer.promise },
    // Not the call without rows by which the bridge looks whether the action is there.
    when: ({ context }) => Array.isArray(context.bridge_rows) && context.bridge_rows.length > 0,
    times: 1,
  });
  await app.edit('guests', id, { phone: '1' });
  await waitUntil('Odoo has told of the write that it has not answered', async () => (await deliveries()) > before);
  const stamp = partners.get(partnerId)?.write_date;
  answer.resolve();
  await calm();
  t.match(await app.look('guests', id), { phone: '1' });
  t.match(partners.get(partnerId), { phone: '1', write_date: stamp }, 'it is not written again');
  await app.edit('guests', id, { phone: '2' });
  await waitUntil('the next edit goes through', () => partners.get(partnerId)?.phone === '2');
  await calm();
  t.same(await conflicts(), []);
});
