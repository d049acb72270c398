/** PostgreSQL ends, crashes, or has no connection left: no event is acknowledged and lost, and the bridge goes on by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers, type Reply } from '../support/bridge-callers.ts';
import { type OwnCluster, startOwnCluster } from '../support/own-cluster.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

/** A sender gives up after some ten seconds: it must hear before that that it has to come again. */
const SOON_MS = 6_000;
/** From the first connection that PostgreSQL accepts to a record on the other side. */
const BACK_MS = 10_000;
const SLOTS = 12;

async function setUp(t: Test, settings: Readonly<Record<string, string>> = {}) {
  const [simulator, cluster] = await Promise.all([startOdooSimulator(), startOwnCluster(t, settings)]);
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, environment: { DATABASE_URL: cluster.url } });
  const app = appPerson(setup.app.url);
  const odoo = odooPerson(simulator);
  const id = await app.create('teachers', { name: 'Before The Fault' });
  await odoo.appears('Before The Fault');
  return { simulator, cluster, setup, app, odoo, id, bridge: bridgeCallers(setup) };
}

t.test('PostgreSQL goes while a resync lists: the bridge stays, and goes on with it at its next start', async (t) => {
  const { simulator, cluster, setup, bridge } = await setUp(t);
  // The first poll of the start lists in the same way.
  await setup.bridge.schedule.pollNow();
  const asked: unknown[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  simulator.faults.add({
    fault: { kind: 'hold', at: 'before-commit', until: released },
    when: ({ args }) => JSON.stringify(args.domain ?? '').includes('"category_id","in"') && asked.push(args) > 0,
    times: 1,
  });
  const { run_id } = (await bridge.post('/api/sync/teachers', {})).body as { run_id: string };
  await waitUntil('it lists', () => asked.length > 0);
  await cluster.stop('fast');
  release();
  // An error that nobody waits for would end the process, and this test.
  await sleep(1_500);
  t.match(await bridge.get('/livez'), { status: 200 });
  await cluster.start();
  await waitUntil('it is ready again', async () => (await bridge.get('/readyz')).status === 200, 30_000);
  const report = async () => (await bridge.get(`/api/sync/runs/${run_id}`)).body;
  t.match(await report(), { status: 'running' });
  await setup.restart();
  await waitUntil('it goes on', async () => (await report()).status !== 'running', 30_000);
  t.match(await report(), { status: 'done', total: 1, error: undefined });
});

for (const mode of ['fast', 'immediate'] as const) {
  t.test(`PostgreSQL is stopped (${mode}) and started again`, async (t) => {
    const { cluster, setup, app, odoo, id, bridge } = await setUp(t);
    // This one is in work all the time, also when PostgreSQL goes.
    const knocked = await app.create('guests', { name: 'Knocked' });
    await odoo.appears('Knocked');
    const knock = startKnocking((webhookId) => bridge.event('guest.updated', knocked, webhookId));
    t.teardown(() => knock.stop());
    await waitUntil('events are taken', () => knock.accepted().length >= 20);
    const [listener] = await findListeners(cluster);
    await cluster.stop(mode);
    await waitUntil('they are refused', () => knock.refused().length >= 5);

    checkRefused(t, await bridge.event('teacher.updated', id));
    t.match(await bridge.get('/readyz'), { status: 503 }, 'no new work, please');
    t.match(await bridge.get('/livez'), { status: 200 }, 'but it needs no restart');
    t.match(await bridge.get('/healthz'), {
      status: 503,
      body: { status: 'fail', sides: { odoo: { reachable: true } } },
    });
    await app.create('teachers', { name: 'During The Fault' });
    await app.edit('teachers', id, { phone: '1' });
    await app.edit('guests', knocked, { phone: '2' });
    // The app has been told to come again.
    await sleep(1_000);

    await cluster.start();
    const backAt = performance.now();
    const took = async (what: string, done: () => Promise<unknown>) => {
      await waitUntil(what, done, 30_000);
      const ms = Math.round(performance.now() - backAt);
      t.comment(`${mode}: ${what} ${ms} ms after PostgreSQL accepted connections`);
      t.ok(ms < BACK_MS, `${what} within ten seconds`);
    };
    await took('an event is taken', async () => (await bridge.event('teacher.updated', id)).status === 202);
    await app.create('teachers', { name: 'After The Fault' });
    await took('what was made then is in Odoo', async () => (await odoo.find('After The Fault'))[0]);
    await took('what was made meanwhile is in Odoo', async () => (await odoo.find('During The Fault'))[0]);
    await took('and so is the edit', async () => (await odoo.find('Before The Fault'))[0]?.phone === '1');
    await took('also where it was in work', async () => (await odoo.find('Knocked'))[0]?.phone === '2');
    t.match(await bridge.get('/readyz'), { status: 200 });

    await knock.stop();
    const unexpected = knock.replies().filter(({ status }) => status !== 202 && status !== 503);
    t.same(unexpected, [], 'accepted or told to come again, nothing else');
    for (const reply of knock.refused()) checkRefused(t, reply);
    await checkKept(t, cluster, knock.accepted());
    const listeners = await waitUntil('it listens again', async () => {
      const found = await findListeners(cluster);
      return found.length > 0 ? found : null;
    });
    t.equal(listeners.length, 1, 'once');
    t.not(listeners[0], listener, 'on a new connection');
    await waitUntil('all is done', async () => (await setup.bridge.context.reports.queue()).depth === 0);
    for (const name of ['Before The Fault', 'During The Fault', 'After The Fault', 'Knocked']) {
      t.equal((await odoo.find(name)).length, 1, 'once');
    }
    t.match(await setup.bridge.context.reports.queue(), { parked: 0, held: 0 });
  });
}

t.test('others take every connection of PostgreSQL', async (t) => {
  const { cluster, app, odoo, id, bridge } = await setUp(t, { max_connections: String(SLOTS) });
  const others = await takeAllConnections(cluster);
  const replies = await Promise.all(Array.from({ length: 10 }, () => bridge.event('teacher.updated', id)));
  for (const reply of replies) checkRefused(t, reply);
  t.match(await bridge.get('/readyz'), { status: 503 });
  t.match(await bridge.get('/livez'), { status: 200 });
  await app.create('teachers', { name: 'Taken Later' });
  await sleep(500);
  await Promise.all(others.map((client) => client.end()));
  await odoo.appears('Taken Later');
  t.match(await bridge.event('teacher.updated', id, 'evt_later'), { status: 202 });
  await checkKept(t, cluster, ['evt_later']);
});

t.test('a table is locked for a while: the answers are late, and none is a lie', async (t) => {
  const { cluster, id, bridge } = await setUp(t);
  const locker = new pg.Client(cluster.url);
  await locker.connect();
  await locker.query('begin');
  await locker.query('lock table deliveries in access exclusive mode');
  const ids = Array.from({ length: 30 }, (_, number) => `evt_locked_${number}`);
  let answered = 0;
  const replies = ids.map(async (webhookId) => {
    const reply = await bridge.event('teacher.updated', id, webhookId);
    answered += 1;
    return reply;
  });
  await waitUntil('they wait for the lock', async () => (await findWaiting(cluster)).length > 0);
  await sleep(1_000);
  t.equal(answered, 0, 'nothing is promised before it is kept');
  await locker.query('commit');
  for (const reply of await Promise.all(replies)) t.match(reply, { status: 202, body: { duplicate: false } });
  await checkKept(t, cluster, ids);

  await locker.query('begin');
  await locker.query('lock table deliveries in access exclusive mode');
  const cancelled = bridge.event('teacher.updated', id, 'evt_cancelled');
  const [waiting] = await waitUntil('it waits', async () => {
    const found = await findWaiting(cluster);
    return found.length > 0 ? found : null;
  });
  // As PostgreSQL does by itself when a statement takes too long.
  await cluster.query('select pg_cancel_backend($1)', [waiting]);
  checkRefused(t, await cancelled);
  await locker.query('commit');
  await locker.end();
  t.match(await bridge.event('teacher.updated', id, 'evt_cancelled'), { status: 202, body: { duplicate: false } });
});

t.test('PostgreSQL takes no writes, as a replica after a failover', async (t) => {
  const { cluster, app, odoo, id, bridge } = await setUp(t);
  const terminate = () =>
    cluster.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'bridge'`);
  await cluster.query('alter database bridge set default_transaction_read_only = on');
  await terminate();
  const reply = await waitUntil('it is refused', async () => {
    const answer = await bridge.event('teacher.updated', id);
    return answer.status === 202 ? null : answer;
  });
  checkRefused(t, reply);
  // Also once the pool has noticed that its connections are new ones.
  for (let tries = 0; tries < 10; tries += 1) {
    checkRefused(t, await bridge.event('teacher.updated', id, 'evt_again'));
    await sleep(50);
  }
  await app.create('teachers', { name: 'Written Later' });
  await cluster.query('alter database bridge reset default_transaction_read_only');
  await terminate();
  await odoo.appears('Written Later');
  await waitUntil('it is taken', async () => (await bridge.event('teacher.updated', id, 'evt_again')).status === 202);
  await checkKept(t, cluster, ['evt_again']);
});

/** Come again: soon, and in the form that the contract has. */
function checkRefused(t: Test, { status, headers, body, ms }: Reply): void {
  t.equal(status, 503);
  t.match(headers.get('retry-after'), /^[1-9]\d*$/, 'it says when to come again');
  t.match(headers.get('content-type'), /^application\/problem\+json/);
  t.match(body, { type: /\/problems\/database_away$/, status: 503, title: /./, detail: /database/ });
  t.ok(ms < SOON_MS, `and that soon: ${Math.round(ms)} ms`);
}

/** I3: each that was promised is there, in the database and once. */
async function checkKept(t: Test, cluster: OwnCluster, webhookIds: readonly string[]): Promise<void> {
  const client = new pg.Client(cluster.url);
  await client.connect();
  const { rows } = await client.query('select delivery_id from deliveries where delivery_id = any($1)', [webhookIds]);
  await client.end();
  t.ok(webhookIds.length > 0);
  t.same(rows.map((row) => row.delivery_id).sort(), [...webhookIds].sort(), 'each acknowledged event is kept');
}

/** One event after the other, each under a name of its own. */
function startKnocking(post: (webhookId: string) => Promise<Reply>) {
  const heard = new Map<string, Reply>();
  let stopped = false;
  const lanes = [1, 2, 3].map(async (lane) => {
    for (let number = 0; !stopped; number += 1) {
      const webhookId = `evt_${lane}_${number}`;
      heard.set(webhookId, await post(webhookId));
      await sleep(25);
    }
  });
  const withStatus = (wanted: number) => [...heard].filter(([, { status }]) => status === wanted);
  return {
    replies: () => [...heard.values()],
    accepted: () => withStatus(202).map(([webhookId]) => webhookId),
    refused: () => withStatus(503).map(([, reply]) => reply),
    async stop() {
      stopped = true;
      await Promise.all(lanes);
    },
  };
}

/** The processes of PostgreSQL in which the bridge listens. */
async function findListeners(cluster: OwnCluster): Promise<readonly unknown[]> {
  const rows = await cluster.query(
    `select pid, backend_start from pg_stat_activity where datname = 'bridge' and query ilike 'listen %'`,
  );
  return rows.map(({ pid, backend_start }) => `${pid} ${backend_start}`);
}

async function findWaiting(cluster: OwnCluster): Promise<readonly unknown[]> {
  const rows = await cluster.query(
    `select pid from pg_stat_activity where datname = 'bridge' and wait_event_type = 'Lock' and query ilike '%insert into deliveries%'`,
  );
  return rows.map(({ pid }) => pid);
}

/** Those of the bridge as well: it is thrown out, and somebody else is quicker. */
async function takeAllConnections(cluster: OwnCluster): Promise<readonly pg.Client[]> {
  const taken: pg.Client[] = [];
  const first = await take(cluster);
  if (first === null) throw new Error('there was no connection to begin with');
  taken.push(first);
  while (taken.length < SLOTS) {
    await first.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'bridge' and application_name <> 'others'`,
    );
    const more = await Promise.all(Array.from({ length: SLOTS - taken.length }, () => take(cluster)));
    taken.push(...more.filter((client) => client !== null));
  }
  return taken;
}

async function take(cluster: OwnCluster): Promise<pg.Client | null> {
  const client = new pg.Client({ connectionString: cluster.url, application_name: 'others' });
  client.on('error', () => {});
  return client.connect().then(
    () => client,
    () => null,
  );
}
