/** The bridge's database is lost, or yesterday's takes its place: nobody comes into being twice, and no edit is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { compareSides } from '../../sandbox/world/compare-sides.ts';
import type { RelinkReport } from '../../src/sources/relink.ts';
import { copyDatabase, createTestDatabase } from '../support/postgres.ts';
import { recover } from '../support/recover.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(280_000);

const KINDS = [
  { collection: 'teachers', entity: 'teacher', tag: 'Teacher' },
  { collection: 'tenants', entity: 'tenant', tag: 'Tenant' },
  { collection: 'guests', entity: 'guest', tag: 'Guest' },
] as const;
const PER_SIDE = 20;
const ODD_IDS = ['a.b/c', 'ü 7', 'x__y--z', '%41'];
const COLLECTIONS = KINDS.map(({ collection }) => collection);

async function setUp(t: Test) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const setup = await startBridge(t, { odoo: simulator, webhooks: false });
  const [app, odoo] = [appPerson(setup.app.url), odooPerson(simulator)];
  const calm = () =>
    waitUntil('all is done', async () => (await setup.bridge.context.reports.queue()).depth === 0, 60_000);
  const settle = async () => {
    // The first may be one that was under way already, and has passed by.
    for (const _ of [1, 2]) await setup.bridge.schedule.pollNow();
    await calm();
  };
  const tags = new Map<string, number>();
  for (const { tag } of KINDS) tags.set(tag, await odoo.tagId(tag));
  const tagged = (...names: string[]) => [[6, 0, names.map((name) => tags.get(name) ?? 0)]];

  /** From both sides, half of them without the e-mail that would let them be matched. */
  async function populate(mark: string, perSide: number): Promise<void> {
    for (const { collection, tag } of KINDS) {
      for (let number = 0; number < perSide; number += 1) {
        const email = (side: string) => `${tag}.${side}.${mark}${number}@example.org`.toLowerCase();
        const known = number % 2 === 0;
        await app.create(collection, {
          name: `${tag} app ${mark}${number}`,
          phone: `1${number}`,
          ...(known && { email: email('app') }),
          ...(collection === 'teachers' && number % 5 === 0 && { school: 'Lycée Un' }),
        });
        await odoo.create({
          name: `${tag} odoo ${mark}${number}`,
          phone: `2${number}`,
          category_id: tagged(tag),
          ...(known && { email: email('odoo') }),
        });
      }
    }
  }
  async function appIdOf(name: string): Promise<{ collection: string; id: string }> {
    for (const collection of COLLECTIONS) {
      const [record] = await app.find(collection, name);
      if (record) return { collection, id: String(record.id) };
    }
    throw new Error(`${name} is not in the app`);
  }
  const editInApp = async (name: string, fields: Fields) => {
    const { collection, id } = await appIdOf(name);
    await app.edit(collection, id, fields);
  };
  const editInOdoo = async (name: string, fields: Parameters<typeof odoo.write>[1]) => {
    const [partner] = await odoo.find(name);
    await odoo.write(partner?.id ?? 0, fields);
  };
  return { simulator, setup, app, odoo, settle, tagged, populate, appIdOf, editInApp, editInOdoo };
}

type World = Awaited<ReturnType<typeof setUp>>;

/** The ids of some records of the app are as odd as the contract allows. */
async function renameIds({ setup, app }: World): Promise<void> {
  const client = new pg.Client(setup.appDatabaseUrl);
  await client.connect();
  for (const [index, id] of ODD_IDS.entries()) {
    const [record] = await app.find('guests', `Guest app a${index}`);
    await client.query(`update travel_app.records set id = $1 where collection = 'guests' and id = $2`, [
      id,
      record?.id,
    ]);
  }
  await client.end();
}

/** What people did while there was no bridge. Names of people are those of `populate`. */
async function editEverywhere({ app, odoo, tagged, appIdOf, editInApp, editInOdoo }: World): Promise<void> {
  // Without a base the later of two stamps wins, and Odoo's are whole seconds: what was made before must be clearly older.
  await sleep(2_200);
  await editInApp('Teacher app a0', { phone: 'app alone' });
  await editInOdoo('Tenant app a1', { phone: 'odoo alone' });
  await editInApp('Guest odoo a1', { phone: 'app alone' });
  await editInOdoo('Guest odoo a3', { name: 'Guest odoo a3 renamed' });
  await editInApp('Tenant odoo a3', { name: 'Tenant odoo a3 renamed' });
  await editInApp('Guest app a2', { phone: 'app first' });
  await editInOdoo('Guest app a3', { phone: 'odoo first' });
  const archived = await appIdOf('Tenant app a5');
  await app.archive(archived.collection, archived.id);
  await app.create('guests', { name: 'New in the app' });
  await odoo.create({ name: 'New in Odoo', category_id: tagged('Guest') });
  // Odoo's stamps show whole seconds.
  await sleep(2_200);
  await editInOdoo('Guest app a2', { phone: 'odoo later' });
  await editInApp('Guest app a3', { phone: 'app later' });
}

/** Each of them once on both sides with all fields equal, and what was edited as it must be. */
async function checkSides(t: Test, { app, odoo, setup }: World, expected: number): Promise<void> {
  const { differences, pairs } = await compareSides(app, odoo, '');
  t.same(
    differences.filter((what) => !what.startsWith('Guest app a11 ')),
    ['Guest Only: archived is true in the app, false in Odoo'],
    'both sides are equal',
  );
  t.equal(pairs, expected, 'nobody is missing, nobody is there twice');
  const phones = async (name: string) => [
    (await Promise.all(COLLECTIONS.map((collection) => app.find(collection, name)))).flat().map(({ phone }) => phone),
    (await odoo.find(name)).map(({ phone }) => phone),
  ];
  for (const [name, phone] of [
    ['Teacher app a0', 'app alone'],
    ['Tenant app a1', 'odoo alone'],
    ['Guest odoo a1', 'app alone'],
    ['Guest app a2', 'odoo later'],
    ['Guest app a3', 'app later'],
  ] as const) {
    t.same(await phones(name), [[phone], [phone]], name);
  }
  for (const name of [
    'Guest odoo a3 renamed',
    'Tenant odoo a3 renamed',
    'New in the app',
    'New in Odoo',
    'Both Ways',
  ]) {
    t.equal((await odoo.find(name)).length, 1, `${name}, once in Odoo`);
  }
  t.match(await odoo.find('Tenant app a5'), [{ active: false }]);
  const conflicts = await setup.bridge.context.db.selectFrom('conflicts').selectAll().execute();
  const lost = conflicts.map(({ app_value, odoo_value }) => [app_value, odoo_value]);
  for (const loser of ['app first', 'odoo first']) {
    t.ok(JSON.stringify(lost).includes(loser), `"${loser}" lost, and is kept`);
  }
}

const sum = (reports: readonly RelinkReport[], count: (report: RelinkReport) => number) =>
  reports.reduce((total, report) => total + count(report), 0);

/** One that is two kinds, one that is archived, one that Odoo merged, some with odd ids: all of it synced. */
async function makeWorld(t: Test): Promise<World> {
  const world = await setUp(t);
  const { app, odoo, settle, populate, tagged, appIdOf } = world;
  await world.setup.bridge.stop();
  await populate('a', PER_SIDE);
  await renameIds(world);
  await odoo.create({ name: 'Both Ways', email: 'both@example.org', category_id: tagged('Teacher', 'Guest') });
  await odoo.create({ name: 'Guest Only', category_id: tagged('Teacher', 'Guest') });
  await world.setup.restart();
  await settle();
  for (const name of ['Teacher app a7', 'Guest Only']) {
    const archived = await appIdOf(name);
    await app.archive(archived.collection, archived.id);
  }
  const [survivor] = await odoo.find('Guest app a9');
  const [loser] = await odoo.find('Guest app a11');
  await odoo.merge(loser?.id ?? 0, survivor?.id ?? 0);
  await settle();
  const { differences } = await compareSides(app, odoo, '');
  t.same(
    differences,
    ['Guest app a11 is 1 times in the app, 0 times in Odoo', 'Guest Only: archived is true in the app, false in Odoo'],
    'before the disaster: one waits for a person, one is not a teacher any more',
  );
  return world;
}

/** Kinds × sides × people, of whom one was merged away, and two who are two. */
const PAIRS = KINDS.length * 2 * PER_SIDE - 1 + 4;

t.test('the database is lost', async (t) => {
  const world = await makeWorld(t);
  const { setup, settle } = world;
  await setup.bridge.stop();
  await editEverywhere(world);
  const lost = await createTestDatabase(t);
  const environment = { DATABASE_URL: lost.url };

  const dry = await recover({ ...setup.environment, ...environment }, { dryRun: true });
  t.equal(
    sum(dry.reports, ({ tied }) => tied),
    PAIRS,
    'a dry run says the same',
  );
  t.equal(dry.links, 0, 'and does nothing');
  const shown = await runCommand({ ...setup.environment, ...environment }, 'relink', '--dry-run');
  t.match(shown.stdout, /^guest: 41 tied by external id, 0 were right already\n {2}\d+ pairs differ \(/m);
  t.match(
    shown.stdout,
    /^ {2}1 contradict; nothing was changed there\n {4}app .*, Odoo \d+: that one carries that of/m,
  );
  t.match(shown.stdout, /^ {2}not known: 1 in the app, 1 in Odoo\n/m);
  t.match(shown.stdout, /\nnothing was changed: run it without --dry-run\n$/);
  t.equal(shown.code, 3, 'something contradicts');
  const usage = await runCommand({ ...setup.environment, ...environment }, 'relink', '--entity', 'lead');
  t.equal(usage.code, 2);
  const { reports, run } = await recover({ ...setup.environment, ...environment });
  t.equal(
    sum(reports, ({ tied }) => tied),
    PAIRS,
  );
  t.equal(
    sum(reports, ({ kept, busy }) => kept + busy),
    0,
  );
  t.same(
    sum(reports, ({ gone }) => gone.app.length + gone.odoo.length),
    0,
  );
  t.same(
    reports.filter((report) => KINDS.some(({ entity }) => entity === report.entity)).map(({ unknown }) => unknown),
    [
      { app: 0, odoo: 0 },
      { app: 0, odoo: 0 },
      { app: 1, odoo: 1 },
    ],
    'those that were made meanwhile',
  );
  const [, , guests] = reports;
  t.match(guests?.contradicting, [{ why: /carries that of/ }], 'who was merged away is told, and not tied');
  t.same(
    reports.flatMap(({ differing }) => differing.flatMap(({ fields }) => fields)).sort(),
    ['active', 'active', 'name', 'name', 'phone', 'phone', 'phone', 'phone', 'phone'],
    'the fields that differ are told, and no value',
  );
  t.notMatch(JSON.stringify(reports), /alone|later|first/);
  t.equal(run?.error, undefined, 'nothing stopped it');
  t.match(run, { status: 'done', parked: 0, held: 1 });

  await setup.restart(environment);
  await settle();
  await settle();
  await checkSides(t, world, PAIRS + 2);
});

t.test("yesterday's database is restored", async (t) => {
  const world = await makeWorld(t);
  const { setup, settle, populate, app } = world;
  await setup.bridge.stop();
  const yesterday = await copyDatabase(t, setup.environment.DATABASE_URL ?? '');
  await setup.restart();
  await populate('b', 6);
  await world.editInApp('Guest odoo a5', { phone: 'since yesterday' });
  await world.editInOdoo('Guest odoo a7', { phone: 'since yesterday' });
  await settle();
  await setup.bridge.stop();
  await editEverywhere(world);
  await world.editInOdoo('Guest odoo a5', { phone: 'odoo after both agreed' });

  const environment = { DATABASE_URL: yesterday.url };
  const { reports } = await recover({ ...setup.environment, ...environment });
  t.equal(
    sum(reports, ({ tied }) => tied),
    KINDS.length * 2 * 6,
    'what was linked since',
  );
  t.equal(
    sum(reports, ({ kept }) => kept),
    PAIRS,
  );
  await setup.restart(environment);
  await settle();
  await settle();
  await checkSides(t, world, PAIRS + 2 + KINDS.length * 2 * 6);
  const { collection, id } = await world.appIdOf('Guest odoo a5');
  t.equal((await app.look(collection, id)).phone, 'odoo after both agreed');
});
