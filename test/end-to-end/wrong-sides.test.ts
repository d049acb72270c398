/** Another Odoo or another app than the one that the database belongs to: nothing is touched, until a person says that it is meant. */
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { startTravelApp } from '../../sandbox/app/start-app.ts';
import { type OdooSimulator, startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(280_000);

async function setUp(t: Test) {
  const [odoo, other] = await Promise.all([startOdooSimulator(), startOdooSimulator({ database: 'other' })]);
  t.teardown(() => Promise.all([odoo.close(), other.close()]));
  const setup = await startBridge(t, { odoo, environment: { ODOO_TRANSPORT: 'json2' } });
  const app = appPerson(setup.app.url);
  const ids: string[] = [];
  for (const name of ['Ada', 'Bea', 'Cleo']) ids.push(await app.create('guests', { name, phone: '1' }));
  for (const name of ['Ada', 'Bea', 'Cleo']) await odooPerson(odoo).appears(name);
  await calm(setup);
  return { odoo, other, setup, app, ids };
}

const calm = ({ bridge }: TestSetup) =>
  waitUntil('the queue is empty', async () => (await bridge.context.reports.queue()).depth === 0);

const settingsOf = ({ url, database, username, apiKey }: OdooSimulator) => ({
  ODOO_URL: url,
  ODOO_DB: database,
  ODOO_USERNAME: username,
  ODOO_API_KEY: apiKey,
});

/** Calls that touch records: what is asked to find out who it is, is none. */
function touches({ calls }: OdooSimulator): readonly string[] {
  const harmless = ['res.lang.search_read', 'ir.config_parameter.search_read', 'res.lang.search'];
  return [...calls.keys()].filter((name) => !harmless.includes(name));
}

t.test('another Odoo is refused at the start, and bound when a person says so', async (t) => {
  const { other, setup, app } = await setUp(t);
  await setup.bridge.stop();
  const environment = { ...setup.environment, ...settingsOf(other) };
  const message = `This is another Odoo than the one that the bridge's database belongs to: it is "other" at ${other.url}, and was "sim" at ${setup.config.ODOO_URL}. Nothing was read or written there.`;
  const remedy =
    'Correct ODOO_URL and ODOO_DB; or, if this Odoo is meant, run "bridge rebind", which shows first what it would do.';

  await t.rejects(setup.restart(settingsOf(other)), { name: 'SetupError', code: 'other_odoo', message, remedy });
  const commands = [['serve'], ['sync', 'all'], ['parked', 'retry'], ['relink'], ['webhooks', 'install']];
  for (const ran of await Promise.all(commands.map((command) => runCommand(environment, ...command)))) {
    t.equal(ran.code, 1);
    t.equal(ran.stderr, `${message}\n${remedy}\n`);
  }
  t.same(touches(other), [], 'no record was read or written there');

  const shown = await runCommand(environment, 'rebind');
  t.equal(shown.code, 4);
  t.match(shown.stdout, /Odoo {2}"other" at .*, and was "sim" at /);
  t.match(shown.stdout, /0 of 3 linked records are there/);
  t.match(shown.stdout, /these are other records than the linked ones/);
  t.equal((await runCommand(environment, 'rebind', '--yes')).code, 4, 'not even then: they are strangers');
  await t.rejects(setup.restart(settingsOf(other)), { code: 'other_odoo' });

  const json = await runCommand(environment, 'rebind', '--yes', '--forget-links', '--json');
  t.equal(json.code, 0);
  t.match(JSON.parse(json.stdout), { done: true, forgotten: 3, same_records: false, odoo: { same: false, found: 0 } });
  await setup.restart(settingsOf(other));
  await setup.bridge.schedule.pollNow();
  for (const name of ['Ada', 'Bea', 'Cleo']) await odooPerson(other).appears(name);
  await calm(setup);
  for (const guest of await app.all('guests')) t.equal(guest.deleted_at, null, 'nobody was archived');
});

t.test('a renewed Odoo with the same records keeps the links; a moved one needs nothing', async (t) => {
  const { odoo, setup, app, ids } = await setUp(t);
  await setup.restart({ ODOO_URL: odoo.url.replace('127.0.0.1', 'localhost') });
  await app.edit('guests', ids[0] ?? '', { phone: '2' });
  await waitUntil('it goes on', async () => (await odooPerson(odoo).find('Ada'))[0]?.phone === '2');
  await calm(setup);
  await setup.bridge.stop();

  // What Odoo's own function "duplicate" does with the copy.
  const [parameter] = odoo.table('ir.config_parameter').keys();
  await odoo.asPerson().write('ir.config_parameter', Number(parameter), { value: crypto.randomUUID() });
  await t.rejects(setup.restart(), { code: 'other_odoo' });
  const shown = await runCommand(setup.environment, 'rebind');
  t.equal(shown.code, 4);
  t.match(shown.stdout, /3 of 3 linked records are there[\s\S]*run it with --yes/);
  const done = await runCommand(setup.environment, 'rebind', '--yes');
  t.equal(done.code, 0);
  t.match(done.stdout, /\nbound\n$/);
  const again = await runCommand(setup.environment, 'rebind');
  t.equal(again.code, 0);
  t.match(again.stdout, /as it was[\s\S]*nothing to do/);

  await setup.restart();
  await app.edit('guests', ids[0] ?? '', { phone: '3' });
  await waitUntil('it goes on', async () => (await odooPerson(odoo).find('Ada'))[0]?.phone === '3');
  t.equal((await odooPerson(odoo).search([['name', 'in', ['Ada', 'Bea', 'Cleo']]])).length, 3, 'each once');
});

t.test('another app is refused, and bound when a person says so', async (t) => {
  const { odoo, setup } = await setUp(t);
  const database = await createTestDatabase(t, { empty: true });
  const other = await startTravelApp({ databaseUrl: database.url, apiToken: setup.config.APP_API_TOKEN });
  t.teardown(() => other.close());
  await setup.bridge.stop();
  const environment = { ...setup.environment, APP_URL: other.url };
  const message = `This is another app than the one that the bridge's database belongs to: it is at ${other.url}, and was at ${setup.app.url}. Nothing was read or written there.`;
  const remedy =
    'Correct APP_URL; or, if this app is meant or has moved, run "bridge rebind", which shows first what it would do.';
  await t.rejects(setup.restart({ APP_URL: other.url }), { code: 'other_app', message, remedy });
  const ran = await runCommand(environment, 'sync', 'all');
  t.equal(ran.code, 1);
  t.equal(ran.stderr, `${message}\n${remedy}\n`);
  t.same(await appPerson(other.url).all('guests'), []);

  const before = odoo.calls.get('res.partner.search_read');
  const shown = await runCommand(environment, 'rebind');
  t.equal(shown.code, 4);
  t.match(shown.stdout, /app {3}http.*, and was http[\s\S]*0 of 3 linked records/);
  t.equal(odoo.calls.get('res.partner.search_read'), before, 'Odoo, which is the same, was not searched');
  t.equal((await runCommand(environment, 'rebind', '--yes', '--forget-links')).code, 0);
  await setup.restart({ APP_URL: other.url });
  await setup.bridge.schedule.pollNow();
  await calm(setup);
  t.equal((await appPerson(other.url).all('guests')).length, 3, 'they came over');
  t.equal((await odooPerson(odoo).search([['name', 'in', ['Ada', 'Bea', 'Cleo']]])).length, 3);
});

t.test('an Odoo that is away at the start is asked at the first connection', async (t) => {
  const { odoo, other, setup, app, ids } = await setUp(t);
  await setup.bridge.stop();
  await app.edit('guests', ids[0] ?? '', { phone: '2' });
  await other.pause();
  const [startedAt, limitMs] = [performance.now(), 10_000];
  await setup.restart(settingsOf(other));
  t.ok(performance.now() - startedAt < limitMs, 'it starts all the same, and soon');
  t.match((await bridgeCallers(setup).event('guest.updated', ids[0] ?? '')).status, 202, 'and takes events');
  await other.resume();
  const health = async () => (await bridgeCallers(setup).get('/healthz')).body.sides as Record<string, unknown>;
  const seen = await waitUntil('health says what is wrong', async () => {
    const { odoo: side } = await health();
    return (side as { error?: { code: string } }).error?.code === 'other_odoo' ? side : null;
  });
  t.match(seen, { reachable: false, error: { message: /another Odoo/, remedy: /bridge rebind/ } });
  await setup.bridge.schedule.pollNow();
  await waitUntil('the log says it, too', async () =>
    (await readFile(setup.config.LOG_FILE, 'utf8')).includes('"code":"other_odoo"'),
  );
  t.same(touches(other), [], 'no record was read or written there');
  t.equal((await odooPerson(odoo).find('Ada'))[0]?.phone, '1', 'nor in the right one, of course');
  await setup.restart(settingsOf(odoo));
  await waitUntil('with the right one it goes on', async () => (await odooPerson(odoo).find('Ada'))[0]?.phone === '2');
});
