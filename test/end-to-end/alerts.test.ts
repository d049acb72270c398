/** ALERT_WEBHOOK_URL: told once for each cause, when it is over, again when it came back, by one of several processes, and never in the way. */
import t, { type Test } from 'tap';
import { type SimulatorOptions, startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { serve } from '../../src/serve.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { type Answer, answer, json, silence, startFaultyServer } from '../support/faulty-server.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(120_000);

const PERSON = 'Ottokar Vertraulich';
const BAD = 'a\u0001b';

async function setUp(t: Test, options: SimulatorOptions = {}, answers: readonly Answer[] = [json({})]) {
  const simulator = await startOdooSimulator(options);
  t.teardown(() => simulator.close());
  const chat = await startFaultyServer(t, ...answers);
  const secretPath = '/services/T000/B000/secret-part';
  const setup = await startBridge(t, { odoo: simulator, environment: { ALERT_WEBHOOK_URL: chat.url + secretPath } });
  return {
    simulator,
    setup,
    chat,
    app: appPerson(setup.app.url),
    odoo: odooPerson(simulator),
    /** What was posted of that kind so far. */
    told: (kind: string, status = 'firing') =>
      chat.asked
        .map(({ body }) => JSON.parse(body))
        .filter((message) => message.kind === kind && message.status === status),
    look: () => setup.bridge.alerts.lookNow(),
  };
}

const queueOf = (setup: TestSetup) => setup.bridge.context.reports.queue();
const calm = (setup: TestSetup) => waitUntil('the queue is empty', async () => (await queueOf(setup)).depth === 0);
const parks = (setup: TestSetup, count: number) =>
  waitUntil(`${count} are parked`, async () => (await queueOf(setup)).parked === count);

t.test('a group of parked records: once, and again when it was over and came back', async (t) => {
  const { setup, chat, app, told, look } = await setUp(t);
  const ids = [
    await app.create('teachers', { name: PERSON, notes: BAD }),
    await app.create('guests', { name: `${PERSON} junior`, notes: BAD }),
  ];
  await parks(setup, 2);
  await look();
  t.match(told('parked'), [
    {
      kind: 'parked',
      subject: 'unstorable_characters',
      instance: 'main',
      text: /^Bridge main: 2 record\(s\) were set aside with the error unstorable_characters \(guest, teacher\)\. /,
      since: /^\d{4}-\d\d-\d\dT/,
      detail: { error_code: 'unstorable_characters', count: 2, entities: ['guest', 'teacher'], remedy: /\.$/ },
    },
  ]);
  t.match(chat.asked[0], { method: 'POST', headers: { 'content-type': 'application/json' } });

  ids.push(await app.create('tenants', { name: 'One More', notes: BAD }));
  await parks(setup, 3);
  await look();
  await setup.restart();
  await setup.bridge.alerts.lookNow();
  t.equal(told('parked').length, 1, 'neither a further record nor a restart repeats it');

  for (const [index, collection] of ['teachers', 'guests', 'tenants'].entries()) {
    await app.edit(collection, String(ids[index]), { notes: 'good' });
  }
  await parks(setup, 0);
  await setup.bridge.alerts.lookNow();
  await setup.bridge.alerts.lookNow();
  const [begin] = told('parked');
  t.match(
    told('parked', 'resolved'),
    [
      {
        text: 'Bridge main: resolved, no record is set aside with the error unstorable_characters any more.',
        subject: 'unstorable_characters',
        since: begin.since,
        until: /^\d{4}-\d\d-\d\dT/,
        detail: {},
      },
    ],
    'that it is over, once',
  );
  await app.edit('teachers', String(ids[0]), { notes: BAD });
  await parks(setup, 1);
  await setup.bridge.alerts.lookNow();
  t.equal(told('parked').length, 2, 'it came back');
  for (const { body } of chat.asked) t.notMatch(body, /Ottokar|Vertraulich|One More/, 'nobody is named');
});

t.test('a guard that tripped', async (t) => {
  const { setup, app, told, look } = await setUp(t);
  const ids: string[] = [];
  for (let index = 0; index < 8; index += 1) ids.push(await app.create('guests', { name: `Guest ${index}` }));
  await waitUntil('all are linked', async () => {
    const links = await setup.bridge.context.db
      .selectFrom('links')
      .select('id')
      .where('odoo_id', 'is not', null)
      .execute();
    return links.length === 8;
  });
  for (const id of ids) await app.archive('guests', id);
  await calm(setup);
  t.equal((await queueOf(setup)).held, 3);
  await look();
  t.match(told('guard'), [
    { subject: 'guest:delete', text: /3 archivings of guest wait for a person/, detail: { entity: 'guest', count: 3 } },
  ]);
  await bridgeCallers(setup).post('/api/held/release', {});
  await waitUntil('nothing is held', async () => (await queueOf(setup)).held === 0);
  await look();
  t.match(told('guard', 'resolved'), [{ text: /: resolved, no archivings of guest wait for a person any more\.$/ }]);
});

t.test('a poll that stopped, and goes on', async (t) => {
  const { simulator, setup, told } = await setUp(t);
  await setup.restart({ POLL_CRON: '* * * * * *' });
  const { db, cursors } = setup.bridge.context;
  const watch = setup.bridge.alerts;
  await waitUntil('it was polled', () => cursors.movedAt('poll:odoo:'));
  await watch.lookNow();
  t.same(told('poll_stopped'), []);
  await simulator.pause();
  // Five minutes are not waited for: the time since the last poll is all that counts.
  await db
    .updateTable('cursors')
    .set({ moved_at: new Date(Date.now() - 600_000) as never })
    .where('name', 'like', 'poll:odoo:%')
    .execute();
  await watch.lookNow();
  await watch.lookNow();
  t.match(told('poll_stopped'), [{ subject: 'odoo', text: /No poll of odoo was finished since .*bridge doctor/ }]);
  await simulator.resume();
  await waitUntil(
    'it is polled again',
    async () => {
      const at = await cursors.movedAt('poll:odoo:');
      return at !== null && Date.now() - at.getTime() < 60_000;
    },
    60_000,
  );
  await watch.lookNow();
  t.match(told('poll_stopped', 'resolved'), [
    { subject: 'odoo', text: /: resolved, polls of odoo are finished again\.$/ },
  ]);
  t.same(await db.selectFrom('alerts').selectAll().execute(), [], 'it is over');
});

t.test('a side that was never polled: told once, whichever process looks, and not over with a restart', async (t) => {
  const { setup, told, look } = await setUp(t);
  await setup.app.close();
  const restart = () => setup.restart({ POLL_CRON: '* * * * * *' });
  await restart();
  const { db } = setup.bridge.context;
  await db.deleteFrom('cursors').where('name', 'like', 'poll:app:%').execute();
  await look();
  t.same(told('poll_stopped'), [], 'there was no time for one');
  const longAgo = new Date(Date.now() - 600_000) as never;
  await db.updateTable('cursors').set({ moved_at: longAgo }).where('name', '=', 'alerts:first_look').execute();
  await look();
  t.match(told('poll_stopped'), [{ subject: 'app', text: /No poll of app was finished yet/ }]);
  await restart();
  await look();
  t.same([told('poll_stopped').length, told('poll_stopped', 'resolved').length], [1, 0]);
});

t.test('an API key that ends within 14 days', async (t) => {
  const keyExpires = Date.now() + 5 * 86_400_000;
  const { setup, told, look } = await setUp(t, { keyExpires });
  await waitUntil('it is told', async () => {
    await look();
    return told('key_expires').length > 0;
  });
  const day = new Date(keyExpires).toISOString().slice(0, 10);
  t.match(told('key_expires'), [{ subject: day, text: /ODOO_API_KEY/ }]);
  const headers = { authorization: `Bearer ${setup.secrets.api}` };
  const metrics = await (await fetch(`${setup.bridge.url}/metrics`, { headers })).text();
  t.match(
    metrics,
    new RegExp(`\nbridge_api_key_expiry_timestamp_seconds ${Math.floor(keyExpires / 1_000)}`),
    'a metric, too',
  );
  const far = await setUp(t, { keyExpires: Date.now() + 30 * 86_400_000 });
  await far.look();
  t.same(far.told('key_expires'), []);
});

t.test('what was never told has no end to be told of, and one that is not told yet is tried again', async (t) => {
  const refuses = answer(500, 'text/plain', 'no');
  const { setup, app, told, look } = await setUp(t, {}, [refuses, json({}), refuses, json({})]);
  const { db } = setup.bridge.context;
  const soon = () => db.updateTable('alerts').set({ next_attempt_at: new Date() }).execute();
  const counts = () => [told('parked').length, told('parked', 'resolved').length];
  const id = await app.create('teachers', { name: PERSON, notes: BAD });
  const turn = async (notes: string) => {
    await app.edit('teachers', id, { notes });
    await parks(setup, notes === BAD ? 1 : 0);
    await look();
  };
  await parks(setup, 1);
  await look();
  await turn('good');
  t.same(counts(), [1, 0], 'its begin was refused');
  t.same(await db.selectFrom('alerts').selectAll().execute(), []);
  await turn(BAD);
  await turn('good');
  t.same(counts(), [2, 1], 'its end was refused');
  t.match(await db.selectFrom('alerts').selectAll().execute(), [{ attempts: 1, over_at: Date }]);
  await turn(BAD);
  await soon();
  await look();
  t.same(counts(), [2, 1], 'it came back before that was told: it has lasted');
  await turn('good');
  t.same(counts(), [2, 2], 'and is over now');
  await db.insertInto('alerts').values({ kind: 'other', subject: 'x', sent_at: new Date() }).execute();
  await look();
  t.match(told('other', 'resolved'), [{ text: 'Bridge main: resolved, other x is over.' }], 'of another version');
});

t.test('of several processes one tells', async (t) => {
  const { setup, app, told } = await setUp(t);
  const config = readConfig({ ...setup.environment, PORT: '0' });
  const others = [];
  for (let index = 0; index < 2; index += 1) {
    const logger = createLogger({ level: 'fatal', file: null, stdout: false });
    const other = await serve(config, logger);
    t.teardown(() => other.stop());
    others.push(other);
  }
  await app.create('teachers', { name: PERSON, notes: BAD });
  await parks(setup, 1);
  await Promise.all([setup.bridge, ...others].flatMap(({ alerts }) => [alerts.lookNow(), alerts.lookNow()]));
  for (const { alerts } of others) await alerts.lookNow();
  t.equal(told('parked').length, 1);
});

t.test('a receiver that fails or hangs: it is tried again, and nothing else waits', async (t) => {
  const answers = [
    answer(500, 'text/plain', 'no'),
    silence,
    answer(302, 'text/plain', '', { location: '/login' }),
    json({}),
  ];
  const { setup, app, odoo, told, look } = await setUp(t, {}, answers);
  const { db } = setup.bridge.context;
  await app.create('teachers', { name: PERSON, notes: BAD });
  await parks(setup, 1);
  const row = () => db.selectFrom('alerts').selectAll().executeTakeFirstOrThrow();
  const soon = () => db.updateTable('alerts').set({ next_attempt_at: new Date() }).execute();
  await look();
  const first = await row();
  t.match(first, { attempts: 1, sent_at: null });
  t.ok(first.next_attempt_at.getTime() - Date.now() > 10_000, 'not at once');
  await look();
  t.equal(told('parked').length, 1, 'its pause is kept');
  await soon();
  const hanging = look();
  await waitUntil('it hangs', () => told('parked').length === 2);
  await app.create('teachers', { name: 'Paula Flott' });
  await odoo.appears('Paula Flott');
  await hanging;
  const second = await row();
  t.match(second, { attempts: 2, sent_at: null });
  t.ok(second.next_attempt_at.getTime() - Date.now() > 20_000, 'longer each time');
  await soon();
  await look();
  t.match(await row(), { attempts: 3, sent_at: null }, 'a redirect is no success, and is not followed');
  await soon();
  await look();
  t.type((await row()).sent_at, Date);
  await look();
  t.equal(told('parked').length, 4);
});
