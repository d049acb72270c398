/** Runs: what a resync and a retry tell while they go, and what they read back at their end. */
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { createContext } from '../../src/context.ts';
import { createLogger } from '../../src/logger.ts';
import { endRuns } from '../../src/sources/read-back.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

async function setUp(t: Test) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const operator = bridgeCallers(setup);
  const run = async (id: unknown) => (await operator.get(`/api/sync/runs/${id}`)).body;
  const ended = (id: unknown) =>
    waitUntil('the run has ended', async () => {
      const report = await run(id);
      return report.status === 'running' ? null : report;
    });
  const calm = () =>
    waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  const parked = async () => (await operator.get('/api/parked')).body.data as Fields[];
  return {
    simulator,
    setup,
    operator,
    run,
    ended,
    calm,
    parked,
    app: appPerson(setup.app.url),
    odoo: odooPerson(simulator),
  };
}

t.test('a resync reads back what it did, and says where it is to be seen', async (t) => {
  const { simulator, setup, operator, run, ended, calm, parked, app, odoo } = await setUp(t);
  const known = await app.create('guests', { name: 'Kay Known', email: 'kay@example.org' });
  const partner = await odoo.appears('Kay Known');
  const gone = await app.create('guests', { name: 'Gus Gone', email: 'gus@example.org' });
  await odoo.appears('Gus Gone');
  await calm();

  // What cannot be written is parked, and its pair differs from what was agreed.
  await app.edit('guests', known, { name: 'Kay\u0007Known' });
  await waitUntil('it is parked', async () => (await parked()).length === 1);
  // Nothing but the resync tells of the third one.
  setup.app.setWebhook(null);
  const fresh = await app.create('guests', { name: 'Fay Fresh', email: 'fay@example.org' });

  const { body } = await operator.post('/api/sync/guests', {});
  const report = await ended(body.run_id);
  t.match(report, { status: 'done', total: 3, done: 3, created: 1, parked: 1 });
  const made = await odoo.appears('Fay Fresh');
  t.match(report.read_back, {
    at: /Z$/,
    app: 3,
    odoo: 3,
    pairs: 3,
    differing: 1,
    entities: [{ entity: 'guest', app: 3, odoo: 3, pairs: 3, differing: 1 }],
    not_compared: [],
    left_out: 0,
  });
  t.same((report.read_back as Fields).records, [
    {
      entity: 'guest',
      app_id: known,
      odoo_id: partner.id,
      reason: 'differing',
      app: 'changed',
      odoo: 'as_agreed',
      odoo_url: `${simulator.url}/odoo/res.partner/${partner.id}`,
    },
    {
      entity: 'guest',
      app_id: fresh,
      odoo_id: made.id,
      reason: 'created',
      app: 'as_agreed',
      odoo: 'as_agreed',
      odoo_url: `${simulator.url}/odoo/res.partner/${made.id}`,
    },
  ]);
  t.notMatch(JSON.stringify(report), /Kay|Fay|example\.org/, 'no value of a record is in it');
  t.same(await run(body.run_id), report, 'it is kept with the run');

  await t.test('of named records, by command', async (t) => {
    const ran = await runCommand(setup.environment, 'sync', 'guests', '--ids', `${known},${fresh}`);
    t.equal(ran.code, 1, 'one of them is parked');
    t.match(ran.stdout, /^done: 2 of 2, created 0, updated 0, unchanged 1, conflicts 0, parked 1, held 0$/m);
    t.match(ran.stdout, /^Read back: 2 in the app, 2 in Odoo, 2 pairs compared, 1 differing$/m);
    t.match(
      ran.stdout,
      new RegExp(`differing guest ${known} \\(app: changed, Odoo: as agreed\\) ${simulator.url}/odoo/`),
    );
    t.equal(ran.stderr, '', 'progress is for a terminal');
  });

  await t.test('what a side has lost', async (t) => {
    await setup.bridge.stop();
    const context = await createContext(
      setup.config,
      createLogger({ level: 'warn', file: setup.config.LOG_FILE, stdout: false }),
    );
    t.teardown(() => context.close());
    const start = async () => {
      const runId = await context.runs.start('guests', { ids: [gone] });
      await context.runs.enlist(runId, 'app', 'guest', 'res.partner', [gone]);
      await context.db.updateTable('run_links').set({ outcome: 'noop' }).where('run_id', '=', runId).execute();
      return runId;
    };
    const unlisted = await start();
    await endRuns({ ...context, now: Date.now });
    t.match(await context.runs.report(unlisted), { status: 'running', done: 1, read_back: null }, 'not all is listed');

    const { id: partnerId } = await odoo.appears('Gus Gone');
    await odoo.call('res.partner', 'unlink', {}, [Number(partnerId)]);
    await context.runs.finishListing(unlisted);
    await endRuns({ ...context, now: Date.now });
    t.match(await context.runs.report(unlisted), {
      status: 'done',
      read_back: { app: 1, odoo: 0, pairs: 1, differing: 1, records: [{ app: 'as_agreed', odoo: 'missing' }] },
    });

    const late = await start();
    await context.runs.finishListing(late);
    await simulator.close();
    await endRuns({ ...context, now: Date.now });
    const told = await context.runs.report(late);
    t.match(told, { status: 'done', read_back: { error: { code: String, message: String, remedy: String } } });
  });
});

t.test('what is parked is tried again as a run', async (t) => {
  const { setup, operator, run, ended, calm, parked, app } = await setUp(t);
  await setup.bridge.stop();
  setup.app.setWebhook(null);
  const bad: string[] = [];
  for (const number of [1, 2, 3]) bad.push(await app.create('guests', { name: `Bad\u0007 ${number}` }));
  bad.push(await app.create('tenants', { name: 'Bad\u0007 4' }));
  await setup.restart();
  await setup.bridge.schedule.pollNow();
  await waitUntil('all are parked', async () => (await parked()).length === 4);
  await calm();
  const marks = () =>
    setup.bridge.context.db.selectFrom('links').select(['id', 'dirty_seq', 'done_seq']).orderBy('id').execute();
  const before = await marks();

  await t.test('a preview changes nothing', async (t) => {
    const { status, body } = await operator.post('/api/parked/retry', { preview: true });
    t.equal(status, 200);
    t.match(body, { preview: true, count: 4 });
    t.match(body.groups, [
      { entity: 'guest', error_code: 'unstorable_characters', message: /"name"/, remedy: String, count: 3 },
      { entity: 'tenant', error_code: 'unstorable_characters', count: 1 },
    ]);
    t.match((await operator.post('/api/parked/retry', { preview: true, entity: 'tenant' })).body, { count: 1 });
    t.match((await operator.post('/api/parked/retry', { preview: true, error_code: 'other' })).body, {
      count: 0,
      groups: [],
    });
    t.equal((await operator.post('/api/parked/retry', { preview: 'yes' })).status, 422);
    const ran = await runCommand(setup.environment, 'parked', 'retry', '--preview', '--entity', 'guest');
    t.equal(ran.code, 0);
    t.match(ran.stdout, /^3 record\(s\) would be tried again\n {2}3 × guest unstorable_characters: /);
    const json = await runCommand(setup.environment, 'parked', 'retry', '--preview', '--json');
    t.match(JSON.parse(json.stdout), { preview: true, count: 4 });
    t.same(await marks(), before);
  });

  await t.test('a retry is followed to its end', async (t) => {
    const { status, headers, body } = await operator.post('/api/parked/retry', { entity: 'guest' });
    t.match({ status, body }, { status: 202, body: { retried: 3, run_id: String, status: 'running' } });
    t.equal(headers.get('location'), `/api/sync/runs/${body.run_id}`);
    t.match(await ended(body.run_id), {
      status: 'done',
      collection: 'parked',
      total: 3,
      done: 3,
      parked: 3,
      read_back: { app: 3, odoo: 0, pairs: 0 },
    });
    const [one] = await parked();
    t.match((await operator.post('/api/parked/retry', { ids: [one?.id] })).body, { retried: 1 });
    await calm();
    const none = (await operator.post('/api/parked/retry', { error_code: 'other' })).body;
    t.match(none, { retried: 0 });
    t.match(await ended(none.run_id), { status: 'done', total: 0 });
  });

  await t.test('a cancelled retry leaves what was not begun as it was', async (t) => {
    await operator.post('/api/entities/guest/pause', {});
    const { body } = await operator.post('/api/parked/retry', {});
    t.match(body, { retried: 4 });
    await waitUntil('that of the tenant is over', async () => (await run(body.run_id)).done === 1);
    const cancelled = (await operator.post(`/api/sync/runs/${body.run_id}/cancel`, {})).body;
    t.match(cancelled, { status: 'cancelled', total: 4, done: 1, parked: 1, read_back: null, finished_at: /Z$/ });
    t.equal((await setup.bridge.context.reports.queue()).depth, 0, 'nothing is left to be tried');
    t.equal((await parked()).length, 4);
    t.match(
      (await operator.post(`/api/sync/runs/${body.run_id}/cancel`, {})).body,
      { status: 'cancelled' },
      'once more does nothing',
    );

    const again = (await operator.post('/api/parked/retry', { entity: 'guest' })).body;
    await setup.bridge.context.links.markApp([{ entity: 'guest', id: bad[0] ?? '' }], 'res.partner', 0);
    t.equal((await setup.bridge.context.reports.queue()).depth, 3);
    await operator.post(`/api/sync/runs/${again.run_id}/cancel`, {});
    t.equal((await setup.bridge.context.reports.queue()).depth, 1, 'an edit is owed its pass');
    await operator.post('/api/entities/guest/resume', {});
    await calm();
  });

  await t.test('by command, once the cause is gone; not what is paused', async (t) => {
    await setup.bridge.stop();
    for (const [index, id] of bad.entries()) {
      await app.edit(index === 3 ? 'tenants' : 'guests', id, { name: `Good ${index}` });
    }
    await runCommand(setup.environment, 'pause', 'tenant');
    const ran = await runCommand(setup.environment, 'parked', 'retry', '--entity', 'guest', '--json');
    t.equal(ran.code, 0);
    t.match(JSON.parse(ran.stdout), {
      status: 'done',
      total: 3,
      created: 3,
      parked: 0,
      read_back: { pairs: 3, differing: 0, left_out: 0 },
    });
    const paused = await runCommand(setup.environment, 'sync', 'contacts', '--since', '2099-01-01T00:00:00Z');
    t.match(paused, { code: 0, stdout: /^done: 0 of 0/, stderr: /^tenant is paused: .*bridge resume tenant/ });
  });
});
