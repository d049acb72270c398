/** Odoo was away for an hour and 10,000 changed records wait: they drain under the rate limit, and live edits overtake them. */
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { inParallel } from '../../sandbox/bench/in-parallel.ts';
import { type OdooSimulator, startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { entities } from '../../src/entities/registry.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { busiestSecond } from '../support/busiest-second.ts';
import { inDatabase, type Linked, linkMany } from '../support/many-links.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(240_000);

const PEOPLE = 10_000;
/** So many of them are edited in the app, the others in Odoo; of so many of the app's a webhook told. */
const IN_APP = 8_000;
const TOLD = 1_500;
const CALLS_PER_SECOND = 10;
/** Both workers may have begun a batch of 400 before a live edit came, and another one while it was written. */
const UNDER_WAY = 4 * 400;
const NEVER = '0 0 1 1 *';

t.test('10,000 changed records drain after an hour without Odoo: the rate is kept, live edits go first', async (t) => {
  const clock = runAhead(t);
  const arrivals: number[] = [];
  const simulator = await startOdooSimulator({ onRequest: () => arrivals.push(performance.now()) });
  t.teardown(() => simulator.close());
  const environment = { ODOO_CALLS_PER_SECOND: String(CALLS_PER_SECOND), SWEEP_CRON: NEVER };
  const setup = await startBridge(t, { odoo: simulator, environment });
  const { event, get } = bridgeCallers(setup);
  const depth = async () => (await setup.bridge.context.reports.queue()).depth;
  const tell = stopwatch(t);
  const people = await linkMany(setup, simulator, PEOPLE);
  tell(`${PEOPLE} people are linked`);

  await simulator.pause();
  await editAll(setup, simulator, people);
  await inParallel(people.slice(0, TOLD), 16, ({ appId }) => event('guest.updated', appId));
  await setup.bridge.schedule.pollNow();
  await letAnHourPass(clock, setup);
  tell('an hour has passed');
  t.equal(await depth(), IN_APP, 'all wait that were edited in the app; Odoo can tell of nothing');
  t.notSame(await findGivenBack(setup), [], 'they were tried');

  arrivals.splice(0);
  setup.app.setWebhook({ url: `${setup.bridge.url}/webhooks/app`, secret: setup.secrets.webhook });
  await simulator.resume();
  const backAt = performance.now();
  // Whoever watches over the bridge asks it from time to time: it hears by that, too, that Odoo is back.
  t.match(await get('/healthz'), { body: { sides: { odoo: { reachable: true } } } });
  const polled = setup.bridge.schedule.pollNow();
  const partners = simulator.table('res.partner');
  const unequal = () =>
    people.filter((one, index) => index < IN_APP && partners.get(one.partnerId)?.phone !== phoneOf(one));
  for (let edit = 1; edit <= 5; edit += 1) {
    const before = unequal().length;
    const { appId, partnerId } = people[IN_APP - edit * 100] as Linked;
    await appPerson(setup.app.url).edit('guests', appId, { city: `Ville ${edit}` });
    await waitUntil(`edit ${edit} is in Odoo`, () => partners.get(partnerId)?.city === `Ville ${edit}`, 40_000);
    const after = unequal().length;
    tell(`live edit ${edit} overtook ${after} of ${before}`);
    t.ok(after >= before - UNDER_WAY, 'a live edit waits for the batches that were under way, and for no others');
  }
  t.ok(unequal().length > 0, 'the backlog was still there meanwhile');
  await polled;
  await waitUntil('all have drained', async () => (await depth()) === 0, 120_000, 100);
  tell(`drained ${Math.round(performance.now() - backAt)} ms after Odoo was back, with ${arrivals.length} calls`);
  t.same(await findDifferences(setup, simulator, people), [], 'both sides are equal');
  t.ok(busiestSecond(arrivals) <= CALLS_PER_SECOND, `${busiestSecond(arrivals)} calls in the busiest second`);
});

t.test('an idle poll makes the same calls with 100,000 links as with a few', async (t) => {
  const calls: string[] = [];
  const simulator = await startOdooSimulator({ onRequest: (path) => calls.push(path) });
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  await linkMany(setup, simulator, 3);
  async function countCalls(): Promise<number> {
    await setup.bridge.schedule.pollNow();
    await waitUntil('all is done', async () => (await setup.bridge.context.reports.queue()).depth === 0);
    calls.splice(0);
    await setup.bridge.schedule.pollNow();
    return calls.length;
  }
  const few = await countCalls();
  await inDatabase(setup.config.DATABASE_URL ?? '', async (client) => {
    await client.query(
      `with made as (
         insert into links (entity, app_id, odoo_model, odoo_id)
         select (array['teacher', 'tenant', 'guest'])[1 + n % 3], 'many-' || n, 'res.partner', 1000000 + n
         from generate_series(1, 100000) n returning id)
       insert into bases (link_id, app, odoo, app_digest, odoo_digest, app_stamp, odoo_stamp, mapping)
       select made.id, b.app, b.odoo, b.app_digest, b.odoo_digest, b.app_stamp, b.odoo_stamp, b.mapping
       from made, (select * from bases limit 1) b`,
    );
  });
  t.equal(await countCalls(), few);
  // The three that were just made are within the overlap, and read in full.
  t.ok(few > 0 && few <= entities.length + 1, `${few} calls: one for each entity, and one for what is its own`);
});

t.test('new people of new schools: all schools are made in a few calls', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, webhooks: false });
  const app = appPerson(setup.app.url);
  const numbers = Array.from({ length: 80 }, (_, number) => number);
  await inParallel(numbers, 8, (number) =>
    app.create('teachers', { name: `Teacher ${number}`, school: `École ${number}` }),
  );
  await setup.bridge.schedule.pollNow();
  await waitUntil('all are in Odoo', async () => (await setup.bridge.context.reports.queue()).depth === 0, 60_000);
  const partners = [...simulator.table('res.partner').values()];
  const schoolOf = new Map(partners.map(({ id, name }) => [id, name]));
  for (const number of numbers) {
    const [teacher, ...others] = partners.filter(({ name }) => name === `Teacher ${number}`);
    t.equal(schoolOf.get(Number(teacher?.parent_id)), `École ${number}`);
    t.same([others.length, partners.filter(({ name }) => name === `École ${number}`).length], [0, 1], 'each once');
  }
  const loads = simulator.calls.get('res.partner.load') ?? 0;
  t.ok(loads > 0 && loads <= 4, `${loads} calls that make schools`);
});

/** The clock of this process, which the bridge goes by; those of PostgreSQL and of Odoo stay as they are. */
function runAhead(t: Test): { ms: number } {
  const clock = { ms: 0 };
  const now = Date.now;
  Date.now = () => now() + clock.ms;
  t.teardown(() => {
    Date.now = now;
  });
  return clock;
}

/** What an hour does: try after try fails, until the breaker pauses as long as it ever does. */
async function letAnHourPass(clock: { ms: number }, { bridge }: TestSetup): Promise<void> {
  for (let minutes = 7.5; minutes <= 60; minutes += 7.5) {
    clock.ms = minutes * 60_000;
    await waitUntil('it was tried again', () => bridge.context.breakers.odoo.state() === 'open');
    await sleep(50);
  }
}

async function findGivenBack({ bridge }: TestSetup) {
  return bridge.context.db.selectFrom('links').select('id').where('next_attempt_at', 'is not', null).limit(1).execute();
}

async function editAll(setup: TestSetup, simulator: OdooSimulator, people: readonly Linked[]): Promise<void> {
  const rows = JSON.stringify(people.slice(0, IN_APP).map((one) => ({ id: one.appId, phone: phoneOf(one) })));
  await inDatabase(setup.appDatabaseUrl, (client) =>
    client.query(
      `update travel_app.records r set updated_at = clock_timestamp(), fields = fields || jsonb_build_object('phone', e.phone)
       from jsonb_to_recordset($1::jsonb) as e(id text, phone text) where r.collection = 'guests' and r.id = e.id`,
      [rows],
    ),
  );
  for (const one of people.slice(IN_APP)) {
    await simulator.asPerson().write('res.partner', one.partnerId, { phone: phoneOf(one) });
  }
}

function phoneOf({ partnerId }: Linked): string {
  return `+33 1 ${partnerId}`;
}

/** Whose phone is not the one that was entered, on either side. */
async function findDifferences(setup: TestSetup, simulator: OdooSimulator, people: readonly Linked[]) {
  const { rows } = await inDatabase(setup.appDatabaseUrl, (client) =>
    client.query<{ id: string; phone: string }>(
      `select id, fields ->> 'phone' as phone from travel_app.records where collection = 'guests'`,
    ),
  );
  const inApp = new Map(rows.map(({ id, phone }) => [id, phone]));
  const partners = simulator.table('res.partner');
  return people.filter(
    (one) => inApp.get(one.appId) !== phoneOf(one) || partners.get(one.partnerId)?.phone !== phoneOf(one),
  );
}

/** Says what was done, and how long it took. */
function stopwatch(t: Test) {
  let at = performance.now();
  return (what: string) => {
    t.comment(`${what} (${Math.round(performance.now() - at)} ms)`);
    at = performance.now();
  };
}
