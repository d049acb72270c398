/**
 * Each fault that a call to Odoo can meet, over both protocols, through the running bridge: it strikes a creation, a
 * reading and a write, and in the end both sides are equal, everybody is there once, and nothing waits for a person.
 */
import t, { type Test } from 'tap';
import {
  badGateway,
  type Fault,
  redirectTo,
  type SimulatedCall,
  tooManyRequests,
} from '../../sandbox/odoo-simulator/faults.ts';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(280_000);
t.jobs = 2;

const PATIENCE_MS = 120_000;

const FAULTS: Readonly<Record<string, Fault>> = {
  'a connection reset before anything was done': { kind: 'reset', at: 'before-commit' },
  "a reset after the server's commit": { kind: 'reset', at: 'after-commit' },
  'an answer that is cut off in the middle': { kind: 'truncate' },
  'an HTML page of a gateway (502)': badGateway,
  'a redirect to a login (302)': redirectTo('/web/login'),
  'too many requests (429 with Retry-After)': tooManyRequests(1),
  'a serialization fault': { kind: 'serialization' },
  'an expired key': { kind: 'expired-key' },
};

/** The three kinds of calls that a fault may strike. A call without rows only looks whether the action is there. */
const STEPS: Readonly<Record<string, (call: SimulatedCall) => boolean>> = {
  creation: ({ context }) => Array.isArray(context.bridge_data) && context.bridge_data.length > 0,
  write: ({ context }) => Array.isArray(context.bridge_rows) && context.bridge_rows.length > 0,
  reading: ({ model, method }) => model === 'res.partner' && method === 'search_read',
};

async function setUp(t: Test, transport: string) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const environment = { ODOO_TRANSPORT: transport, ODOO_CALL_MAX_SECONDS: '10' };
  const setup = await startBridge(t, { odoo: simulator, environment });
  const partners = simulator.table('res.partner');
  return {
    ...{ simulator, setup, partners, app: appPerson(setup.app.url), reports: setup.bridge.context.reports },
    named: (name: string) => [...partners.values()].filter((row) => row.name === name),
  };
}

for (const transport of ['json2', 'xmlrpc'] as const) {
  t.test(`each fault strikes each step, over ${transport}`, { buffered: true }, async (t) => {
    const { simulator, setup, partners, app, reports, named } = await setUp(t, transport);
    for (const [what, fault] of Object.entries(FAULTS)) {
      const struck = new Set<string>();
      const strikeNext = (step: string) =>
        simulator.faults.add({
          fault,
          when: (call) => STEPS[step]?.(call) === true && struck.add(step).size > 0,
          times: 1,
        });
      strikeNext('creation');
      const name = `Guest Of ${what}`;
      const id = await app.create('guests', { name });
      await waitUntil(`${name} is in Odoo`, () => named(name).length > 0, PATIENCE_MS);
      strikeNext('write');
      await app.edit('guests', id, { city: 'Lyon' });
      await waitUntil('the edit is in Odoo', () => named(name)[0]?.city === 'Lyon', PATIENCE_MS);
      strikeNext('reading');
      const partnerId = Number(named(name)[0]?.id);
      await simulator.asPerson().write('res.partner', partnerId, { phone: '7' });
      await waitUntil('the phone is in the app', async () => (await app.look('guests', id)).phone === '7', PATIENCE_MS);
      await waitUntil('all is done', async () => (await reports.queue()).depth === 0, PATIENCE_MS);
      t.same([...struck].sort(), Object.keys(STEPS).sort(), `${what}: it struck each step`);
      t.match(partners.get(partnerId), { name, city: 'Lyon', phone: '7' });
      t.match(await app.look('guests', id), { name, city: 'Lyon', phone: '7' });
      t.equal(named(name).length, 1, 'once in Odoo');
      t.equal((await app.find('guests', name)).length, 1, 'once in the app');
    }
    t.match(await reports.queue(), { parked: 0, held: 0 }, 'nothing waits for a person');
    const conflicts = await setup.bridge.context.db.selectFrom('conflicts').select('field').execute();
    t.same(conflicts, [], 'and no write of our own was taken for an edit');
  });

  t.test(`connections are refused, over ${transport}`, { buffered: true }, async (t) => {
    const { simulator, app, reports, named } = await setUp(t, transport);
    const id = await app.create('guests', { name: 'Known Before' });
    await waitUntil('it is in Odoo', () => named('Known Before').length > 0, PATIENCE_MS);
    await simulator.pause();
    await app.edit('guests', id, { city: 'Pau' });
    await app.create('guests', { name: 'Made Meanwhile' });
    await waitUntil('they wait', async () => (await reports.queue()).depth >= 2);
    await simulator.resume();
    await waitUntil('the edit is there', () => named('Known Before')[0]?.city === 'Pau', PATIENCE_MS);
    await waitUntil('the new one is there', () => named('Made Meanwhile').length > 0, PATIENCE_MS);
    await waitUntil('all is done', async () => (await reports.queue()).depth === 0, PATIENCE_MS);
    t.same([named('Known Before').length, named('Made Meanwhile').length], [1, 1], 'each once');
    t.match(await reports.queue(), { parked: 0, held: 0 });
  });
}
