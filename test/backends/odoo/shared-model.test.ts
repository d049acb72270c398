/** Several entities, and records of none, live in one Odoo model: what a listing reads of what changed there. */
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';
import { type OdooAddress, odooPerson } from '../../../sandbox/people/people.ts';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import type { OdooTransport } from '../../../src/backends/odoo/transport.ts';
import { entities, entityNamed } from '../../../src/entities/registry.ts';
import { realOdoo } from '../../support/odoo-lab.ts';
import { openBackend } from '../../support/open-backend.ts';

t.setTimeout(280_000);

const [teacher, guest] = [entityNamed('teacher'), entityNamed('guest')];
const contacts = entities.filter(({ odoo }) => odoo.model === 'res.partner');
/** XML-RPC's pages are the smaller ones, and the size of a page is all that the kind decides here. */
const PAGE = 200;

async function openLab(place: OdooAddress) {
  const person = odooPerson(place);
  const json2 = createJson2Transport(place);
  const read: { fields: number; rows: number }[] = [];
  const transport: OdooTransport = {
    ...json2,
    kind: 'xmlrpc',
    async call(call) {
      const answer = await json2.call(call);
      if (call.model === 'res.partner' && call.method === 'search_read') {
        const fields = call.args?.fields as readonly string[] | undefined;
        read.push({ fields: fields?.length ?? 0, rows: (answer as unknown[]).length });
      }
      return answer;
    },
  };
  const known = new Map<string, readonly number[]>();
  const names = contacts.map(({ name }) => name);
  const { tagIds, ...backend } = openBackend(place, names, {
    transport,
    directory: {
      odooIds: async () => new Map(),
      appIds: async () => [],
      known: async (entity, _model, ids) => new Set((known.get(entity) ?? []).filter((id) => ids.includes(id))),
    },
  });
  await backend.prepare(contacts);
  return {
    person,
    backend,
    known,
    /** Calls that listed partners since it was asked last. */
    taken: () => read.splice(0),
    create: async (entities: readonly string[], count = 1) => {
      const category_id = [[6, 0, entities.map((name) => tagIds.get(name) ?? 0)]];
      const vals_list = Array.from({ length: count }, (_, index) => ({ name: `shared ${index}`, category_id }));
      return (await person.call('res.partner', 'create', { vals_list })) as number[];
    },
    async list(entity: typeof teacher, since: number | null) {
      const found: { id: number; isMember: boolean }[] = [];
      for (let next: string | null = null, isFirst = true; isFirst || next !== null; isFirst = false) {
        const page = await backend.readChanged(entity, since, next);
        found.push(
          ...page.records.map((one) => ({ id: Number(one.id), isMember: one.memberOf.includes(entity.name) })),
        );
        next = page.next;
      }
      return found;
    },
  };
}

async function listShared(t: Test, place: OdooAddress): Promise<void> {
  const { person, create, list, known, taken } = await openLab(place);
  const [first] = (await create(['teacher'])) as [number];
  // The stamp of the first, so that older records are left out.
  const since = Date.parse(`${String((await person.read(first)).write_date).replace(' ', 'T')}Z`);
  const teachers = [first, ...(await create(['teacher'], PAGE))];
  const [both] = (await create(['teacher', 'guest'])) as [number];
  const [former, halfKnown] = (await create([], 2)) as [number, number];
  known.set('guest', [former, halfKnown, 0]);
  const member = (id: number) => ({ id, isMember: true });
  const stranger = (id: number) => ({ id, isMember: false });

  taken();
  t.same(await list(guest, since), [member(both), stranger(former), stranger(halfKnown)], 'who is or was a guest');
  t.equal(
    Math.max(0, ...taken().map(({ fields, rows }) => (fields > 1 ? rows : 0))),
    3,
    'of the others nothing is read',
  );
  t.same(await list(teacher, since), [...teachers, both].map(member), 'page after page');
  t.same(
    (await list(guest, null)).map(({ id }) => id),
    [both],
    'a first listing has members only',
  );

  const later = Date.now() + 3_600_000;
  taken();
  t.same(await list(teacher, later), [], 'nothing changed');
  t.equal(taken().length, 1, 'which takes one call');
}

t.test('the simulator: only records of the entity are read in full', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const { url, database, username, apiKey } = simulator;
  await listShared(t, { url, database, username, apiKey });
});

t.test('Odoo 19: only records of the entity are read in full', async (t) => {
  const place = await realOdoo(t);
  if (place) await listShared(t, place);
});
