/** Dry runs as operators meet them: over HTTP, queued, cancelled, and when something is missing or away. */
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { badGateway } from '../../sandbox/odoo-simulator/faults.ts';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { forgetOld } from '../../src/links/retention.ts';
import { operatorOf, type Plan, runJson, runOverHttp } from '../support/plan-and-sync.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

async function setUp(t: Test) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  // Nobody tells the bridge of anything: what is edited is not seen before a sync.
  const setup = await startBridge(t, { odoo: simulator, webhooks: false });
  await setup.bridge.schedule.pollNow();
  const app = appPerson(setup.app.url);
  for (const number of [1, 2, 3, 4, 5]) await app.create('guests', { name: `Guest ${number}`, phone: '1' });
  return { simulator, setup, app, odoo: odooPerson(simulator), ask: operatorOf(setup) };
}

const links = async ({ setup }: Pick<Awaited<ReturnType<typeof setUp>>, 'setup'>) =>
  setup.bridge.context.db.selectFrom('links').selectAll().execute();

t.test('a dry run over HTTP: its progress, its changes page by page, and nothing else', async (t) => {
  const world = await setUp(t);
  const { setup, ask, odoo } = world;
  const { report, changes } = await runOverHttp(setup, 'guests', { dry_run: true });
  t.match(report, { status: 'done', dry_run: true, collection: 'guests', total: 5, done: 5, created: 5, updated: 0 });
  t.match(report, { started_at: String, finished_at: String, eta_seconds: null });
  const fields = {
    name: { from: null, to: 'Guest 1' },
    phone: { from: null, to: '1' },
    type: { from: null, to: 'none' },
  };
  t.same(changes[0], { entity: 'guest', app_id: '1', odoo_id: null, action: 'create', to: 'odoo', fields });
  t.equal(changes.length, 5);
  t.same(await links(world), []);
  t.same(await odoo.find('Guest 1'), []);

  const some = await runOverHttp(setup, 'guests', { dry_run: true, ids: ['2', '4'] });
  t.same(
    some.changes.map(({ app_id }) => app_id),
    ['2', '4'],
  );
  t.same((await runOverHttp(setup, 'guests', { dry_run: true, since: '2100-01-01T00:00:00Z' })).changes, []);
  t.same((await runOverHttp(setup, 'all', { dry_run: true })).report.created, 5);

  const path = `/api/sync/runs/${report.id}`;
  for (const query of ['limit=0', 'limit=501', 'cursor=x', 'cursor=-1']) {
    t.match(
      await ask('GET', `${path}/changes?${query}`),
      { status: 422, body: { detail: /Look at "(limit|cursor)"/ } },
      query,
    );
  }
  t.same((await ask('GET', `${path}/changes?cursor=999999999999`)).body, { data: [], next_cursor: null });
  t.equal((await ask('GET', '/api/sync/runs/x/changes')).status, 404);
  t.equal((await ask('GET', `/api/sync/runs/${crypto.randomUUID()}/changes`)).status, 404);
  t.match(await ask('POST', '/api/sync/guests', { dry_run: 'yes' }), { status: 422, body: { detail: /"dry_run"/ } });
  const { db } = setup.bridge.context;
  const finished_at = new Date(Date.now() - 31 * 86_400_000);
  await db.updateTable('runs').set({ finished_at }).where('dry_run', '=', true).execute();
  await forgetOld(db, { logDays: 30, auditDays: 365 });
  t.same(await db.selectFrom('run_changes').selectAll().execute(), [], 'values of people go with their run');
  const real = await runOverHttp(setup, 'guests');
  t.match(real.report, { dry_run: false, created: 5 });
  t.match(await ask('GET', `/api/sync/runs/${real.report.id}/changes`), { status: 409, body: { detail: /logs/ } });
  t.match(await runOverHttp(setup, 'guests', { dry_run: true }), { changes: [], report: { unchanged: 5 } });
});

t.test('one after the other, and each can be cancelled', async (t) => {
  const world = await setUp(t);
  const { simulator, ask } = world;
  let go = () => {};
  const until = new Promise<void>((resolve) => {
    go = resolve;
  });
  let held = 0;
  const isListing = ({ model, method }: { model: string; method: string }) => {
    const hit = model === 'res.partner' && method === 'search_read';
    held += hit ? 1 : 0;
    return hit;
  };
  const release = simulator.faults.add({ fault: { kind: 'hold', at: 'before-start', until }, when: isListing });
  const start = async () => String((await ask('POST', '/api/sync/guests', { dry_run: true })).body.run_id);
  const [first, second, third] = [await start(), await start(), await start()];
  const status = async (id: string) => String((await ask('GET', `/api/sync/runs/${id}`)).body.status);
  await waitUntil('the first is under way', async () => held > 0);
  t.same([await status(first), await status(second), await status(third)], Array(3).fill('running'));
  t.match(await ask('POST', `/api/sync/runs/${first}/cancel`), { status: 200, body: { status: 'cancelled' } });
  t.match(await ask('POST', `/api/sync/runs/${second}/cancel`), { body: { status: 'cancelled', dry_run: true } });
  release();
  go();
  await waitUntil('the third is done', async () => (await status(third)) === 'done');
  t.same([await status(first), await status(second)], ['cancelled', 'cancelled']);
  t.same((await ask('GET', `/api/sync/runs/${first}/changes`)).body, { data: [], next_cursor: null });
  t.equal(((await ask('GET', `/api/sync/runs/${third}/changes`)).body.data as unknown as unknown[]).length, 5);
  t.same(await links(world), []);
});

t.test('a bridge that stops ends its dry runs, and a new one does not go on with them', async (t) => {
  const { setup, simulator, ask } = await setUp(t);
  const until = sleep(1_500);
  const when = { model: 'res.partner', method: 'search_read' };
  simulator.faults.add({ fault: { kind: 'hold', at: 'before-start', until }, when });
  const id = String((await ask('POST', '/api/sync/guests', { dry_run: true })).body.run_id);
  await setup.restart();
  const { body } = await ask('GET', `/api/sync/runs/${id}`);
  t.match(body, { status: 'failed', dry_run: true, error: { code: 'bridge_stopped', remedy: /again/ } });
  // As a crash leaves it.
  const { db, runs } = setup.bridge.context;
  const left = await runs.start('guests', {}, { dryRun: true });
  t.same(await runs.findUnlisted(), []);
  const age = () =>
    db
      .updateTable('runs')
      .set({ progressed_at: new Date(Date.now() - 16 * 60_000) })
      .where('id', '=', left)
      .execute();
  await age();
  await runs.keepAlive(left);
  t.equal((await ask('GET', `/api/sync/runs/${left}`)).body.status, 'running', 'it may wait for its turn for long');
  await age();
  t.match((await ask('GET', `/api/sync/runs/${left}`)).body, { status: 'failed', error: { code: 'run_stalled' } });
});

t.test('at the command line: exit codes, a diff for people, and what is refused', async (t) => {
  const { setup, simulator, odoo, app, ask } = await setUp(t);
  const bridge = (...args: string[]) => runCommand(setup.environment, ...args);
  const shown = await bridge('plan', 'guests');
  t.equal(shown.code, 3);
  t.match(shown.stdout, /^\+ create guest \(app 1\) → odoo\n {4}name: empty → "Guest 1"\n/);
  t.match(shown.stdout, /\ndone: 5 of 5, created 5, /);
  await runOverHttp(setup, 'guests');
  t.match(await bridge('plan'), { code: 0, stdout: /^Nothing would change\.\ndone: 5 of 5/ }, 'no collection: all');
  t.match(await bridge('sync', 'guests', '--dry-run'), { code: 0, stdout: /Nothing would change/ });
  await app.edit('guests', '1', { phone: '2' });
  const [partner] = await odoo.find('Guest 1');
  const edited = await bridge('sync', 'guests', '--dry-run', '--ids', '1');
  t.match(edited, { code: 3, stdout: `~ update guest (app 1, Odoo ${partner?.id}) → odoo\n    phone: "1" → "2"\n` });

  await ask('POST', '/api/entities/guest/pause');
  await app.edit('guests', '2', { phone: '3' });
  const paused = await bridge('plan', 'guests', '--ids', '2');
  t.match(paused, { code: 3, stdout: /^~ update guest \(app 2, Odoo \d+\) → odoo\n/ }, 'what resuming it would do');
  t.match(paused.stderr, /guest is paused: its records wait for bridge resume guest/);
  await ask('POST', '/api/entities/guest/resume');

  for (const args of [['plan', 'gests'], ['plan', '--since', 'today'], ['sync'], ['plan', 'guests', '--output', 'x']]) {
    t.equal((await bridge(...args)).code, 2, args.join(' '));
  }
  t.match(await bridge('sync', 'gests'), { code: 2, stderr: /unknown collection: gests\. One of: contacts, all/ });
  const mend = simulator.faults.add({ fault: badGateway, when: { model: 'res.partner', method: 'search_read' } });
  const away = await runJson<Plan>(setup, 'plan', 'guests');
  t.match(away, { code: 1, told: { status: 'failed', changes: [], error: { code: String, remedy: String } } });
  mend();
});

t.test('a message is not sent by planning it', async (t) => {
  const simulator = await startOdooSimulator({ whatsapp: 'enterprise' });
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const app = appPerson(setup.app.url);
  const guest = await app.create('guests', { name: 'Ada', phone: '+33 6 12 34 56 78' });
  await odooPerson(simulator).appears('Ada');
  await simulator.asPerson().create('whatsapp.template', { name: 'welcome', status: 'approved' });
  // What is there when the app is listed for the first time is old, and never sent.
  await setup.bridge.schedule.pollNow();
  const fields = { to: { entity: 'guest', id: guest }, template: 'welcome', variables: { 1: 'Rome', 2: '3 days' } };
  const sent = await app.create('messages', fields);
  const messages = () => simulator.table('whatsapp.message').size;
  await waitUntil('the first is sent', () => messages() === 1);
  await waitUntil('all is calm', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  await setup.bridge.stop();
  const waiting = await app.create('messages', fields);
  const { told } = await runJson<Plan>(setup, 'plan', 'messages');
  t.equal(messages(), 1);
  t.equal(told.status, 'done');
  t.same(
    told.changes.filter(({ app_id }) => app_id !== sent).map(({ app_id, action }) => [app_id, action]),
    [[waiting, 'wait']],
    'what only a resync found is not sent at once',
  );
  t.same(
    told.changes.filter(({ action }) => action === 'park'),
    [],
  );
});

t.test('an Odoo that the bridge never met: neither its tags nor anything else is made', async (t) => {
  const { setup, app } = await setUp(t);
  // Its address follows in a pass of its own, on what is only to be made; and so does its school.
  await app.create('teachers', { name: 'Tara', school: 'Lycée', street: 'Rue 1', country: 'FR' });
  const virgin = await startOdooSimulator();
  t.teardown(() => virgin.close());
  await odooPerson(virgin).create({ name: 'Guest 2', phone: '2' });
  const asked: string[] = [];
  const note = (call: object) => {
    asked.push(JSON.stringify(call));
    return false;
  };
  virgin.faults.add({ fault: { kind: 'truncate' }, when: note });
  const { url } = await createTestDatabase(t);
  const environment = { ...setup.environment, DATABASE_URL: url, ODOO_URL: virgin.url, ODOO_API_KEY: virgin.apiKey };
  const before = ['res.partner', 'res.partner.category', 'ir.model.data'].map((model) => virgin.table(model).size);
  const { stdout, code } = await runCommand(environment, 'plan', 'contacts', '--json');
  const plan = JSON.parse(stdout) as Plan;
  t.equal(code, 3);
  t.match(plan, { status: 'done', created: 5, updated: 1, parked: 0 });
  t.equal(plan.changes.filter(({ action, to }) => action === 'create' && to === 'odoo').length, 7);
  t.match(plan.changes.find(({ entity }) => entity === 'teacher')?.fields, {
    school: { to: 'Lycée' },
    street: { to: 'Rue 1' },
    country: { to: 'FR' },
  });
  t.same(
    ['res.partner', 'res.partner.category', 'ir.model.data'].map((model) => virgin.table(model).size),
    before,
  );
  t.ok(asked.length > 0);
  // A number below 0, but not in a time.
  t.same(
    asked.filter((call) => /[[,:]-\d/.test(call)),
    [],
    'no placeholder is ever asked for',
  );
});
