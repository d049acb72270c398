/** A plan tells what a resync then does, and does nothing of it itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { createContext } from '../../src/context.ts';
import { joinDiffs } from '../../src/entities/field-diffs.ts';
import { createLogger } from '../../src/logger.ts';
import { type Plan, planThenSync, runJson } from '../support/plan-and-sync.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(280_000);

async function setUp(t: Test, environment: Record<string, string> = {}) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, environment });
  const calm = () =>
    waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0);
  return { simulator, setup, calm, app: appPerson(setup.app.url), odoo: odooPerson(simulator) };
}

type World = Awaited<ReturnType<typeof setUp>>;

/** People who are linked, then edits of all kinds that no bridge has seen yet. */
async function liveAndLeave({ app, odoo, setup, calm, simulator }: World) {
  const enter = async (collection: string, fields: Record<string, unknown>) => {
    const id = await app.create(collection, fields);
    return { id, partner: (await odoo.appears(String(fields.name))).id };
  };
  const edited = await enter('guests', { name: 'Edited In App', phone: '1', city: 'Lyon', street: 'Rue 1' });
  const emptied = await enter('tenants', { name: 'Edited In Odoo', phone: '1', notes: 'some', type: 'both' });
  const contested = await enter('teachers', { name: 'Contested', phone: '1', email: 'con@example.org' });
  const leaving = await enter('guests', { name: 'Leaves The App' });
  const put = await enter('guests', { name: 'Put Away In Odoo' });
  const deleted = await enter('guests', { name: 'Deleted In Odoo' });
  const back = await enter('tenants', { name: 'Comes Back' });
  const both = await enter('teachers', { name: 'Mona Deux', email: 'mona@example.org' });
  await app.create('guests', { name: 'Mona Deux', email: 'mona@example.org' });
  const merged = await enter('guests', { name: 'Merged', email: 'm1@example.org' });
  const survivor = await odoo.create({ name: 'Survivor', email: 'm2@example.org', city: 'Toul' });
  await enter('guests', { name: 'Unchanged', email: 'same@example.org' });
  await calm();
  await app.archive('tenants', back.id);
  await calm();
  await sleep(1_100);
  await setup.bridge.stop();
  const guest = await odoo.tagId('Guest');
  await app.edit('guests', edited.id, { phone: '2', street: 'Rue 2' });
  await odoo.write(emptied.partner, { phone: false, comment: '<p>other</p>', city: 'Nantes' });
  await app.edit('teachers', contested.id, { phone: 'app', school: 'Lycée Neuf', street: '3 rue Neuve' });
  await app.archive('guests', leaving.id);
  await odoo.write(put.partner, { active: false });
  await simulator.asPerson().unlink('res.partner', deleted.partner);
  await app.restore('tenants', back.id);
  await app.edit('teachers', both.id, { city: 'Agen' });
  await odoo.merge(merged.partner, survivor);
  // One who was entered twice.
  await app.create('tenants', { name: 'Entered Again', email: 'again@example.org' });
  await app.create('tenants', { name: 'Entered Again', email: 'again@example.org' });
  await app.create('guests', { name: 'New In App', email: 'new@example.org', language: 'en-US', notes: 'a\nb' });
  await app.create('teachers', { name: 'New Teacher', school: 'Lycée Neuf', country: 'FR', city: 'Pau' });
  await odoo.create({ name: 'New In Odoo', email: 'odoo@example.org', category_id: [[6, 0, [guest]]] });
  await odoo.create({ name: 'Known In Odoo', email: 'known@example.org', phone: '5' });
  await app.create('tenants', { name: 'Known In Odoo', email: 'known@example.org', city: 'Nice' });
  await odoo.create({ name: 'Somebody Else', email: 'shared@example.org' });
  await app.create('guests', { name: 'To Be Guessed', email: 'shared@example.org' });
  await app.create('guests', { name: 'Unstorable', notes: 'a\u0001b' });
  await sleep(2_500);
  await odoo.write(contested.partner, { phone: 'odoo' });
}

/** A context of its own, while no bridge runs. */
async function openContext(t: Test, { setup }: World) {
  const { LOG_LEVEL: level, LOG_FILE: file } = setup.config;
  const context = await createContext(setup.config, createLogger({ level, file, stdout: false }));
  t.teardown(() => context.close());
  return context;
}

async function checksum(url: string, tables: readonly string[]): Promise<Record<string, string>> {
  const client = new pg.Client(url);
  await client.connect();
  const sums: Record<string, string> = {};
  for (const table of tables) {
    const { rows } = await client.query(
      `select md5(coalesce(string_agg(t::text, '\n' order by t::text), '')) as sum from ${table} t`,
    );
    sums[table] = rows[0].sum;
  }
  await client.end();
  return sums;
}

const MEMORY = ['links', 'bases', 'intents', 'guard_uses', 'conflicts', 'sync_logs', 'run_links', 'deliveries'];
const READS = /\.(search_read|read|fields_get|get_installed|check_object_reference|has_access|context_get)$/;

t.test('a plan of contacts is what the sync then does', async (t) => {
  const world = await setUp(t);
  const { setup, simulator } = world;
  await liveAndLeave(world);
  const context = await openContext(t, world);
  const databaseUrl = String(setup.environment.DATABASE_URL);
  const all = async () => ({
    bridge: await checksum(databaseUrl, [...MEMORY, 'cursors']),
    app: await checksum(setup.appDatabaseUrl, ['travel_app.records']),
    odoo: ['res.partner', 'ir.model.data', 'res.partner.category'].map((model) =>
      JSON.stringify([...simulator.table(model)]),
    ),
  });
  const before = await all();
  const calls = new Map(simulator.calls);
  const first = await runJson<Plan>(setup, 'plan', 'contacts');
  const second = await runJson<Plan>(setup, 'sync', 'contacts', '--dry-run');
  t.same([first.code, second.code], [3, 3]);
  t.same(second.told.changes, first.told.changes, 'the same plan twice');
  t.same(await all(), before, 'nothing is written anywhere');
  const made = [...simulator.calls].filter(([name, count]) => count > (calls.get(name) ?? 0)).map(([name]) => name);
  t.same(
    made.filter((name) => !READS.test(name)),
    ['ir.actions.server.run'],
    'nothing is called but what reads: the action looks external ids up',
  );
  const { plan } = await planThenSync(t, setup, context, 'contacts');
  t.same(plan.changes, first.told.changes);
  const of = (name: string) => plan.changes.filter(({ fields }) => fields.name?.to === name);
  t.match(of('New In App'), [{ entity: 'guest', action: 'create', to: 'odoo', odoo_id: null, app_id: String }]);
  t.match(of('New In Odoo'), [{ entity: 'guest', action: 'create', to: 'app', odoo_id: Number, app_id: null }]);
  t.match(of('Lycée Neuf'), [{ entity: 'school', action: 'create', to: 'odoo' }], 'one school for both');
  const told = plan.changes.map(({ entity, action, to }) => `${action} ${entity} ${to ?? ''}`.trim());
  t.same(
    told.sort(),
    [
      ...['update guest odoo', 'update tenant app', 'update teacher app', 'update teacher odoo', 'archive guest odoo'],
      ...['archive guest app', 'archive guest app', 'restore tenant odoo', 'update teacher odoo', 'update guest app'],
      ...['create guest odoo', 'create teacher odoo', 'create school odoo', 'create guest app', 'link tenant odoo'],
      ...['update tenant odoo', 'update tenant app', 'hold guest', 'park guest'],
      ...['update guest app', 'create tenant odoo', 'hold tenant'],
    ].sort(),
  );
  t.match(
    plan.changes.find(({ conflicts }) => conflicts),
    { entity: 'teacher', to: 'app', conflicts: [{ field: 'phone', winner: 'odoo', rule: 'later' }] },
    'what is contested, and who wins',
  );
  const held = (entity: string) => plan.changes.find((change) => change.action === 'hold' && change.entity === entity);
  t.match(held('guest')?.reason, { code: 'held_match', candidates: [/^\d+$/] });
  t.match(held('tenant')?.reason, { code: 'held_match', candidates: [] }, 'the other one is only to be made');
  t.match(plan.changes.find(({ action }) => action === 'park')?.reason, {
    code: String,
    message: String,
    remedy: String,
  });
  const rest = await runJson<Plan>(setup, 'plan', 'contacts');
  t.same(
    rest.told.changes.map(({ action }) => action).sort(),
    ['hold', 'hold', 'park'],
    'what is left is what a person has to decide',
  );
  t.equal(rest.code, 3);
  t.same(simulator.unknownCalls, []);
});

t.test('one person, new in two kinds: the plan has one partner for both', async (t) => {
  const world = await setUp(t);
  const { setup, app, odoo } = world;
  await setup.bridge.stop();
  const person = { name: 'New Twice', email: 'twice@example.org' };
  const teacher = await app.create('teachers', { ...person, phone: '8' });
  const guest = await app.create('guests', { ...person, city: 'Metz' });
  const { told: plan } = await runJson<Plan>(setup, 'plan', 'contacts');
  const made = plan.changes.filter(({ action, to }) => action === 'create' && to === 'odoo');
  t.equal(made.length, 1);
  t.match(
    plan.changes.filter(({ action }) => action === 'link'),
    [{ app_id: made[0]?.entity === 'guest' ? teacher : guest, odoo_id: null, to: 'odoo' }],
  );
  const inOdoo = plan.changes
    .filter(({ to, action }) => to === 'odoo' && action !== 'link')
    .map(({ fields }) => fields);
  const planned = inOdoo.reduce(joinDiffs, {});
  await runJson(setup, 'sync', 'contacts');
  const [partner, ...others] = await odoo.find('New Twice');
  t.same(others, []);
  t.match(partner, { phone: planned.phone?.to, city: planned.city?.to, customer_rank: 1 });
  t.match(planned, { phone: { to: '8' }, city: { to: 'Metz' }, type: { to: 'customer' } });
  t.match(await app.look('guests', guest), { phone: '8', type: 'customer' });
  const told = (entity: string) =>
    plan.changes.find((change) => change.entity === entity && change.to === 'app')?.fields;
  t.match(told('guest'), { phone: { from: null, to: '8' }, type: { from: 'none', to: 'customer' } });
  t.match(told('teacher'), { city: { from: null, to: 'Metz' } });
});
