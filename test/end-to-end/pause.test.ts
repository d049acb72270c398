/** Operators at the command line: pausing an entity, letting pass what is held, bringing back what lost. */
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

t.test('what people decide by command and over HTTP', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator });
  const app = appPerson(setup.app.url);
  const odoo = odooPerson(simulator);
  const bridge = (...args: string[]) => runCommand(setup.environment, ...args);
  const ask = async (method: string, path: string) => {
    const response = await fetch(setup.bridge.url + path, {
      method,
      headers: { authorization: `Bearer ${setup.secrets.api}` },
    });
    return { status: response.status, body: (await response.json()) as Fields };
  };
  const queue = () => setup.bridge.context.reports.queue();
  const calm = () => waitUntil('the queue is empty', async () => (await queue()).depth === 0);

  await t.test('a paused entity takes events in and writes nothing, over restarts; others go on', async (t) => {
    t.match(await ask('POST', '/api/entities/guest/pause'), { status: 200, body: { entity: 'guest', paused: true } });
    t.match(await ask('POST', '/api/entities/guest/pause'), { status: 200 }, 'twice is once');
    await app.create('guests', { name: 'Paused Guest' });
    await app.create('teachers', { name: 'Going Teacher' });
    await odoo.appears('Going Teacher');
    await setup.restart();
    await setup.bridge.schedule.pollNow();
    await app.create('teachers', { name: 'Second Teacher' });
    await odoo.appears('Second Teacher');
    t.same(await odoo.search([['name', '=', 'Paused Guest']]), []);
    const { data } = (await ask('GET', '/api/links?entity=guest')).body as { data: Fields[] };
    t.match(data, [{ entity: 'guest', app_id: String, odoo_id: null }], 'it is not forgotten');
    t.match((await ask('GET', '/healthz')).body, { status: 'warn', paused: ['guest'] });

    const resumed = await bridge('resume', 'guest', '--json');
    t.same([resumed.code, JSON.parse(resumed.stdout)], [0, { entity: 'guest', paused: false }]);
    await odoo.appears('Paused Guest');
    await calm();
    t.match((await ask('GET', '/healthz')).body, { status: 'ok', paused: [] });
  });

  await t.test('by command; and what no entity is', async (t) => {
    t.match(await bridge('pause', 'tenant'), { code: 0, stdout: /tenant: paused/ });
    t.same([...(await setup.bridge.context.pauses.paused())], ['tenant']);
    t.match(await ask('POST', '/api/entities/tenant/resume'), { status: 200, body: { paused: false } });
    t.match(await bridge('pause', 'tenants'), { code: 2, stderr: /unknown entity: tenants/ });
    t.match(await ask('POST', '/api/entities/tenants/pause'), { status: 404, body: { detail: /guest/ } });
  });

  await t.test('a loser comes back', async (t) => {
    t.match(await bridge('conflicts'), { code: 0, stdout: /there are no conflicts/ });
    const id = await app.create('guests', { name: 'Contested', phone: '1' });
    const partner = await odoo.appears('Contested');
    await calm();
    await setup.bridge.stop();
    await app.edit('guests', id, { phone: '2' });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await odoo.call('res.partner', 'write', { vals: { phone: '3' } }, [partner.id]);
    await setup.restart();
    await setup.bridge.schedule.pollNow();
    await waitUntil('Odoo won', async () => (await app.look('guests', id)).phone === '3');
    await calm();
    const [conflict] = JSON.parse((await bridge('conflicts', '--json')).stdout) as Fields[];
    t.match(conflict, { entity: 'guest', field: 'phone', winner: 'odoo', restored_at: null });
    t.match(await bridge('conflicts'), {
      code: 0,
      stdout: new RegExp(`${conflict?.id}\tguest\t.*\t${conflict?.decided_at}\t-$`, 'm'),
    });
    t.match(await bridge('conflicts', 'restore', 'x'), { code: 2, stderr: /number/ });
    t.match(await bridge('conflicts', 'restore', '999999'), { code: 1, stdout: /no such conflict/i });
    t.match(await bridge('conflicts', 'restore', String(conflict?.id)), { code: 0, stdout: /will be restored/ });
    await waitUntil('it is back', async () => (await odoo.look(partner.id))?.phone === '2');
  });

  await t.test('what a guard holds is let pass', async (t) => {
    t.match(await bridge('held'), { code: 0, stdout: /nothing is held/ });
    const ids: string[] = [];
    for (let number = 1; number <= 12; number += 1)
      ids.push(await app.create('tenants', { name: `Leaving ${number}`, email: `leaving${number}@example.org` }));
    const there = () => odoo.search([['name', '=like', 'Leaving %']]);
    await waitUntil('all are in Odoo', async () => (await there()).length === ids.length, 30_000);
    await calm();
    await setup.bridge.stop();
    for (const id of ids) await app.archive('tenants', id);
    await setup.restart();
    await setup.bridge.schedule.pollNow();
    await calm();
    const held = JSON.parse((await bridge('held', '--entity', 'tenant', '--json')).stdout) as Fields[];
    t.ok(held.length > 0 && held.length < ids.length, `${held.length} of ${ids.length} are held`);
    t.match(await bridge('held'), { code: 0, stdout: /tenant\t.*delete\t/ });
    const [first] = held;
    t.match(await bridge('held', 'release', '--ids', String(first?.id)), { code: 0, stdout: /1 record\(s\)/ });
    t.match(
      await bridge('held', 'release', '--entity', 'guest'),
      { code: 0, stdout: /^0 record/ },
      'of another entity nothing is held',
    );
    t.match(await bridge('held', 'release', '--entity', 'tenant', '--kind', 'delete'), {
      code: 0,
      stdout: new RegExp(`${held.length - 1} record`),
    });
    await waitUntil('all are archived', async () => (await there()).every(({ active }) => active === false));
  });
});
