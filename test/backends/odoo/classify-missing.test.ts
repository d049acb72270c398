import t, { type Test } from 'tap';
import { badGateway } from '../../../sandbox/odoo-simulator/faults.ts';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';
import { type OdooAddress, odooPerson } from '../../../sandbox/people/people.ts';
import { installSetup } from '../../../src/backends/odoo/automations.ts';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import type { OdooBackend } from '../../../src/backends/odoo/odoo-backend.ts';
import type { ActionName } from '../../../src/backends/odoo/server-actions.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import { entityNamed } from '../../../src/entities/registry.ts';
import { realOdoo } from '../../support/odoo-lab.ts';
import { openBackend } from '../../support/open-backend.ts';

t.setTimeout(280_000);

const SALES = ['base.group_user', 'sales_team.group_sale_salesman'];
const teacher = entityNamed('teacher');

interface Setup {
  /** With the server actions of the set-up, or by what Odoo's RPC gives by itself. */
  readonly actions: boolean;
  readonly groups?: readonly string[];
  readonly create?: typeof createJson2Transport;
}

/** Those without come first: an administrator would find the actions once they are there. */
const SETUPS: Readonly<Record<string, Setup>> = {
  'without the server action': { actions: false },
  'without it, XML-RPC': { actions: false, create: createXmlrpcTransport },
  'without it, as an administrator': { actions: false, groups: ['base.group_user', 'base.group_system'] },
  'with the server action': { actions: true },
  'with it, XML-RPC': { actions: true, create: createXmlrpcTransport },
};

/** An Odoo, simulated or real, with its administrator's address. */
interface Place extends OdooAddress {
  createUser(user: { login: string; groups: readonly string[] }): Promise<{ username: string; apiKey: string }>;
  /** A record rule; @returns takes it away again */
  hide(ids: readonly number[]): Promise<() => Promise<unknown>>;
}

async function simulated(t: Test) {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const { url, database, username, apiKey } = simulator;
  const place: Place = {
    ...{ url, database, username, apiKey },
    createUser: async ({ login, groups }) => {
      simulator.addUser({ username: login, apiKey: `key-of-${login}`, groups });
      return { username: login, apiKey: `key-of-${login}` };
    },
    hide: async (ids) => {
      for (const id of ids) simulator.hidden.add(id);
      return async () => simulator.hidden.clear();
    },
  };
  return { simulator, place };
}

let labs = 0;

/** The bridge's user at that place, and somebody who works there. */
async function openLab(place: Place, { actions, groups = SALES, create = createJson2Transport }: Setup) {
  labs += 1;
  const mark = `lab_${labs}`;
  const user = await place.createUser({ login: `bot_${mark}`, groups });
  const installing = { transport: createJson2Transport(place), entities: [], webhookUrl: 'http://127.0.0.1:9' };
  const actionIds = actions ? (await installSetup(installing)).actionIds : new Map<ActionName, number>();
  const person = odooPerson(place);
  /** A new one has to find its actions anew. */
  const connect = (): OdooBackend =>
    openBackend({ ...place, ...user }, [], {
      transport: create({ ...place, ...user }),
      recallAction: async (name) => actionIds.get(name) ?? null,
    });
  return {
    person,
    connect,
    remove: (id: number) => person.call('res.partner', 'unlink', {}, [id]),
    /** A partner with an external id, as the bridge creates it. */
    async createNamed(name: string) {
      const key = `bridge_main.${mark}_${name}`;
      const data = { fields: ['id', 'name'], data: [[key, name]] };
      const { ids } = (await person.call('res.partner', 'load', data)) as { ids: [number] };
      return { id: ids[0], record: { id: String(ids[0]), key } };
    },
  };
}

async function checkEach(t: Test, place: Place, setup: Setup): Promise<void> {
  const { person, connect, createNamed, remove } = await openLab(place, setup);
  const classify = (...records: { id: string; key: string }[]) => connect().classifyMissing(teacher, records);
  const [merged, deleted, hidden] = [
    await createNamed('merged'),
    await createNamed('deleted'),
    await createNamed('hidden'),
  ];
  const [archived, survivor] = [await createNamed('archived'), await createNamed('survivor')];
  const stranger = await person.create({ name: 'made by people' });
  const unnamed = { id: String(stranger), key: 'bridge_main.no_such' };

  await person.merge(merged.id, survivor.id);
  await remove(deleted.id);
  await person.write(archived.id, { active: false });
  const reveal = await place.hide([hidden.id, stranger]);
  t.same(await classify(merged.record), new Map([[merged.record.id, { kind: 'merged', into: survivor.record.id }]]));
  t.same(await classify(deleted.record), new Map([[deleted.record.id, { kind: 'deleted' }]]));
  t.same(await classify(hidden.record), new Map([[hidden.record.id, { kind: 'hidden' }]]));
  t.same(await classify(unnamed), new Map([[unnamed.id, { kind: 'hidden' }]]), 'without an external id');
  t.same(
    await classify(merged.record, deleted.record, hidden.record, archived.record, survivor.record),
    new Map([
      [merged.record.id, { kind: 'merged', into: survivor.record.id }],
      [deleted.record.id, { kind: 'deleted' }],
      [hidden.record.id, { kind: 'hidden' }],
      [archived.record.id, { kind: 'hidden' }],
      [survivor.record.id, { kind: 'hidden' }],
    ]),
    'several at once; what is there after all is anything but deleted',
  );
  t.same(await classify(), new Map());
  await reveal();
  await remove(survivor.id);
  t.same(await classify(merged.record), new Map([[merged.record.id, { kind: 'deleted' }]]), 'the survivor as well');
  await remove(stranger);
  t.same(await classify(unnamed), new Map([[unnamed.id, { kind: 'deleted' }]]));
}

async function checkOutOfSight(t: Test, place: Place, setup: Setup): Promise<void> {
  const { person, connect, createNamed } = await openLab(place, setup);
  const [loser, survivor] = [await createNamed('loser'), await createNamed('survivor')];
  await person.merge(loser.id, survivor.id);
  const reveal = await place.hide([survivor.id]);
  const absence = (await connect().classifyMissing(teacher, [loser.record])).get(loser.record.id);
  // Without rights on external ids one is told that this one names something, not what.
  const told = setup.actions || setup.groups;
  t.same(absence, told ? { kind: 'merged', into: survivor.record.id } : { kind: 'hidden' });
  await reveal();
}

for (const [name, setup] of Object.entries(SETUPS)) {
  t.test(name, async (t) => {
    const { simulator, place } = await simulated(t);
    await t.test('merged, deleted, hidden', (t) => checkEach(t, place, setup));
    await t.test('merged into a partner out of sight', (t) => checkOutOfSight(t, place, setup));
    t.same(simulator.unknownCalls, []);
  });

  t.test(`an Odoo that is away says nothing of the partners: ${name}`, async (t) => {
    const { simulator, place } = await simulated(t);
    const { connect, createNamed, remove } = await openLab(place, setup);
    const [deleted, hidden] = [await createNamed('deleted'), await createNamed('hidden')];
    await remove(deleted.id);
    await place.hide([hidden.id]);
    const outcomes: string[] = [];
    // Away at the first of its calls, at the second, and so on until there is none left to strike.
    for (let skip = 0; outcomes.at(-1) !== 'deleted hidden' && skip < 20; skip += 1) {
      simulator.faults.clear();
      simulator.faults.add({ fault: badGateway, skip, times: 1 });
      const classified = connect().classifyMissing(teacher, [deleted.record, hidden.record]);
      outcomes.push(
        await classified.then(
          (answer) => [...answer.values()].map(({ kind }) => kind).join(' '),
          (error: Error) => error.name,
        ),
      );
    }
    const struck = outcomes.slice(0, -1);
    t.ok(struck.length >= 3, `${struck.length} calls were struck`);
    t.same(new Set(struck), new Set(['RetryableError']));
    t.equal(outcomes.at(-1), 'deleted hidden');
    await simulator.pause();
    await t.rejects(connect().classifyMissing(teacher, [deleted.record]), { code: 'odoo_unreachable' });
  });
}

t.test('who may not read contacts at all learns nothing: neither deleted nor hidden', async (t) => {
  const { place } = await simulated(t);
  for (const actions of [false, true]) {
    const { connect, createNamed } = await openLab(place, { actions, groups: [] });
    const { record } = await createNamed('there');
    await t.rejects(connect().classifyMissing(teacher, [record]), { name: 'SetupError', code: 'access_denied' });
  }
});

t.test('on a real Odoo 19', { timeout: 280_000 }, async (t) => {
  const real = await realOdoo(t);
  if (!real) return;
  const person = odooPerson(real);
  const place: Place = {
    ...real,
    async hide(ids) {
      const domain = [['model', '=', 'res.partner']];
      const [model_id] = (await person.call('ir.model', 'search', { domain })) as [number];
      const values = { name: 'hide', model_id, domain_force: `[('id', 'not in', [${ids.join()}])]` };
      const rules = (await person.call('ir.rule', 'create', { vals_list: [values] })) as number[];
      return () => person.call('ir.rule', 'unlink', {}, rules);
    },
  };
  for (const [name, setup] of Object.entries(SETUPS)) {
    await t.test(`merged, deleted, hidden: ${name}`, (t) => checkEach(t, place, setup));
    await t.test(`merged into a partner out of sight: ${name}`, (t) => checkOutOfSight(t, place, setup));
  }
});
