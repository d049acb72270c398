/** Stamps that lie, clocks that jump, listings that are not whole: what is found, who wins, and what is left alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { loseWebhooks } from '../support/lose-webhooks.ts';
import { linkMany } from '../support/many-links.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(240_000);

const PATIENCE_MS = 60_000;

/** @param now of Odoo's database */
async function setUp(t: Test, now?: () => number) {
  const simulator = await startOdooSimulator(now ? { now } : {});
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const app = appPerson(setup.app.url);
  const { reports, db } = setup.bridge.context;
  const calm = () => waitUntil('the queue is empty', async () => (await reports.queue()).depth === 0, PATIENCE_MS);
  return {
    ...{ simulator, setup, app, partners: simulator.table('res.partner'), reports, calm },
    async poll() {
      await setup.bridge.schedule.pollNow();
      await calm();
    },
    /** A guest on both sides; nothing is told any more of what changes. */
    async meet(name: string) {
      const id = await app.create('guests', { name, phone: '0' });
      const { id: partnerId } = await odooPerson(simulator).appears(name);
      await calm();
      await loseWebhooks(setup, simulator);
      return { id, partnerId };
    },
    conflicts: () => db.selectFrom('conflicts').selectAll().execute(),
  };
}

t.test('a late commit with an old write_date is found, though polls have passed its time', async (t) => {
  const { simulator, app, partners, poll, meet } = await setUp(t);
  const { id, partnerId } = await meet('Slowly Saved');
  const commit = Promise.withResolvers<void>();
  const saved = simulator.asPerson().writeSlowly('res.partner', partnerId, { phone: 'late' }, commit.promise);
  await sleep(1_100);
  const polledAt = Date.now();
  await poll();
  await poll();
  t.match(await app.look('guests', id), { phone: '0' }, 'it is not committed');
  commit.resolve();
  await saved;
  t.ok(Number(partners.get(partnerId)?.write_date) / 1_000 < polledAt - 1_000, 'its stamp is older than both polls');
  await poll();
  t.match(await app.look('guests', id), { phone: 'late' });
});

t.test(
  'jump: Odoo is set forward by ten minutes while somebody saves, and what is committed then is found',
  async (t) => {
    const { simulator, app, poll, meet } = await setUp(t);
    const { id, partnerId } = await meet('Set Forward');
    await poll();
    const commit = Promise.withResolvers<void>();
    const saved = simulator.asPerson().writeSlowly('res.partner', partnerId, { phone: 'long ago' }, commit.promise);
    await sleep(100);
    simulator.clock.databaseOffsetMs = 600_000;
    simulator.clock.webOffsetMs = 600_000;
    await poll();
    await poll();
    commit.resolve();
    await saved;
    await poll();
    t.match(await app.look('guests', id), { phone: 'long ago' });
  },
);

t.test('edits in one second: the second one is found, though the stamp shows no difference', async (t) => {
  const frozen = Math.floor(Date.now() / 1_000) * 1_000;
  let now = () => Date.now();
  const { simulator, app, poll, meet } = await setUp(t, () => now());
  const { id, partnerId } = await meet('Twice A Second');
  const odoo = odooPerson(simulator);
  now = () => frozen + 10_000;
  await odoo.write(partnerId, { phone: '1' });
  const { write_date: first } = await odoo.read(partnerId);
  await poll();
  t.match(await app.look('guests', id), { phone: '1' });
  await odoo.write(partnerId, { phone: '2' });
  t.equal((await odoo.read(partnerId)).write_date, first, 'the same second');
  await poll();
  t.match(await app.look('guests', id), { phone: '2' });
});

for (const offsetMs of [300_000, -300_000]) {
  t.test(`skew: Odoo's clock is ${offsetMs / 60_000} minutes off, and the later edit wins all the same`, async (t) => {
    const { simulator, app, partners, poll, conflicts, meet } = await setUp(t);
    simulator.clock.databaseOffsetMs = offsetMs;
    simulator.clock.webOffsetMs = offsetMs;
    const { id, partnerId } = await meet('Off The Clock');
    const odoo = odooPerson(simulator);
    const edits = {
      app: (phone: string) => app.edit('guests', id, { phone }),
      odoo: (phone: string) => odoo.write(partnerId, { phone }),
    };
    for (const [first, last] of [
      ['odoo', 'app'],
      ['app', 'odoo'],
    ] as const) {
      // Odoo tells whole seconds: what is to be told apart must be further apart.
      await sleep(1_500);
      await edits[first](`lost by ${first}`);
      await sleep(2_500);
      await edits[last](`won by ${last}`);
      await poll();
      t.match(await app.look('guests', id), { phone: `won by ${last}` });
      t.match(partners.get(partnerId), { phone: `won by ${last}` });
    }
    t.same(
      (await conflicts()).map(({ winner, close }) => ({ winner, close })),
      [
        { winner: 'app', close: false },
        { winner: 'odoo', close: false },
      ],
    );
  });
}

t.test('jump: Odoo is set back by ten minutes, and what is edited then is found', async (t) => {
  const { simulator, app, poll, meet } = await setUp(t);
  const { id, partnerId } = await meet('Set Back');
  await poll();
  simulator.clock.databaseOffsetMs = -600_000;
  simulator.clock.webOffsetMs = -600_000;
  await simulator.asPerson().write('res.partner', partnerId, { phone: 'before the cursor' });
  await poll();
  t.match(await app.look('guests', id), { phone: 'before the cursor' });
  simulator.clock.databaseOffsetMs = 600_000;
  simulator.clock.webOffsetMs = 600_000;
  await simulator.asPerson().write('res.partner', partnerId, { phone: 'set forward' });
  await poll();
  t.match(await app.look('guests', id), { phone: 'set forward' });
});

t.test(
  'partial page: a listing that breaks off moves no cursor, and one that hides half archives nobody',
  async (t) => {
    const { simulator, setup, app, poll, reports } = await setUp(t);
    const people = await linkMany(setup, simulator, 2_500);
    for (const { partnerId } of people) await simulator.asPerson().write('res.partner', partnerId, { phone: '+33 5' });
    const { cursors } = setup.bridge.context;
    const cursor = await cursors.read('poll:odoo:guest');
    // The second page of the guests: the last in turn.
    let pages = 0;
    const restore = simulator.faults.add({
      fault: { kind: 'truncate' },
      when({ model, method, args }) {
        const domain = JSON.stringify(args.domain ?? '');
        if (model !== 'res.partner' || method !== 'search_read' || !domain.includes('write_date')) return false;
        pages += domain.includes('"id",">",0') ? 0 : 1;
        return pages > 0;
      },
    });
    await poll();
    t.ok(pages > 0, 'there was a second page, and it broke off');
    t.equal(await cursors.read('poll:odoo:guest'), cursor, 'the cursor waits for the rest');
    restore();
    // Three broken answers in a row have opened the breaker for a moment.
    const isComplete = async () => {
      await poll();
      return (await app.all('guests')).every(({ phone }) => phone === '+33 5');
    };
    await waitUntil('the next poll has found all', isComplete, PATIENCE_MS, 500);

    for (const { partnerId } of people.slice(0, 1_250)) simulator.hidden.add(partnerId);
    await poll();
    const first = people[0];
    await app.edit('guests', first?.appId ?? '', { city: 'Lyon' });
    await poll();
    const archived = (await app.all('guests')).filter(({ deleted_at }) => deleted_at !== null);
    t.same(archived, [], 'what is not listed is not deleted');
    t.match(await reports.held({ limit: 10 }), { data: [{ app_id: first?.appId, kind: 'delete', detail: /hides/ }] });
  },
);
