/** Faults of either side and bad records: each with its documented error, nothing lost, nothing doubled, and relaunched. */
import t, { type Test } from 'tap';
import { badGateway, tooManyRequests } from '../../sandbox/odoo-simulator/faults.ts';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { createLogger } from '../../src/logger.ts';
import { serve } from '../../src/serve.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(180_000);

async function setUp(t: Test, environment: Record<string, string> = {}) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, environment });
  const operator = async (method: string, path: string, body?: Fields) => {
    const headers = { authorization: `Bearer ${setup.secrets.api}`, 'content-type': 'application/json' };
    const response = await fetch(setup.bridge.url + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Fields;
  };
  const listed = async (path: string) => (await operator('GET', path)).data as Fields[];
  return { simulator, setup, operator, listed, app: appPerson(setup.app.url), odoo: odooPerson(simulator) };
}

t.test('an answer that is lost after the commit makes no duplicate', async (t) => {
  const { simulator, app, odoo, setup } = await setUp(t, { ODOO_CALL_MAX_SECONDS: '10' });
  simulator.faults.add({
    fault: { kind: 'reset', at: 'after-commit' },
    when: (call) => 'bridge_data' in call.context,
    times: 1,
  });
  const id = await app.create('guests', { name: 'Vera Einmal' });
  await odoo.appears('Vera Einmal');
  await waitUntil('it is linked', async () =>
    setup.bridge.context.db
      .selectFrom('links')
      .select('id')
      .where('app_id', '=', id)
      .where('odoo_id', 'is not', null)
      .executeTakeFirst(),
  );
  simulator.faults.add({
    fault: { kind: 'reset', at: 'after-commit' },
    when: (call) => 'bridge_rows' in call.context,
    times: 1,
  });
  await app.edit('guests', id, { phone: '1' });
  await waitUntil('the phone is in Odoo', async () => (await odoo.find('Vera Einmal'))[0]?.phone === '1');
  await app.edit('guests', id, { phone: '2' });
  await waitUntil('the next one too', async () => (await odoo.find('Vera Einmal'))[0]?.phone === '2');
  t.equal((await odoo.find('Vera Einmal')).length, 1);
  t.equal((await app.find('guests', 'Vera Einmal')).length, 1);
  t.same(
    await setup.bridge.context.db.selectFrom('conflicts').selectAll().execute(),
    [],
    'our own write is nobody elses edit',
  );
});

t.test('a busy, limited or broken Odoo is tried again', async (t) => {
  const { simulator, app, odoo } = await setUp(t, { ODOO_CALL_MAX_SECONDS: '10' });
  for (const fault of [
    badGateway,
    tooManyRequests(1),
    { kind: 'serialization' },
    { kind: 'reset', at: 'before-commit' },
  ] as const) {
    simulator.faults.add({ fault, when: { model: 'res.partner', method: 'search_read' }, times: 2 });
    const name = `Tried Again ${fault.kind} ${'status' in fault ? fault.status : ''}`.trim();
    await app.create('tenants', { name, email: `${name.replaceAll(' ', '.').toLowerCase()}@example.org` });
    await waitUntil(`${name} is in Odoo`, async () => (await odoo.find(name).catch(() => [])).length === 1, 40_000);
  }
  t.pass('all of them are there, once');
});

t.test('one bad record parks with its remedy, the others of its batch go on, and it is relaunched', async (t) => {
  const { app, odoo, setup, listed, operator } = await setUp(t);
  await setup.bridge.stop();
  for (const number of [1, 2, 3]) await app.create('teachers', { name: `Good ${number}` });
  const bad = await app.create('teachers', { name: 'Bad\u0007Bell' });
  await setup.restart();
  for (const number of [1, 2, 3]) await odoo.appears(`Good ${number}`);
  const parked = await waitUntil('it is parked', async () =>
    (await listed('/api/parked')).find((row) => row.app_id === bad),
  );
  t.match(parked, { entity: 'teacher', error: { code: 'unstorable_characters', message: /"name"/, remedy: /Remove/ } });
  t.notMatch(JSON.stringify(parked), /Bell/, 'its value is not repeated');
  t.match(await listed('/api/parked?group=error_code'), [{ error_code: 'unstorable_characters', count: 1 }]);
  t.match(await operator('POST', '/api/parked/retry', { error_code: 'unstorable_characters' }), { retried: 1 });
  await app.edit('teachers', bad, { name: 'Good Again' });
  await odoo.appears('Good Again');
  await waitUntil('nothing is parked', async () => (await listed('/api/parked')).length === 0);
});

t.test('what Odoo refuses parks with its own sentence, what the app refuses names the field', async (t) => {
  const { app, odoo, listed } = await setUp(t);
  const id = await app.create('guests', { name: 'Vincent Taxe', country: 'FR', vat: 'FR00000000000' });
  const refused = await waitUntil('Odoo refused it', async () =>
    (await listed('/api/parked')).find((row) => row.app_id === id),
  );
  t.comment(JSON.stringify(refused.error));
  t.match(refused.error, { code: 'refused_by_odoo', message: /^Odoo refused .*: ./ });
  await app.edit('guests', id, { vat: null });
  const partner = await odoo.appears('Vincent Taxe');
  await waitUntil('nothing is parked', async () => (await listed('/api/parked')).length === 0);
  await odoo.write(partner.id, { email: 'no address at all' });
  const other = await waitUntil('the app refused it', async () =>
    (await listed('/api/parked')).find((row) => row.app_id === id),
  );
  t.match(other.error, { code: 'app_refused_value', message: /email/ });
  await odoo.write(partner.id, { email: 'v@example.org' });
  await waitUntil('it went through', async () => (await app.look('guests', id)).email === 'v@example.org');
});

t.test('a second record of the same kind, e-mail and name is held; another name is another partner', async (t) => {
  const { app, odoo, listed } = await setUp(t);
  await app.create('teachers', { name: 'Wim Zwei', email: 'wim@example.org' });
  await odoo.appears('Wim Zwei');
  await app.create('teachers', { name: 'Wanda Zwei', email: 'wim@example.org' });
  await odoo.appears('Wanda Zwei');
  const second = await app.create('teachers', { name: 'Wim Zwei', email: 'wim@example.org' });
  const held = await waitUntil('it is held', async () =>
    (await listed('/api/held')).find((row) => row.app_id === second),
  );
  t.match(held, { kind: 'match', detail: /duplicate/ });
  t.equal((await odoo.find('Wim Zwei')).length, 1);
});

t.test('Odoo is away while both sides go on; then all agree', async (t) => {
  const { simulator, app, odoo, operator, setup } = await setUp(t);
  const id = await app.create('tenants', { name: 'Xaver Fern', phone: '0' });
  const { id: partnerId } = await odoo.appears('Xaver Fern');
  await waitUntil('it is settled', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  await simulator.pause();
  await app.edit('tenants', id, { city: 'Gap' });
  await app.create('tenants', { name: 'Yann Neuf' });
  await simulator.asPerson().write('res.partner', partnerId, { phone: '9' });
  await waitUntil('health says so', async () => (await operator('GET', '/healthz')).status === 'warn');
  t.match(await operator('GET', '/healthz'), {
    sides: { odoo: { reachable: false, error: { code: 'odoo_unreachable', remedy: /ODOO_URL/ } } },
  });
  await simulator.resume();
  await waitUntil('the city came through', async () => (await odoo.read(partnerId)).city === 'Gap', 40_000);
  await waitUntil('the new one too', async () => (await odoo.find('Yann Neuf')).length === 1, 40_000);
  await setup.bridge.schedule.pollNow();
  await waitUntil('the phone as well', async () => (await app.look('tenants', id)).phone === '9', 40_000);
});

t.test('two bridges on one database share a burst from both sides without a duplicate', async (t) => {
  const { simulator, app, odoo, setup } = await setUp(t);
  const second = await serve(
    { ...setup.config, PORT: 0 },
    createLogger({ level: 'info', file: setup.config.LOG_FILE, stdout: false }),
  );
  t.teardown(() => second.stop());
  const tag = await odoo.tagId('Guest');
  const people = Array.from({ length: 40 }, (_, number) => number);
  await Promise.all([
    ...people.map((number) => app.create('guests', { name: `From App ${number}` })),
    ...people.map((number) =>
      simulator.asPerson().create('res.partner', { name: `From Odoo ${number}`, category_id: [[6, 0, [tag]]] }),
    ),
    // The same person, entered on both sides at once.
    ...people.map((number) => app.create('guests', { name: `Both ${number}`, email: `both${number}@example.org` })),
    ...people.map((number) =>
      simulator.asPerson().create('res.partner', {
        name: `Both ${number}`,
        email: `both${number}@example.org`,
        category_id: [[6, 0, [tag]]],
      }),
    ),
  ]);
  const partners = () =>
    [...simulator.table('res.partner').values()]
      .map(({ name }) => String(name))
      .filter((name) => /^(From|Both) /.test(name));
  await waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0, 60_000);
  await waitUntil('all are on both sides', async () => new Set(partners()).size === 120, 20_000);
  t.equal(partners().length, 120, 'each once in Odoo');
  for (const kind of ['From App', 'From Odoo', 'Both']) {
    for (const number of people) {
      const name = `${kind} ${number}`;
      const records = await app.find('guests', name);
      const links = await setup.bridge.context.db
        .selectFrom('links')
        .select(['app_id', 'odoo_id', 'state'])
        .where(
          'app_id',
          'in',
          records.map(({ id }) => String(id)),
        )
        .execute();
      // Whom somebody entered in the app between the bridge's look and its creation is held, not made again in Odoo.
      const held = links.filter(({ state, odoo_id }) => state === 'held' && odoo_id === null).length;
      t.equal(records.length - held, 1, `${name} once in the app`);
      t.equal(links.length - held, 1, `${name} is linked once`);
    }
  }
});
