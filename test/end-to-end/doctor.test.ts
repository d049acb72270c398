/** `bridge doctor` with the simulator: each check is seen right, and wrong by a cause that is really there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  type OdooSimulator,
  type SimulatorOptions,
  startOdooSimulator,
} from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { PROBES } from '../../src/doctor/examine.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { runDoctor } from '../support/doctor.ts';
import {
  type Answer,
  answer,
  closedUrl,
  html,
  json,
  silence,
  startFaultyServer,
  startTlsServer,
} from '../support/faulty-server.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runCommand } from '../support/run-command.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(280_000);

const DAY_MS = 86_400_000;
const PERSON = { name: 'Zita Geheim', email: 'zita.geheim@example.org', phone: '+33 6 11 22 33 44' };

interface World {
  readonly simulator: OdooSimulator;
  readonly setup: TestSetup;
  look(t: Test, environment?: Readonly<Record<string, string>>, deadlineMs?: number): ReturnType<typeof runDoctor>;
}

async function setUp(t: Test, options: SimulatorOptions = {}, install = true): Promise<World> {
  const simulator = await startOdooSimulator(options);
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, install });
  return {
    simulator,
    setup,
    look: (t, environment = {}, deadlineMs = 10_000) =>
      runDoctor(t, { ...setup.environment, ...environment }, { deadlineMs, people: Object.values(PERSON) }),
  };
}

t.test('nothing is configured: each check is listed, and what is missing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const { code, stdout } = await runCommand({ DATA_DIR: folder }, 'doctor', '--json');
  t.equal(code, 1);
  t.equal(stdout.trimEnd().split('\n').length, 1, 'one line');
  const { checks } = JSON.parse(stdout);
  t.same(
    checks.map(({ name }: { name: string }) => name),
    PROBES.map(({ name }) => name),
  );
  t.ok(checks.length >= 12);
  const told = Object.fromEntries(checks.map((check: { name: string }) => [check.name, check]));
  t.match(told.configuration, { status: 'fail', detail: /ODOO_URL is missing; ODOO_DB is missing/ });
  t.match(told.odoo_url, { status: 'fail', detail: 'ODOO_URL is missing.', remedy: /Set ODOO_URL .*\.env\.example/ });
  t.match(told.odoo_key, {
    status: 'fail',
    detail: /ODOO_DB is missing, ODOO_USERNAME is missing, ODOO_API_KEY is missing/,
  });
  t.match(told.app_token, { status: 'fail', detail: /APP_URL is missing, APP_API_TOKEN is missing/ });
  t.match(told.database, { status: 'warn', detail: /not made a database of its own yet/ });
  t.match(told.odoo_webhooks, {
    status: 'fail',
    detail: /BRIDGE_PUBLIC_URL is not set, ODOO_WEBHOOK_TOKENS is not set/,
  });
  t.match(told.bridge_address, { status: 'warn' }, 'without webhooks it works, too');
  t.match(await runCommand({}, 'doctor', '--timeout', 'soon'), { code: 2, stderr: /whole number from 1 to 600/ });
});

t.test('all that the simulator has is right', async (t) => {
  const { setup, look } = await setUp(t);
  const checks = await look(t);
  // It has contacts and nothing else.
  const lacking = /^odoo_(modules|rights_(apartments|travels|invoices|mailings)|chart|taxes|journal|accounts)$/;
  for (const [name, check] of Object.entries(checks)) {
    if (!lacking.test(name)) t.equal(check.status, 'ok', `${name}: ${check.detail}`);
  }
  t.match(checks.odoo_modules, { status: 'fail', detail: /crm\.lead \(CRM\)/, remedy: /Install/ });
  t.match(checks.odoo_rights_travels, { status: 'warn', detail: /see odoo_modules/ });
  t.match(checks.odoo_chart, { status: 'warn', detail: /odoo_modules has to be right first/ });

  const { status, body } = await bridgeCallers(setup).get('/api/doctor');
  t.equal(status, 200);
  const names = (body.checks as { name: string }[]).map(({ name }) => name);
  t.same(names, Object.keys(checks), 'the running bridge tells the same');
  t.equal((await fetch(`${setup.bridge.url}/api/doctor`)).status, 401, 'to who has a token');
  t.match(await runCommand(setup.environment, 'doctor'), {
    code: 1,
    stdout: /\nfail {2}odoo_modules .*\n +→ Install .*\n\d+ ok, \d+ to look at, 1 to mend\n$/s,
  });
});

t.test('Odoo is not there, or is something else', async (t) => {
  const { look } = await setUp(t);
  const away = await look(t, { ODOO_URL: await closedUrl() });
  t.match(away.odoo_url, { status: 'fail', detail: /Connection refused/, remedy: /ODOO_URL/ });
  t.match(away.odoo_key, { status: 'warn', detail: /odoo_url has to be right first/ }, 'the others point there');
  t.match(away.odoo_modules, { status: 'warn' });
  t.match(away.app_list, { status: 'ok' }, 'and the app is looked at all the same');

  const page = await look(t, { ODOO_URL: (await startFaultyServer(t, html(200))).url });
  t.match(page.odoo_url, { status: 'fail', remedy: /ODOO_URL/ });

  const tls = await look(t, { ODOO_URL: (await startTlsServer(t, json({}))).url });
  t.match(tls.odoo_tls, { status: 'fail', detail: /SELF_SIGNED/, remedy: /NODE_EXTRA_CA_CERTS/ });
  const unknown = await look(t, { ODOO_URL: 'http://odoo.invalid' });
  t.match(unknown.odoo_tls, { status: 'warn', detail: /the key travels where others may read it/ });
  t.match((await look(t, { ODOO_URL: 'https://odoo.invalid' })).odoo_tls, {
    status: 'fail',
    detail: /ENOTFOUND|EAI_AGAIN/,
  });
});

t.test('a version that is too old, or was never tried', async (t) => {
  const { look } = await setUp(t);
  const version = async (major: number, more = {}) => {
    const { url } = await startFaultyServer(
      t,
      json({ version: `${major}.0`, version_info: [major, 0, 0, 'final', 0] }),
    );
    return (await look(t, { ODOO_URL: url, ...more })).odoo_version;
  };
  t.match(await version(12), { status: 'fail', detail: /older/, remedy: /Update Odoo to 14/ });
  t.match(await version(16), { status: 'warn', detail: /never tried.*no webhooks/ });
  t.match(await version(14), { status: 'ok', detail: /the poller alone/ });
  t.match(await version(14, { ODOO_TRANSPORT: 'json2' }), {
    status: 'fail',
    detail: /no JSON-2/,
    remedy: /ODOO_TRANSPORT/,
  });
});

t.test('wrong database, wrong key', async (t) => {
  const { look } = await setUp(t);
  for (const ODOO_TRANSPORT of ['json2', 'xmlrpc']) {
    const database = await look(t, { ODOO_TRANSPORT, ODOO_DB: 'other' });
    t.match(database.odoo_database, { status: 'fail', remedy: /ODOO_DB/ });
    t.match(database.odoo_key, { status: 'warn', detail: /odoo_database/ });
    t.match(database.odoo_rights_contacts, { status: 'warn', detail: /odoo_database/ });
    const key = await look(t, { ODOO_TRANSPORT, ODOO_API_KEY: 'the-wrong-key-of-somebody' });
    t.match(key.odoo_database, { status: 'ok' });
    t.match(key.odoo_key, { status: 'fail', detail: /Invalid credentials/, remedy: /ODOO_USERNAME and ODOO_API_KEY/ });
    t.match(key.odoo_rights_contacts, { status: 'warn', detail: /odoo_key/ });
  }
});

t.test('a key that ends soon, later, or is no key', async (t) => {
  const soon = await setUp(t, { keyExpires: Date.now() + 5 * DAY_MS });
  const day = new Date(Date.now() + 5 * DAY_MS).toISOString().slice(0, 10);
  t.match((await soon.look(t)).odoo_key_expiry, {
    status: 'warn',
    detail: `The API key ends on ${day}.`,
    remedy: /new one/,
  });
  const keys = soon.simulator.table('res.users.apikeys') as Map<number, unknown>;
  keys.clear();
  t.match((await soon.look(t)).odoo_key_expiry, { status: 'warn', detail: /no API key/ });
  const later = await setUp(t, { keyExpires: Date.now() + 60 * DAY_MS });
  t.match((await later.look(t)).odoo_key_expiry, { status: 'ok', detail: /ends on/ });
});

t.test("Odoo's clock is off", async (t) => {
  const { simulator, look } = await setUp(t);
  simulator.clock.webOffsetMs = 60_000;
  t.match((await look(t)).odoo_clock, { status: 'warn', detail: /60\.\d s ahead of ours|59\.\d s ahead of ours/ });
  simulator.clock.webOffsetMs = -400_000;
  t.match((await look(t)).odoo_clock, { status: 'fail', detail: /behind ours/, remedy: /NTP/ });
});

t.test('a user without rights', async (t) => {
  const { simulator, look } = await setUp(t);
  simulator.addUser({ username: 'bot', apiKey: 'key-of-the-poor-bot', groups: ['base.group_user'] });
  const checks = await look(t, { ODOO_USERNAME: 'bot', ODOO_API_KEY: 'key-of-the-poor-bot' });
  t.match(checks.odoo_rights_contacts, {
    status: 'fail',
    detail: /No right to write, create res\.partner\..*following groups/,
    remedy: /base\.group_partner_manager/,
  });
  t.match(checks.odoo_webhooks, { status: 'warn', detail: /may not look/ });
  t.match(checks.odoo_webhook_round_trip, { status: 'warn', detail: /odoo_rights_contacts/ });
  t.match(checks.odoo_actions, { status: 'warn' });
});

t.test('the set-up was never run, or was altered', async (t) => {
  const never = await setUp(t, {}, false);
  const before = await never.look(t);
  t.match(before.odoo_actions, { status: 'warn', detail: /Bridge: write if unchanged/, remedy: /webhooks install/ });
  t.match(before.odoo_webhooks, { status: 'fail', detail: /\(missing\)/, remedy: /webhooks install/ });
  t.match(before.odoo_webhook_round_trip, { status: 'warn', detail: /no automation/ });

  const { simulator, setup, look } = await setUp(t);
  const admin = odooPerson(simulator);
  const named = { domain: [['name', '=', 'Bridge: res.partner deleted']] };
  const ids = (await admin.call('base.automation', 'search', named)) as number[];
  await admin.call('base.automation', 'write', { vals: { active: false } }, ids);
  t.match((await look(t)).odoo_webhooks, {
    status: 'fail',
    detail: 'Bridge: res.partner deleted (altered: disabled).',
  });
  const other = await startBridge(t, { odoo: simulator, install: false });
  const round = await runDoctor(t, { ...other.environment, BRIDGE_PUBLIC_URL: setup.bridge.url });
  t.match(round.odoo_webhook_round_trip, { status: 'fail', detail: /did not arrive/, remedy: /BRIDGE_PUBLIC_URL/ });
  t.match(round.app_webhook_signature, { status: 'fail', detail: /does not take secret 1/, remedy: /Restart/ });
  t.match(round.odoo_webhook_token, { status: 'fail', detail: /does not take token 1/, remedy: /Restart/ });
});

t.test('the language of somebody is not installed in Odoo', async (t) => {
  const { setup, look } = await setUp(t);
  const app = appPerson(setup.app.url);
  await app.create('guests', { ...PERSON, language: 'de-DE' });
  await app.create('guests', { name: 'Somebody Else', language: 'en' });
  t.match((await look(t)).odoo_languages, { status: 'warn', detail: /: de-DE\. /, remedy: /Settings, Languages/ });
});

t.test('the database', async (t) => {
  const { setup, look } = await setUp(t);
  const url = new URL(setup.environment.DATABASE_URL ?? '');
  const nowhere = Object.assign(new URL(url), { pathname: '/nowhere' }).href;
  const away = await look(t, { DATABASE_URL: nowhere });
  t.match(away.database, { status: 'fail', detail: 'The database does not answer (3D000).', remedy: /DATABASE_URL/ });
  t.match(away.migrations, { status: 'warn', detail: /database has to be right first/ });
  const { url: empty } = await createTestDatabase(t, { empty: true });
  const bare = await look(t, { DATABASE_URL: empty });
  t.match(bare.migrations, { status: 'fail', remedy: /bridge migrate/ });
  t.match(bare.sides, { status: 'warn', detail: /migrations/ });
  t.match((await look(t, { DATABASE_URL: 'mysql://x' })).database, { status: 'fail' });
});

t.test('other sides than the ones that the database belongs to', async (t) => {
  const { look } = await setUp(t);
  const other = await startOdooSimulator({ database: 'other', now: () => Date.now() + 5_000 });
  t.teardown(() => other.close());
  const environment = { ODOO_URL: other.url, ODOO_DB: other.database, ODOO_API_KEY: other.apiKey };
  t.match((await look(t, environment)).sides, { status: 'fail', detail: /another Odoo/, remedy: /bridge rebind/ });
});

t.test('the disk', async (t) => {
  const { look } = await setUp(t);
  const disk = await mountSmallDisk(t, 8, 0);
  if (disk === null) return;
  const full = await look(t, { DATA_DIR: disk.folder });
  t.match(full.disk_data, { status: 'fail', detail: /0\.0 GiB free for DATA_DIR/, remedy: /Make room/ });
  t.match((await look(t, { LOG_FILE: '/proc/no/such.log' })).disk_log, { status: 'fail', detail: /LOG_FILE/ });
});

t.test('the address of the bridge', async (t) => {
  const { look } = await setUp(t);
  const closed = await look(t, { BRIDGE_PUBLIC_URL: await closedUrl() });
  t.match(closed.bridge_address, { status: 'warn', detail: /Nobody answers/ });
  t.match(closed.app_webhook_signature, { status: 'warn', detail: /bridge_address has to be right first/ });
  const page = await look(t, { BRIDGE_PUBLIC_URL: (await startFaultyServer(t, html(404))).url });
  t.match(page.bridge_address, { status: 'warn', detail: /HTTP 404/ });
  t.match(page.app_webhook_signature, { status: 'fail', detail: /HTTP 404/, remedy: /proxy/ });
});

t.test('the app is not there, or lets nobody in', async (t) => {
  const { look } = await setUp(t);
  const away = await look(t, { APP_URL: await closedUrl() });
  t.match(away.app_url, { status: 'fail', detail: /ECONNREFUSED/, remedy: /APP_URL/ });
  for (const name of ['app_token', 'app_list', 'app_ids', 'app_batch', 'app_errors', 'app_clock']) {
    t.match(away[name], { status: 'warn', detail: /app_url/ }, name);
  }
  t.match(away.odoo_languages, { status: 'warn', detail: /app_list/ });
  t.match(away.odoo_key, { status: 'ok' }, 'and Odoo is looked at all the same');
  const wrong = await look(t, { APP_API_TOKEN: 'the-wrong-token-of-somebody' });
  t.match(wrong.app_url, { status: 'ok' });
  t.match(wrong.app_token, { status: 'fail', remedy: /APP_API_TOKEN/ });
  t.match(wrong.app_batch, { status: 'warn', detail: /app_token/ });
  const page = await look(t, { APP_URL: (await startFaultyServer(t, html(200))).url });
  t.match(page.app_url, { status: 'fail', remedy: /APP_URL/ });
  const tls = await look(t, { APP_URL: (await startTlsServer(t, json({}))).url });
  t.match(tls.app_tls, { status: 'fail', detail: /SELF_SIGNED/ });
  t.match(tls.app_url, { status: 'warn', detail: /app_tls/ });
});

t.test('an app that does not keep the contract', async (t) => {
  const { look } = await setUp(t);
  const at = new Date().toISOString();
  const page = { data: [], next_cursor: null, server_time: at };
  const record = { id: '1', updated_at: at, deleted_at: null };
  const using = async (give: (path: string, method: string, authorized: boolean) => Answer) => {
    const { url } = await startFaultyServer(t, (response, { path, method, headers }) =>
      give(path, method, headers.authorization !== undefined)(response, { path, method, headers, body: '' }),
    );
    return look(t, { APP_URL: url });
  };
  const sloppy = await using((path, method, authorized) => {
    if (method === 'POST')
      return json({
        results: [
          { status: 'ok', record },
          { status: 'ok', record },
        ],
      });
    if (path.includes('ids=')) return json({ data: [record, { ...record, id: '2' }] });
    if (path.includes('no-such')) return answer(404, 'text/plain', 'no');
    if (!authorized) return json({ error: 'no' }, 401);
    return json({ ...page, data: path.includes('travels') ? [{ id: 7 }] : [record] });
  });
  t.match(sloppy.app_list, { status: 'fail', detail: /Records of travels lack/, remedy: /mend the app/ });
  t.match(sloppy.app_ids, { status: 'fail', detail: /ids=/ });
  t.match(sloppy.app_batch, { status: 'fail', detail: /"ok, ok", not with "not_found, invalid"/ });
  t.match(sloppy.app_errors, { status: 'warn', detail: /problem\+json/ });

  const open = await using((path) => (path.includes('ids=') ? json({ rows: [] }) : json(page)));
  t.match(open.app_errors, { status: 'fail', detail: 'The app answers without a token.' });
  t.match(open.app_ids, { status: 'fail', detail: /not as the contract says \(at data\)/ });
  const other = await using((path, _method, authorized) =>
    authorized && !path.includes('no-such') ? json(page) : json({}, 400),
  );
  t.match(other.app_errors, { status: 'fail', detail: /HTTP 400, not 401/ });

  const late = await using(() => json({ ...page, server_time: new Date(Date.now() - 3_600_000).toISOString() }));
  t.match(late.app_clock, {
    status: 'fail',
    detail: /^The app's clock is 3600\.\d s behind ours|^The app's clock is 3599/,
  });
});

t.test('a side that hangs holds up nothing', async (t) => {
  const { look } = await setUp(t);
  const silent = (await startFaultyServer(t, silence)).url;
  const startedAt = Date.now();
  const checks = await look(t, { ODOO_URL: silent }, 1_500);
  t.ok(Date.now() - startedAt < 6_000, `all of it took ${Date.now() - startedAt} ms`);
  t.match(checks.odoo_url, { status: 'fail', detail: /within 2 s/ });
  for (const [name, { status }] of Object.entries(checks)) {
    if (/^(app|disk)_|^(database|migrations|configuration)$/.test(name)) t.equal(status, 'ok', name);
  }
});

t.test('settings that are wrong or left out', async (t) => {
  const { look } = await setUp(t);
  const checks = await look(t, { PORT: 'many', BRIDGE_API_TOKENS: '' });
  t.match(checks.configuration, { status: 'fail', detail: 'PORT must be a whole number.' });
  const closed = await look(t, { BRIDGE_API_TOKENS: '' });
  t.match(closed.configuration, { status: 'warn', detail: /BRIDGE_API_TOKENS/ });
  t.match(closed.odoo_key, { status: 'ok' });
});
