/** What the log says of a reconcile: every line under its id, which is that of the rows in sync_logs too. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { startBridge } from '../support/start-bridge.ts';

t.test('each line of a reconcile has its id', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const app = appPerson(setup.app.url);
  const { reports, db } = setup.bridge.context;
  await app.create('teachers', { name: 'Ida Zeile' });
  await odooPerson(simulator).appears('Ida Zeile');
  await app.create('guests', { name: 'Bad', notes: 'a\u0001b' });
  await waitUntil('it is parked', async () => (await reports.queue()).parked === 1);
  await simulator.pause();
  await app.create('tenants', { name: 'Late' });
  const lines = await waitUntil('all of it is logged', async () => {
    const text = await readFile(setup.config.LOG_FILE, 'utf8');
    const read = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return read.some(({ pauseMs }) => pauseMs !== undefined) ? read : undefined;
  });
  await simulator.resume();
  // Polls tell of a side, reconciles of no side alone.
  const ofReconcile = lines.filter(({ entity, side }) => entity !== undefined && side === undefined);
  t.ok(ofReconcile.length >= 4);
  for (const line of ofReconcile) t.match(line.reconcileId, /^[0-9a-f-]{36}$/, String(line.msg));
  const rows = await db.selectFrom('sync_logs').select('reconcile_id').where('outcome', '=', 'park').execute();
  const parked = lines.find(({ next }) => next === 'park');
  t.same(rows, [{ reconcile_id: parked?.reconcileId }]);
});
