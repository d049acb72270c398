/** Of several processes one polls; when it dies in the middle of that, another one takes over from where it was. */
import { join } from 'node:path';
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { startProgram } from '../../sandbox/world/child-process.ts';
import { loseWebhooks } from '../support/lose-webhooks.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(240_000);

/** A worker's claim is its own for 90 seconds. */
const OVER_A_LEASE_MS = 100_000;

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

t.test(
  'two processes: one is killed in the middle of its poll, the other one finds what it was about to',
  async (t) => {
    const simulator = await startOdooSimulator();
    t.teardown(() => simulator.close());
    const setup = await startBridge(t, { odoo: simulator });
    const { cursors, reports } = setup.bridge.context;
    const app = appPerson(setup.app.url);
    const id = await app.create('guests', { name: 'Found By The Heir' });
    const { id: partnerId } = await odooPerson(simulator).appears('Found By The Heir');
    await waitUntil('all is done', async () => (await reports.queue()).depth === 0);
    await loseWebhooks(setup, simulator);
    await simulator.asPerson().write('res.partner', partnerId, { phone: '7' });

    // The other process polls when it starts, and gets no answer to its first listing of Odoo.
    const listings: unknown[] = [];
    const never = new Promise<void>(() => {});
    simulator.faults.add({
      fault: { kind: 'hold', at: 'before-commit', until: never },
      when: ({ args }) => JSON.stringify(args.domain ?? '').includes('write_date') && listings.push(args) > 0,
      times: 1,
    });
    const leader = startProgram(MAIN, {
      env: { ...setup.environment, PORT: '0', LOG_FILE: join(t.testdir(), 'leader.log') },
      readyLine: /bridge is running/,
    });
    t.teardown(() => leader.kill());
    await leader.ready;
    await waitUntil('it polls Odoo', () => listings.length > 0, 60_000);
    const before = await cursors.read('poll:odoo:teacher');
    await setup.bridge.schedule.pollNow();
    t.equal(await cursors.read('poll:odoo:teacher'), before, 'who comes second leaves this kind to the first');

    await leader.kill();
    const takesOver = async () => {
      await setup.bridge.schedule.pollNow();
      return (await cursors.read('poll:odoo:teacher')) !== before;
    };
    await waitUntil('the other one polls instead', takesOver, 60_000, 100);
    await waitUntil('the edit is in the app', async () => (await app.look('guests', id)).phone === '7', 60_000);
    // The killed process may have claimed it in its last moment: then its lease has to run out first.
    await waitUntil('all is done', async () => (await reports.queue()).depth === 0, OVER_A_LEASE_MS);
    t.equal((await app.find('guests', 'Found By The Heir')).length, 1);
  },
);
