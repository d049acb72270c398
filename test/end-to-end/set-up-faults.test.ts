/** A bridge that was set up wrongly: it serves all the same, says which variable is wrong, and loses nothing until that is mended. */
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { answer, closedUrl, html, startFaultyServer } from '../support/faulty-server.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(280_000);

type Environment = Readonly<Record<string, string>>;
interface Case {
  readonly what: string;
  readonly wrong: (t: Test) => Promise<Environment> | Environment;
  readonly code: string;
  /** The variable that the remedy has to name. */
  readonly names: RegExp;
}

const WRONG_KEY = 'the-wrong-key-of-somebody-else';
const WRONG_TOKEN = 'the-wrong-token-of-somebody-else';
const PERSON = { name: 'Zoé Fautive', email: 'zoe.fautive@example.org', phone: '+33 6 98 76 54 32' };
const redirect = answer(303, 'text/html', '<a href="/web/login">here</a>', { location: '/web/login?db=other' });

const ODOO_CASES: readonly Case[] = [
  {
    what: 'an address where nobody listens',
    wrong: async () => ({ ODOO_URL: await closedUrl() }),
    code: 'odoo_unreachable',
    names: /ODOO_URL/,
  },
  {
    what: 'the address of a web page',
    wrong: async (t) => ({ ODOO_URL: (await startFaultyServer(t, html(200))).url }),
    code: 'html_answer',
    names: /ODOO_URL/,
  },
  {
    what: 'an address that redirects to a login',
    wrong: async (t) => ({ ODOO_URL: (await startFaultyServer(t, redirect)).url }),
    code: 'redirected',
    names: /ODOO_URL/,
  },
  ...['json2', 'xmlrpc'].flatMap((transport) => [
    {
      what: `a wrong database, over ${transport}`,
      wrong: () => ({ ODOO_TRANSPORT: transport, ODOO_DB: 'other' }),
      code: 'unknown_database',
      names: /ODOO_DB/,
    },
    {
      what: `a wrong key, over ${transport}`,
      wrong: () => ({ ODOO_TRANSPORT: transport, ODOO_API_KEY: WRONG_KEY }),
      code: 'invalid_credentials',
      names: /ODOO_USERNAME.*ODOO_API_KEY/,
    },
  ]),
];

const APP_CASES: readonly Case[] = [
  {
    what: 'an address where nobody listens',
    wrong: async () => ({ APP_URL: await closedUrl() }),
    code: 'app_unreachable',
    names: /APP_URL/,
  },
  {
    what: 'the address of a web page',
    wrong: async (t) => ({ APP_URL: (await startFaultyServer(t, html(200))).url }),
    code: 'app_answer_not_json',
    names: /APP_URL/,
  },
  {
    what: 'an address that redirects to a login',
    wrong: async (t) => ({ APP_URL: (await startFaultyServer(t, redirect)).url }),
    code: 'app_wrong_address',
    names: /APP_URL/,
  },
  {
    what: 'a wrong token',
    wrong: () => ({ APP_API_TOKEN: WRONG_TOKEN }),
    code: 'app_refused_token',
    names: /APP_API_TOKEN/,
  },
];

for (const { what, wrong, code, names } of ODOO_CASES) {
  t.test(`Odoo's side is ${what}`, async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    const odooAddress = {
      ODOO_URL: simulator.url,
      ODOO_DB: simulator.database,
      ODOO_API_KEY: simulator.apiKey,
    };
    // From the first minute on: the bridge's own database is empty.
    const setup = await startBridge(t, { odoo: simulator, environment: await wrong(t), install: false });
    const hidden = [...secretsOf(setup), simulator.apiKey];
    const id = await appPerson(setup.app.url).create('teachers', PERSON);

    await checkServes(t, setup, id);
    const health = await checkHealth(t, setup, 'odoo', code, names);
    t.match(health.sides, { app: { reachable: true } }, 'the other side is told apart from it');
    await checkWaits(t, setup, id);
    await setup.restart(odooAddress);

    const odoo = odooPerson(simulator);
    await odoo.appears(PERSON.name);
    await checkAgreed(t, setup);
    t.equal((await odoo.find(PERSON.name)).length, 1, 'it is in Odoo once');
    await checkDiscreet(t, setup, [...hidden, ...secretsOf(setup)], code);
  });
}

for (const { what, wrong, code, names } of APP_CASES) {
  t.test(`the app's side is ${what}`, async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    // From the first minute on: later the bridge would not even start at another address.
    const setup = await startBridge(t, { odoo: simulator, environment: await wrong(t) });
    const app = appPerson(setup.app.url);
    const odoo = odooPerson(simulator);
    const tag = await odoo.tagId('Guest');
    const hidden = [...secretsOf(setup), setup.secrets.app];
    const id = await app.create('teachers', PERSON);
    const partnerId = await odoo.create({ name: 'Yves Attendu', category_id: [[6, 0, [tag]]] });

    await checkServes(t, setup, id);
    const health = await checkHealth(t, setup, 'app', code, names);
    t.match(health.sides, { odoo: { reachable: true } }, 'the other side is told apart from it');
    await checkWaits(t, setup, id);
    await waitUntil('the event of Odoo is kept as well', () =>
      setup.bridge.context.db
        .selectFrom('deliveries')
        .select('id')
        .where('source', '=', 'odoo')
        .where('record_id', '=', String(partnerId))
        .executeTakeFirst(),
    );
    hidden.push(...secretsOf(setup));
    await setup.restart({ APP_URL: setup.app.url, APP_API_TOKEN: setup.secrets.app });

    await odoo.appears(PERSON.name);
    await waitUntil('the guest is in the app', async () => (await app.find('guests', 'Yves Attendu'))[0]);
    await checkAgreed(t, setup);
    t.equal((await odoo.find(PERSON.name)).length, 1, 'it is in Odoo once');
    t.equal((await app.find('guests', 'Yves Attendu')).length, 1, 'and the other one in the app');
    await checkDiscreet(t, setup, [...hidden, 'Yves'], code);
  });
}

t.test('Odoo starts after the bridge: both agree without a restart', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const person = simulator.asPerson();
  const tag = await person.create('res.partner.category', { name: 'Guest' });
  await person.create('res.partner', { name: 'Urs Schonda', category_id: [[6, 0, [tag]]] });
  await simulator.pause();
  const environment = { POLL_CRON: '* * * * * *' };
  const setup = await startBridge(t, { odoo: simulator, environment, install: false });
  const app = appPerson(setup.app.url);
  const id = await app.create('teachers', PERSON);
  await checkServes(t, setup, id);
  await checkHealth(t, setup, 'odoo', 'odoo_unreachable', /ODOO_URL/);
  await checkWaits(t, setup, id);
  const before = setup.bridge;
  await simulator.resume();

  const odoo = odooPerson(simulator);
  await waitUntil('the teacher is in Odoo', async () => (await odoo.find(PERSON.name))[0], 40_000);
  await waitUntil('the guest is in the app', async () => (await app.find('guests', 'Urs Schonda'))[0], 40_000);
  await checkAgreed(t, setup);
  t.equal((await odoo.find(PERSON.name)).length, 1);
  t.equal((await app.find('guests', 'Urs Schonda')).length, 1);
  t.match((await bridgeCallers(setup).get('/healthz')).body, { status: 'ok', sides: { odoo: { reachable: true } } });
  t.equal(setup.bridge, before, 'it was never restarted');
});

/** Alive, ready, and the event of the record is taken. */
async function checkServes(t: Test, setup: TestSetup, id: string): Promise<void> {
  const bridge = bridgeCallers(setup);
  t.match(await bridge.get('/livez'), { status: 200 });
  t.match(await bridge.get('/readyz'), { status: 200 });
  t.match(await bridge.event('teacher.created', id, 'evt_by_hand'), {
    status: 202,
    body: { accepted: true, duplicate: false },
  });
  t.match(await bridge.event('teacher.created', id, 'evt_by_hand'), { status: 202, body: { duplicate: true } });
}

async function checkHealth(t: Test, setup: TestSetup, side: string, code: string, names: RegExp): Promise<Fields> {
  const { status, body } = await bridgeCallers(setup).get('/healthz');
  t.equal(status, 200, 'the bridge itself works');
  t.match(body, { status: 'warn', parked: 0, held: 0 });
  t.match(body.sides, { [side]: { reachable: false, error: { code, message: /^[A-Z].+\.$/, remedy: names } } });
  const told = JSON.stringify(body);
  for (const secret of [...secretsOf(setup), ...Object.values(PERSON)])
    t.notOk(told.includes(secret), 'no secret in it');
  return body;
}

/** The bridge has tried: the event is still to be done, and not set aside. */
async function checkWaits(t: Test, setup: TestSetup, appId: string): Promise<void> {
  const { db } = setup.bridge.context;
  await waitUntil('it was tried', async () => (await readFile(setup.config.LOG_FILE, 'utf8')).includes('pauseMs'));
  t.match(
    await db
      .selectFrom('deliveries')
      .select(['source', 'entity', 'record_id'])
      .where('delivery_id', '=', 'evt_by_hand')
      .execute(),
    [{ source: 'app', entity: 'teacher', record_id: appId }],
  );
  const links = await db.selectFrom('links').selectAll().where('app_id', '=', appId).execute();
  t.match(links, [{ entity: 'teacher', state: 'active', odoo_id: null }]);
  t.ok(
    links.every((link) => BigInt(link.dirty_seq) > BigInt(link.done_seq)),
    'it is still to be done',
  );
}

/** Nothing is left to do, nothing was set aside, and a further look at both sides finds nothing. */
async function checkAgreed(t: Test, setup: TestSetup): Promise<void> {
  const { reports, db } = setup.bridge.context;
  const calm = () => waitUntil('the queue is empty', async () => (await reports.queue()).depth === 0);
  await calm();
  await setup.bridge.schedule.pollNow();
  await calm();
  t.match(await reports.queue(), { parked: 0, held: 0 });
  t.match(await bridgeCallers(setup).get('/healthz'), { status: 200, body: { status: 'ok' } });
  const logs = await db.selectFrom('sync_logs').select('outcome').execute();
  t.notOk(
    logs.some(({ outcome }) => outcome === 'park'),
    'and never was',
  );
}

function secretsOf({ config, secrets }: TestSetup): string[] {
  const { password } = new URL(config.DATABASE_URL ?? '');
  return [config.ODOO_API_KEY, config.APP_API_TOKEN, password, secrets.api, secrets.webhook, secrets.odooToken];
}

/** What was written down of all this holds the fault, and neither a secret nor a person. */
async function checkDiscreet(t: Test, setup: TestSetup, secrets: readonly string[], code: string): Promise<void> {
  const { db } = setup.bridge.context;
  const rows = [
    await db.selectFrom('sync_logs').selectAll().execute(),
    await db.selectFrom('links').select(['error', 'hold', 'warnings']).execute(),
  ];
  await setup.bridge.stop();
  const log = await readFile(setup.config.LOG_FILE, 'utf8');
  t.ok(log.includes(`"code":"${code}"`), 'the log names the fault');
  const written = log + JSON.stringify(rows);
  for (const secret of new Set([...secrets, ...Object.values(PERSON), 'Zoé'])) {
    t.ok(secret.length >= 3, 'there is something to look for');
    t.notOk(written.includes(secret), 'it is not in the log');
  }
}
