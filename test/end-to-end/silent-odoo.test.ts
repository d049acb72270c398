/**
 * Odoo goes silent in the middle of a call: the deadline (a minute) ends it, the other kinds of people are not kept
 * waiting meanwhile, and nobody is made twice. All at once, since each takes its minute.
 */
import t from 'tap';
import type { Fault } from '../../sandbox/odoo-simulator/faults.ts';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(290_000);
t.jobs = 6;

/** Of a call, and some more for what follows. */
const DEADLINE_MS = 60_000;
const PATIENCE_MS = 240_000;
const forever = new Promise<void>(() => {});

const FAULTS: Readonly<Record<string, Fault>> = {
  'a hang': { kind: 'hold', at: 'before-commit', until: forever },
  'a stall in the middle of the answer': { kind: 'stall' },
  'a slow trickle': { kind: 'trickle', bytes: 1, everyMs: 2_000 },
};

for (const transport of ['json2', 'xmlrpc'] as const) {
  for (const [what, fault] of Object.entries(FAULTS)) {
    t.test(`${what}, over ${transport}`, { buffered: true }, async (t) => {
      const simulator = await startOdooSimulator();
      t.teardown(() => simulator.close());
      const environment = { ODOO_TRANSPORT: transport, ODOO_CALL_MAX_SECONDS: '10' };
      const setup = await startBridge(t, { odoo: simulator, environment });
      const { reports } = setup.bridge.context;
      const app = appPerson(setup.app.url);
      const named = (name: string) => [...simulator.table('res.partner').values()].filter((row) => row.name === name);
      let struckAt = 0;
      simulator.faults.add({
        fault,
        when({ context }) {
          if (!Array.isArray(context.bridge_data) || context.bridge_data.length === 0) return false;
          struckAt = performance.now();
          return true;
        },
        times: 1,
      });
      const id = await app.create('guests', { name: 'Left Waiting' });
      await waitUntil('the call is made', () => struckAt > 0, PATIENCE_MS);
      await app.create('teachers', { name: 'Not Kept Waiting' });
      await waitUntil('another kind goes on', () => named('Not Kept Waiting').length > 0, PATIENCE_MS);
      t.ok(performance.now() - struckAt < DEADLINE_MS, 'while the call is still open');
      const isLinked = async () => {
        const link = setup.bridge.context.db.selectFrom('links').select('odoo_id').where('app_id', '=', id);
        return (await link.where('entity', '=', 'guest').executeTakeFirst())?.odoo_id;
      };
      await waitUntil('it is linked', isLinked, PATIENCE_MS, 200);
      t.ok(performance.now() - struckAt >= DEADLINE_MS - 1_000, 'the deadline ended it');
      await app.edit('guests', id, { city: 'Lyon' });
      await waitUntil('an edit goes through', () => named('Left Waiting')[0]?.city === 'Lyon', PATIENCE_MS, 200);
      await waitUntil('all is done', async () => (await reports.queue()).depth === 0, PATIENCE_MS, 200);
      t.equal(named('Left Waiting').length, 1, 'once in Odoo');
      t.equal((await app.find('guests', 'Left Waiting')).length, 1, 'once in the app');
      t.match(await reports.queue(), { parked: 0, held: 0 });
    });
  }
}
