/** The bridge's database is gone and nobody has run `bridge relink`, or Odoo has no external ids: still nobody comes into being twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { compareSides } from '../../sandbox/world/compare-sides.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { recover } from '../support/recover.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

/** Guests without an e-mail: nothing of theirs can be matched. */
async function setUp(t: Test, { install }: { install: boolean }) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, webhooks: false, install });
  const [app, odoo] = [appPerson(setup.app.url), odooPerson(simulator)];
  const settle = async () => {
    await setup.bridge.schedule.pollNow();
    const depth = async () => (await setup.bridge.context.reports.queue()).depth;
    await waitUntil('all is done', async () => (await depth()) === 0, 30_000);
  };
  await settle();
  const tag = await odoo.tagId('Guest');
  const make = (name: string) => odoo.create({ name, phone: '1', category_id: [[6, 0, [tag]]] });
  const lost = await createTestDatabase(t);
  return { simulator, setup, app, odoo, settle, make, lost: { DATABASE_URL: lost.url } };
}

t.test('an empty database alone: Odoo knows whose the partners are', async (t) => {
  const { setup, app, odoo, settle, make, lost } = await setUp(t, { install: true });
  for (const name of ['Ann', 'Ben']) await make(name);
  for (const name of ['Cid', 'Dot']) await app.create('guests', { name, phone: '1' });
  await settle();
  await setup.bridge.stop();
  // Odoo's stamps show whole seconds, and within one nobody is later.
  await sleep(2_200);
  const [ben] = await odoo.find('Ben');
  await odoo.write(ben?.id ?? 0, { name: 'Benjamin' });
  const [cid] = await app.find('guests', 'Cid');
  await app.edit('guests', String(cid?.id), { name: 'Cidonia' });
  await setup.restart(lost);
  await settle();
  await settle();
  const { differences, pairs } = await compareSides(app, odoo, '');
  t.same(differences, []);
  t.equal(pairs, 4, 'each once');
  for (const name of ['Benjamin', 'Cidonia']) t.equal((await app.find('guests', name)).length, 1);
  t.match(await setup.bridge.context.reports.queue(), { held: 0, parked: 0 });
});

t.test('a partner that carries the external ids of two records waits for a person', async (t) => {
  const { setup, app, odoo, settle, make, lost } = await setUp(t, { install: true });
  const ids = [await make('Ann'), await make('Ann')] as const;
  await settle();
  await setup.bridge.stop();
  await odoo.merge(ids[0], ids[1]);
  await setup.restart(lost);
  const { links, reports } = setup.bridge.context;
  await links.markOdoo('res.partner', [ids[1]], ['guest'], 0);
  const [held] = await waitUntil('it is held', async () => {
    const rows = await setup.bridge.context.db.selectFrom('links').selectAll().where('state', '=', 'held').execute();
    return rows.length > 0 ? rows : null;
  });
  // Whichever of the three is looked at first, the partner or one of its people: nobody is taken for both.
  t.match(held, { hold: { kind: 'match', candidates: Array } });
  await settle();
  const rows = await setup.bridge.context.db.selectFrom('links').selectAll().where('entity', '=', 'guest').execute();
  t.ok(rows.filter(({ app_id, odoo_id }) => app_id !== null && odoo_id === ids[1]).length <= 1);
  t.equal((await app.all('guests')).length, 2, 'and no third one is made');
  t.equal((await reports.queue()).parked, 0);
});

t.test('without external ids the app knows what it made, and edits are judged by their time', async (t) => {
  const { simulator, setup, app, odoo, settle, make, lost } = await setUp(t, { install: false });
  await setup.bridge.stop();
  const day = 86_400_000;
  simulator.clock.databaseOffsetMs = -2 * day;
  for (const name of ['Untouched', 'In The App', 'In Odoo', 'On Both Sides', 'Renamed']) await make(name);
  simulator.clock.databaseOffsetMs = 0;
  await make('Old Owner');
  const first = await createTestDatabase(t);
  await setup.restart({ DATABASE_URL: first.url });
  await settle();
  await setup.bridge.stop();
  // As if they had been made yesterday: after the partners, but for the last one.
  const client = new pg.Client(setup.appDatabaseUrl);
  await client.connect();
  await client.query(
    `update travel_app.idempotency_keys set result =
      jsonb_set(result, '{record,updated_at}', to_jsonb(to_char(now() - interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))`,
  );
  await client.end();
  const inApp = async (name: string) => String((await app.find('guests', name))[0]?.id);
  const inOdoo = async (name: string) => (await odoo.find(name))[0]?.id ?? 0;
  await app.edit('guests', await inApp('In The App'), { phone: 'app' });
  await app.edit('guests', await inApp('On Both Sides'), { phone: 'app first' });
  await odoo.write(await inOdoo('In Odoo'), { phone: 'odoo' });
  await odoo.write(await inOdoo('Renamed'), { name: 'Somebody Else' });
  // An Odoo that was restored has given its id to somebody new.
  await odoo.write(await inOdoo('Old Owner'), { name: 'New Owner' });
  await sleep(2_200);
  await odoo.write(await inOdoo('On Both Sides'), { phone: 'odoo later' });

  const { reports, run } = await recover({ ...setup.environment, ...lost });
  t.match(reports[2], { tied: 0, unknown: { app: 6, odoo: 6 } });
  t.match(run, { status: 'done', parked: 0 });
  await setup.restart(lost);
  await settle();
  for (const [name, phone] of [
    ['Untouched', '1'],
    ['In The App', 'app'],
    ['In Odoo', 'odoo'],
    ['On Both Sides', 'odoo later'],
    ['Somebody Else', '1'],
    ['Old Owner', '1'],
  ] as const) {
    t.match(await app.find('guests', name), [{ phone }], name);
    t.match(await odoo.find(name), [{ phone }], name);
    t.equal((await app.find('guests', name)).length, 1);
    t.equal((await odoo.find(name)).length, 1);
  }
  const { db, decisions } = setup.bridge.context;
  const conflicts = await db.selectFrom('conflicts').selectAll().execute();
  t.ok(JSON.stringify(conflicts).includes('app first'), 'what lost is kept');

  t.same(await odoo.find('Renamed'), [], 'nobody is made');
  const [held] = await db.selectFrom('links').selectAll().where('state', '=', 'held').execute();
  t.match(held, { odoo_id: await inOdoo('New Owner'), hold: { kind: 'match', detail: /older than the partner/ } });
  await decisions.resolve(String(held?.id), { kind: 'create' });
  await waitUntil('who is told to be new is made', async () => (await app.find('guests', 'New Owner')).length === 1);
  await settle();
  t.equal((await compareSides(app, odoo, '')).pairs, 7);
  t.same((await compareSides(app, odoo, '')).differences, []);
});
