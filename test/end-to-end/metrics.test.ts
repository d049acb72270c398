/** GET /metrics: in the format of Prometheus, and each figure moves for the reason that it is about. */
import { writeFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { type ReadMetrics, readMetrics } from '../support/read-metrics.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(120_000);

const PERSON = { name: 'Mara Messbar', email: 'mara.messbar@example.org', phone: '+33 6 55 44 33 22' };

async function scrape(setup: TestSetup): Promise<ReadMetrics & { readonly text: string }> {
  const headers = { authorization: `Bearer ${setup.secrets.api}` };
  const response = await fetch(`${setup.bridge.url}/metrics`, { headers });
  if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
  const text = await response.text();
  return { ...readMetrics(text), text };
}

async function setUp(t: Test) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  return { simulator, setup, app: appPerson(setup.app.url), odoo: odooPerson(simulator) };
}

t.test('each metric moves after its cause', async (t) => {
  const { simulator, setup, app, odoo } = await setUp(t);
  const bridge = bridgeCallers(setup);
  const until = (what: string, right: (metrics: ReadMetrics) => boolean) =>
    waitUntil(what, async () => {
      const metrics = await scrape(setup);
      return right(metrics) ? metrics : undefined;
    });
  t.equal((await fetch(`${setup.bridge.url}/metrics`)).status, 401, 'only with a token');
  await setup.bridge.schedule.pollNow();
  const before = await scrape(setup);
  for (const name of ['bridge_sync_lag_seconds', 'bridge_queue_depth', 'bridge_parked', 'bridge_held']) {
    t.equal(before.value(name), 0, name);
  }
  t.equal(before.value('bridge_database_up'), 1);
  t.equal(before.value('bridge_requests_refused_total', { reason: 'token_needed' }), 1);
  for (const side of ['app', 'odoo']) {
    const polled = before.value('bridge_last_poll_timestamp_seconds', { side }) ?? 0;
    t.ok(Math.abs(Date.now() / 1_000 - polled) < 60, `the last poll of ${side}`);
    t.ok(Math.abs(before.value('bridge_clock_offset_seconds', { side }) ?? 99) < 2, `the clock of ${side}`);
    t.equal(before.value('bridge_breaker_open', { side }), 0);
    t.ok(Number(before.value('bridge_rpc_duration_seconds_count', { side, outcome: 'ok' })) > 0, `calls to ${side}`);
  }
  t.ok(Number(before.value('process_resident_memory_bytes')) > 10_000_000);
  t.ok(Number(before.value('process_cpu_seconds_total')) > 0);

  const teacher = await app.create('teachers', PERSON);
  const partner = await odoo.appears(PERSON.name);
  const created = await until(
    'it is counted',
    (now) => now.value('bridge_reconciled_total', { entity: 'teacher', decision: 'create' }) === 1,
  );
  t.equal(created.value('bridge_deliveries_total', { source: 'app', entity: 'teacher', outcome: 'accepted' }), 1);
  await bridge.event('teacher.updated', teacher, 'evt_twice');
  await bridge.event('teacher.updated', teacher, 'evt_twice');
  await fetch(`${setup.bridge.url}/webhooks/odoo/no-token-of-ours`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  const delivered = await scrape(setup);
  t.equal(delivered.value('bridge_deliveries_total', { source: 'app', entity: 'teacher', outcome: 'duplicate' }), 1);
  t.equal(
    delivered.value('bridge_deliveries_total', { source: 'odoo', entity: 'unknown', outcome: 'unauthorized' }),
    1,
  );
  t.ok(
    Number(delivered.value('bridge_deliveries_total', { source: 'odoo', entity: 'res.partner', outcome: 'accepted' })) >
      0,
  );

  await t.test('while Odoo is away work waits, and the side is left alone', async (t) => {
    await simulator.pause();
    await app.edit('teachers', teacher, { phone: '+33 1 00 00 00 01' });
    const away = await until(
      'it waits',
      (now) => now.value('bridge_queue_depth') === 1 && now.value('bridge_breaker_open', { side: 'odoo' }) === 1,
    );
    t.ok(Number(away.value('bridge_rpc_duration_seconds_count', { side: 'odoo', outcome: 'retryable' })) > 0);
    await until('the lag grows', (now) => Number(now.value('bridge_sync_lag_seconds')) >= 1);
    await simulator.resume();
    await until(
      'nothing waits',
      (now) => now.value('bridge_queue_depth') === 0 && now.value('bridge_sync_lag_seconds') === 0,
    );
  });

  await t.test('a conflict is counted for who wins', async () => {
    await simulator.pause();
    await app.edit('teachers', teacher, { phone: '+33 1 00 00 00 02' });
    await simulator.resume();
    // Odoo's stamp is later: it is edited while the bridge still waits for its turn.
    await odoo.write(partner.id, { phone: '+33 1 00 00 00 03' });
    const now = await until('it is counted', (metrics) =>
      metrics.samples.some(({ name }) => name === 'bridge_conflicts_total'),
    );
    const won = now.samples.filter(({ name }) => name === 'bridge_conflicts_total');
    t.equal(
      won.reduce((sum, { value }) => sum + value, 0),
      1,
    );
  });

  await t.test('parked and held', async () => {
    await app.edit('teachers', teacher, { notes: 'a\u0001b' });
    await until('it is parked', (now) => now.value('bridge_parked') === 1);
    const { db } = setup.bridge.context;
    await db.updateTable('links').set({ state: 'held' }).where('state', '=', 'parked').execute();
    await until('or held', (now) => now.value('bridge_parked') === 0 && now.value('bridge_held') === 1);
  });

  await t.test('nothing of a person, and few labels', async (t) => {
    const { text, samples } = await scrape(setup);
    for (const value of [...Object.values(PERSON), 'Mara', teacher, ...Object.values(setup.secrets)]) {
      t.notOk(value.length > 5 && text.includes(value));
    }
    const own = samples.filter(({ name }) => name.startsWith('bridge_'));
    t.ok(own.length < 150, `${own.length} series`);
    const labels = new Set(own.flatMap(({ labels }) => Object.keys(labels)));
    t.same([...labels].sort(), ['decision', 'entity', 'le', 'outcome', 'reason', 'side', 'source', 'winner']);
    if (process.env.METRICS_FILE) await writeFile(process.env.METRICS_FILE, text);
  });
});

t.test('while the database is away its figures are missing, not old', async (t) => {
  const { setup } = await setUp(t);
  const database = await createTestDatabase(t);
  await setup.restart({ DATABASE_URL: database.url });
  t.equal((await scrape(setup)).value('bridge_database_up'), 1);
  await setup.bridge.context.db.schema.alterTable('links').renameTo('links_away').execute();
  const away = await scrape(setup);
  t.equal(away.value('bridge_database_up'), 0);
  t.equal(away.value('bridge_queue_depth'), undefined);
  t.equal(away.value('bridge_last_poll_timestamp_seconds', { side: 'app' }), undefined);
  t.ok(away.value('process_start_time_seconds'));
  await setup.bridge.context.db.schema.alterTable('links_away').renameTo('links').execute();
  const back = await scrape(setup);
  t.equal(back.value('bridge_database_up'), 1);
  t.equal(back.value('bridge_queue_depth'), 0);
});
