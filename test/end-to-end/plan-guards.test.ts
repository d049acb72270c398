/** A plan shows what a guard would hold as what the resync would do: whoever runs it has looked. */
import pg from 'pg';
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { createContext } from '../../src/context.ts';
import { createLogger } from '../../src/logger.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { type Plan, planThenSync, runJson } from '../support/plan-and-sync.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(280_000);

/** Of 60 guests: more than the guards let pass of either kind within a day (6 and 30), and one that the app forgets. */
const [PEOPLE, LEAVING, REWRITTEN] = [60, 12, 35];

t.test('more archivings and unexplained rewrites than the guards let pass', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, webhooks: false });
  const app = appPerson(setup.app.url);
  const { get } = bridgeCallers(setup);
  const held = async () => (await get('/api/held?limit=100')).body.data as { kind: string }[];
  const calm = () =>
    waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0, 30_000);
  const ids: string[] = [];
  for (let index = 1; index <= PEOPLE; index += 1) {
    ids.push(await app.create('guests', { name: `Guest ${index}`, phone: '1' }));
  }
  await setup.bridge.schedule.pollNow();
  await calm();
  const leaving = ids.slice(0, LEAVING);
  const rewritten = ids.slice(LEAVING, LEAVING + REWRITTEN);
  for (const id of leaving) await app.archive('guests', id);
  const client = new pg.Client(setup.appDatabaseUrl);
  await client.connect();
  t.teardown(() => client.end());
  // As after a copy of yesterday was restored.
  const older = `fields = fields || '{"phone":"old"}', updated_at = updated_at - interval '1 day'`;
  await client.query(`update travel_app.records set ${older} where collection = 'guests' and id = any($1)`, [
    rewritten,
  ]);
  await client.query(`delete from travel_app.records where collection = 'guests' and id = $1`, [ids.at(-1)]);

  const told = (plan: Plan) => {
    const counts = { archive: 0, update: 0, hold: 0 } as Record<string, number>;
    for (const { action } of plan.changes) counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  };
  await t.test('are in the plan as what would be done, and nothing is held for it', async (t) => {
    const { code, told: plan } = await runJson<Plan>(setup, 'plan', 'guests');
    t.equal(code, 3);
    t.same(told(plan), { archive: LEAVING, update: REWRITTEN, hold: 1 });
    t.equal(plan.held, 1);
    const forgotten = {
      action: 'hold',
      app_id: ids.at(-1),
      reason: { code: 'held_delete', message: /did not return/ },
    };
    t.match(
      plan.changes.filter(({ action }) => action === 'hold'),
      [forgotten],
      'what no resync releases is told as held',
    );
    t.same(await held(), []);
  });

  await t.test('are held where nobody asked for them, and the plan then shows what is left', async (t) => {
    await setup.bridge.schedule.pollNow();
    const keys = rewritten.map((id) => ({ entity: 'guest', id }));
    await setup.bridge.context.links.markApp(keys, 'res.partner', 1);
    await calm();
    const kinds = (await held()).map(({ kind }) => kind);
    const count = (kind: string) => kinds.filter((one) => one === kind).length;
    t.same([count('delete'), count('rewrite')], [LEAVING - 6, REWRITTEN - 30]);
    await setup.bridge.stop();
    const { LOG_LEVEL: level, LOG_FILE: file } = setup.config;
    const context = await createContext(setup.config, createLogger({ level, file, stdout: false }));
    t.teardown(() => context.close());
    const { plan, done } = await planThenSync(t, setup, context, 'guests');
    t.same(told(plan), { archive: LEAVING - 6, update: REWRITTEN - 30, hold: 1 });
    t.match(done, { held: 1 }, 'and the resync does it');
  });
});
