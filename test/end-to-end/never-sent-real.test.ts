/** What is old is never sent, however the bridge comes to see it; and what is new waits for the morning. */
import pg from 'pg';
import t from 'tap';
import { PRIORITY } from '../../src/links/links.ts';
import { sendQueue } from '../support/mail-sink.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { openMailOffice, waitUntil } from './mail-office.ts';

const OLD = 500;
const MODEL = 'mailing.mailing';

t.setTimeout(400_000);

t.test('campaigns of long ago, and the quiet hours', async (t) => {
  t.setTimeout(400_000);
  const real = await realOdoo(t);
  if (real === null) return;
  const office = await openMailOffice(t, real);
  const { setup, app, odoo, sink, find, shows, mailings, calm, poll, link, person, parked } = office;
  const memory = new pg.Client({ connectionString: String(setup.environment.DATABASE_URL) });
  await memory.connect();
  t.teardown(() => memory.end());
  const ada = await person('guests', 'Ada', 'ada@example.org');
  const list = await app.create('mailing-lists', { name: 'News', members: [ada] });
  const prepare = (subject: string, fields = {}) =>
    app.create('campaigns', { subject, body_html: '<p>Hello</p>', list_ids: [list], ...fields });
  const release = async (subject: string, fields = {}) => {
    const id = await prepare(subject, fields);
    await app.act('campaigns', id, 'ready');
    return id;
  };
  const inOdoo = async () =>
    (await find(MODEL, [['active', 'in', [true, false]]], ['state'])).map(({ state }) => state);
  const mark = (id: string) => setup.bridge.context.links.markApp([{ entity: 'campaign', id }], MODEL, PRIORITY.live);
  const mailed = async () => {
    await sendQueue(odoo);
    return sink.received.length;
  };
  /** As it is at the very first start. */
  const forget = () =>
    memory.query(
      `truncate links, deliveries, guard_uses cascade; delete from cursors where name like 'poll:%' or name like 'sends:%'`,
    );

  await t.test('at the first start the app has five hundred that are ready', async (t) => {
    await setup.bridge.stop();
    office.silence();
    const ids: string[] = [];
    for (let at = 0; at < OLD; at += 25) {
      ids.push(...(await Promise.all(Array.from({ length: 25 }, (_, index) => release(`Old ${at + index}`)))));
    }
    await forget();
    await setup.restart();
    await poll();
    await calm();
    t.match(await link('campaign', ids[0] ?? ''), { state: 'held' }, 'so many at once wait for a person');
    await office.resync('all');
    await calm();
    t.same(await inOdoo(), []);
    const warnings = [{ field: 'status', reason: /is not sent/ }];
    t.match(await link('campaign', ids[0] ?? ''), { state: 'active', odoo_id: null, warnings });
    t.match(await office.logs('campaign', ids[0] ?? ''), [{ outcome: 'noted', message: /is not sent/ }]);

    // Touched, told of again and again, read by another mapping: they stay old.
    const ofApp = new pg.Client({ connectionString: setup.appDatabaseUrl });
    await ofApp.connect();
    await ofApp.query(`update travel_app.records set updated_at = clock_timestamp() where collection = 'campaigns'`);
    await ofApp.end();
    await memory.query(`update bases set mapping = 'another'`);
    await poll();
    for (const id of ids.slice(0, 20)) await mark(id);
    await calm();
    await office.resync('campaigns');
    t.same(await inOdoo(), []);
    t.equal(await mailed(), 0);
  });

  await t.test('one that is made now is sent', async (t) => {
    const id = await release('New');
    await poll();
    await shows('campaigns', id, { odoo_state: 'in_queue' });
    t.equal(await mailed(), 1);
    await poll();
    await shows('campaigns', id, { odoo_state: 'done' });
  });

  await t.test('one that a resync finds first waits for the poll', async (t) => {
    const id = await release('Found by a resync');
    await setup.bridge.context.links.markApp([{ entity: 'campaign', id }], MODEL, PRIORITY.resync);
    await parked('campaign', id, 'not_known_to_be_new');
    t.same(await mailings('Found by a resync'), []);
    await poll();
    await mark(id);
    await shows('campaigns', id, { odoo_state: 'in_queue' });
    t.equal(await mailed(), 2);
  });

  await t.test('the database of the bridge is an old copy', async (t) => {
    const [drafted, unknown] = [await prepare('Drafted before'), 'Released after'];
    await poll();
    await shows('campaigns', drafted, { odoo_state: 'draft' });
    await calm();
    const tables = ['links', 'bases', 'cursors'];
    for (const table of tables) await memory.query(`create table old_${table} as table ${table}`);
    await app.act('campaigns', drafted, 'ready');
    const after = await release(unknown);
    await poll();
    for (const id of [drafted, after]) await shows('campaigns', id, { odoo_state: 'in_queue' });
    const [first] = await mailings('Drafted before');
    await odoo.call(MODEL, 'action_cancel', {}, [Number(first?.id)]);
    t.equal(await mailed(), 3);
    await setup.bridge.stop();
    await memory.query(`truncate links cascade; delete from cursors`);
    for (const table of tables) await memory.query(`insert into ${table} overriding system value table old_${table}`);
    await setup.restart();
    await poll();
    await shows('campaigns', after, { odoo_state: 'done' });
    await shows('campaigns', drafted, { odoo_state: 'cancelled' });
    await calm();
    t.match(await mailings('Drafted before'), [{ state: 'draft' }]);
    t.equal((await mailings(unknown)).length, 1);
    t.equal(await mailed(), 3);
  });

  await t.test('a mailing that is deleted in Odoo is not made again and sent', async (t) => {
    const id = await release('Deleted there');
    await poll();
    await shows('campaigns', id, { odoo_state: 'in_queue' });
    const [row] = await mailings('Deleted there');
    await odoo.call(MODEL, 'unlink', {}, [Number(row?.id)]);
    await mark(id);
    await waitUntil('it is held', async () => (await link('campaign', id)).state === 'held');
    await setup.bridge.context.decisions.release({ entity: 'campaign' });
    await calm();
    t.same(await mailings('Deleted there'), []);
    t.equal(await mailed(), 3);
  });

  await t.test('within the quiet hours it waits', async (t) => {
    const hour = (shift: number) => new Date(Date.now() + shift * 3_600_000).toISOString().slice(11, 16);
    await setup.restart({ QUIET_HOURS: `${hour(-1)}-${hour(2)}` });
    const [now, noon] = [
      await release('At night'),
      await release('Later', { scheduled_at: new Date(Date.now() + 7_200_000 * 3).toISOString() }),
    ];
    await poll();
    await parked('campaign', now, 'quiet_hours');
    await shows('campaigns', now, { odoo_state: null });
    await shows('campaigns', noon, { odoo_state: 'in_queue' });
    t.match(await mailings('At night'), [{ state: 'draft' }]);
    await setup.restart({ QUIET_HOURS: `${hour(-3)}-${hour(-1)}` });
    await mark(now);
    await shows('campaigns', now, { odoo_state: 'in_queue' });
    t.equal(await mailed(), 4);
    const asleep = await release('Scheduled for the night', {
      scheduled_at: new Date(Date.now() + 22 * 3_600_000).toISOString(),
    });
    await poll();
    await parked('campaign', asleep, 'quiet_hours');
    t.match(await mailings('Scheduled for the night'), [{ state: 'draft' }]);
  });
});
