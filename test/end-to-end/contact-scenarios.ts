/** Teachers, tenants and guests both ways, over real HTTP: the same scenarios for the simulator and for a real Odoo. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { appPerson, type Fields, type OdooPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import type { TestOdoo } from '../support/odoo-lab.ts';
import { startBridge } from '../support/start-bridge.ts';

export async function runContactScenarios(
  t: Test,
  odooAddress: TestOdoo,
  environment: Record<string, string> = {},
  { odoo = odooPerson(odooAddress), htmlNotes = true }: { odoo?: OdooPerson; htmlNotes?: boolean } = {},
): Promise<void> {
  const setup = await startBridge(t, { odoo: odooAddress, environment });
  const app = appPerson(setup.app.url);
  const db = () => setup.bridge.context.db;
  const reports = () => setup.bridge.context.reports;
  const tag = {
    teacher: await odoo.tagId('Teacher'),
    tenant: await odoo.tagId('Tenant'),
    guest: await odoo.tagId('Guest'),
  };

  /** All that was marked has been worked off. */
  const calm = () => waitUntil('the queue is empty', async () => (await reports().queue()).depth === 0);
  const conflictsOf = (appId: string, entity = 'teacher') =>
    db()
      .selectFrom('conflicts')
      .selectAll()
      .where('app_id', '=', appId)
      .where('entity', '=', entity)
      .orderBy('id')
      .execute();
  /** Edits on both sides that the bridge sees only afterwards. */
  async function whileBridgeIsAway(edits: () => Promise<void>): Promise<void> {
    await calm();
    await setup.bridge.stop();
    await edits();
    await setup.restart({});
  }

  await t.test('a teacher created in the app appears in Odoo: all fields, a customer, the tag', async (t) => {
    await app.create('teachers', {
      name: 'Anna Petit',
      email: 'anna@example.org',
      phone: '+33 4 72 00 00 01',
      street: '1 rue A',
      street2: 'B',
      zip: '69001',
      city: 'Lyon',
      country: 'FR',
      language: 'en-US',
      notes: 'a < b\nc',
      vat: null,
    });
    const partner = await odoo.appears('Anna Petit');
    t.match(partner, {
      email: 'anna@example.org',
      phone: '+33 4 72 00 00 01',
      street: '1 rue A',
      street2: 'B',
      zip: '69001',
      city: 'Lyon',
      lang: 'en_US',
      customer_rank: 1,
      supplier_rank: 0,
      is_company: false,
      active: true,
      vat: false,
    });
    t.equal(partner.country_id, await odoo.countryId('FR'));
    t.same(partner.category_id, [tag.teacher]);
    t.equal(partner.comment, htmlNotes ? '<p>a &lt; b<br>c</p>' : 'a < b\nc');
  });

  await t.test('edits go both ways, field by field, and then it is quiet', async (t) => {
    const id = await app.create('tenants', { name: 'Theo Grand', phone: '1' });
    const { id: partnerId } = await odoo.appears('Theo Grand');
    await odoo.write(partnerId, { phone: '2', comment: htmlNotes ? '<p>Hello<br/>you</p>' : 'Hello\nyou' });
    await waitUntil('the app has the phone', async () => (await app.look('tenants', id)).phone === '2');
    t.equal((await app.look('tenants', id)).notes, 'Hello\nyou');
    await app.edit('tenants', id, { city: 'Nantes', type: 'both' });
    await waitUntil('Odoo has the city', async () => (await odoo.read(partnerId)).city === 'Nantes');
    t.match(await odoo.read(partnerId), { customer_rank: 1, supplier_rank: 1, phone: '2' });
    await calm();
    const before = { app: await app.look('tenants', id), odoo: await odoo.read(partnerId) };
    await setup.bridge.schedule.pollNow();
    await setup.bridge.schedule.pollNow();
    await calm();
    t.same({ app: await app.look('tenants', id), odoo: await odoo.read(partnerId) }, before, 'two polls write nothing');
  });

  await t.test('a partner created in Odoo with a tag appears in the app; one without leaves no trace', async (t) => {
    const nobody = await odoo.create({ name: 'Nobody' });
    const id = await odoo.create({ name: 'Gustav Gast', email: 'g@example.org', category_id: [[6, 0, [tag.guest]]] });
    const guest = await waitUntil('Gustav is in the app', async () => (await app.find('guests', 'Gustav Gast'))[0]);
    t.match(guest, { email: 'g@example.org', type: 'none' });
    await calm();
    const links = await db()
      .selectFrom('links')
      .select(['entity', 'odoo_id'])
      .where('odoo_id', 'in', [id, nobody])
      .execute();
    t.same(links, [{ entity: 'guest', odoo_id: id }]);
  });

  await t.test('archive and un-archive go both ways', async (t) => {
    const id = await app.create('guests', { name: 'Ines Court' });
    const { id: partnerId } = await odoo.appears('Ines Court');
    const activeInOdoo = async () => (await odoo.read(partnerId)).active;
    const deletedInApp = async () => (await app.look('guests', id)).deleted_at !== null;
    await app.archive('guests', id);
    await waitUntil('archived in Odoo', async () => (await activeInOdoo()) === false);
    await odoo.write(partnerId, { active: true });
    await waitUntil('restored in the app', async () => !(await deletedInApp()));
    await odoo.write(partnerId, { active: false });
    await waitUntil('archived in the app', deletedInApp);
    await app.restore('guests', id);
    await waitUntil('restored in Odoo', async () => (await activeInOdoo()) === true);
    t.equal((await odoo.find('Ines Court')).length, 1);
  });

  await t.test('three teachers of one school: the address of one moves nobody else', async (t) => {
    const school = { school: 'Lycée Ampère', country: 'FR' };
    const ids: string[] = [];
    for (const name of ['Alice École', 'Bruno École', 'Chloé École']) {
      ids.push(await app.create('teachers', { name, ...school, street: `home of ${name}`, city: 'Lyon' }));
    }
    const [alice, bruno, chloe] = await Promise.all(
      ['Alice École', 'Bruno École', 'Chloé École'].map((name) => odoo.appears(name)),
    );
    await waitUntil('all have their address', async () =>
      (await Promise.all([alice, bruno, chloe].map((who) => odoo.read(who?.id ?? 0)))).every((row) =>
        String(row.street).startsWith('home of'),
      ),
    );
    await calm();
    const [company] = await odoo.find('Lycée Ampère');
    t.match(
      company,
      { is_company: true, street: false, city: false, vat: false },
      'the school has none of their addresses',
    );
    t.equal((await odoo.find('Lycée Ampère')).length, 1, 'one school for all');
    t.same(
      [alice, bruno, chloe].map((who) => who?.parent_id),
      Array(3).fill(company?.id),
    );
    const others = () => Promise.all([bruno, chloe, company].map((who) => odoo.read(who?.id ?? 0)));
    const before = await others();
    await app.edit('teachers', ids[0] ?? '', { street: '9 rue Neuve', city: 'Paris' });
    await waitUntil('Alice has moved', async () => (await odoo.read(alice?.id ?? 0)).street === '9 rue Neuve');
    await calm();
    t.same(await others(), before);
    await odoo.write(bruno?.id ?? 0, { street: '2 rue Vieille' });
    await waitUntil(
      'Bruno has moved in the app',
      async () => (await app.look('teachers', ids[1] ?? '')).street === '2 rue Vieille',
    );
    await calm();
    t.equal((await app.look('teachers', ids[2] ?? '')).street, 'home of Chloé École');
    t.equal((await app.look('teachers', ids[0] ?? '')).street, '9 rue Neuve');
  });

  await t.test('a child that people made in Odoo: its first own address makes it `other`', async (t) => {
    const company = await odoo.create({
      name: 'Collège Curie',
      is_company: true,
      street: '1 place Curie',
      city: 'Metz',
    });
    const values = { parent_id: company, category_id: [[6, 0, [tag.teacher]]] as never };
    const partnerId = await odoo.create({ name: 'Denis Fils', ...values });
    const sibling = await odoo.create({ name: 'Elsa Fille', ...values });
    const teacher = await waitUntil('Denis is in the app', async () => (await app.find('teachers', 'Denis Fils'))[0]);
    t.match(teacher, { school: 'Collège Curie', street: '1 place Curie', city: 'Metz' });
    await calm();
    await app.edit('teachers', String(teacher.id), { street: '5 rue Privée' });
    await waitUntil('Denis has moved', async () => (await odoo.read(partnerId)).street === '5 rue Privée');
    t.match(await odoo.read(partnerId), { type: 'other', city: 'Metz', parent_id: company });
    t.match(
      [await odoo.read(company), await odoo.read(sibling)],
      [{ street: '1 place Curie' }, { street: '1 place Curie' }],
    );
  });

  await t.test('a teacher gets a school: the own address stays', async (t) => {
    const id = await app.create('teachers', { name: 'Farid Seul', street: '7 rue Farid', city: 'Brest' });
    const { id: partnerId } = await odoo.appears('Farid Seul');
    await calm();
    await app.edit('teachers', id, { school: 'Lycée Hugo', city: 'Quimper' });
    await waitUntil('the school is set', async () => (await odoo.read(partnerId)).parent_id !== false);
    await waitUntil('the city is set', async () => (await odoo.read(partnerId)).city === 'Quimper');
    t.match(await odoo.read(partnerId), { street: '7 rue Farid', type: 'other' });
    t.match((await odoo.find('Lycée Hugo'))[0], { street: false, city: false });
  });

  await t.test('both change the same field: the last wins, the loser is kept; other fields merge', async (t) => {
    const id = await app.create('teachers', { name: 'Hugo Double', phone: '0', city: 'Pau' });
    const { id: partnerId } = await odoo.appears('Hugo Double');
    // Odoo tells whole seconds: an edit within that of the creation could not be told from it.
    await sleep(1_100);
    await whileBridgeIsAway(async () => {
      await odoo.write(partnerId, { phone: 'odoo', comment: htmlNotes ? '<p>from Odoo</p>' : 'from Odoo' });
      await sleep(2_500);
      await app.edit('teachers', id, { phone: 'app', city: 'Dax' });
    });
    await waitUntil('the app won', async () => (await odoo.read(partnerId)).phone === 'app');
    await calm();
    t.match(await odoo.read(partnerId), { phone: 'app', city: 'Dax' });
    t.match(await app.look('teachers', id), { phone: 'app', city: 'Dax', notes: 'from Odoo' });
    t.match(await conflictsOf(id), [
      { field: 'phone', winner: 'app', rule: 'later', app_value: 'app', odoo_value: 'odoo', close: false },
    ]);
    await whileBridgeIsAway(async () => {
      await app.edit('teachers', id, { phone: 'app 2' });
      await sleep(2_500);
      await odoo.write(partnerId, { phone: 'odoo 2' });
    });
    await waitUntil('Odoo won', async () => (await app.look('teachers', id)).phone === 'odoo 2');
    await calm();
    t.match((await conflictsOf(id))[1], { field: 'phone', winner: 'odoo', app_value: 'app 2' });
  });

  await t.test('matching: one person entered on both sides is one', async (t) => {
    const before = await odoo.create({ name: 'Lena Match', email: 'LENA@example.org', phone: '5' });
    const id = await app.create('tenants', { name: 'Léna Match', email: 'lena@example.org', city: 'Nice' });
    await waitUntil('they are linked', async () => (await odoo.read(before)).city === 'Nice');
    await calm();
    t.match(await app.look('tenants', id), { phone: '5' });
    t.same((await odoo.read(before)).category_id, [tag.tenant]);
  });

  await t.test('matching: a person of two kinds is one partner with both tags', async (t) => {
    await app.create('teachers', { name: 'Mona Deux', email: 'mona@example.org' });
    const partner = await odoo.appears('Mona Deux');
    await calm();
    const guest = await app.create('guests', { name: 'Mona Deux', email: 'mona@example.org', phone: '77' });
    await waitUntil('the phone is in Odoo', async () => (await odoo.read(partner.id)).phone === '77');
    await calm();
    t.equal((await odoo.find('Mona Deux')).length, 1);
    t.same(new Set((await odoo.read(partner.id)).category_id as number[]), new Set([tag.teacher, tag.guest]));
    const [teacher] = await app.find('teachers', 'Mona Deux');
    await waitUntil(
      'the teacher has it too',
      async () => (await app.look('teachers', String(teacher?.id))).phone === '77',
    );
    await app.edit('guests', guest, { city: 'Agen' });
    await waitUntil('and the city', async () => (await app.look('teachers', String(teacher?.id))).city === 'Agen');
  });

  await t.test('matching: what a person would have to guess is held with its candidates', async (t) => {
    const other = await odoo.create({ name: 'Somebody Else', email: 'shared@example.org' });
    const id = await app.create('guests', { name: 'Nora Held', email: 'shared@example.org' });
    const held = await waitUntil('it is held', async () => {
      const page = await reports().held({ limit: 100 });
      return page.data.find((row) => row.app_id === id && row.entity === 'guest') as Fields | undefined;
    });
    t.match(held, { kind: 'match', candidates: [String(other)] });
    t.same(await odoo.find('Nora Held'), []);
  });

  await t.test(
    'a tag lost makes the link out of scope, nothing is archived; a tag given again brings it back',
    async (t) => {
      const id = await app.create('guests', { name: 'Olga Weg' });
      const { id: partnerId } = await odoo.appears('Olga Weg');
      await calm();
      await odoo.write(partnerId, { category_id: [[6, 0, []]] });
      const state = async () =>
        (await db().selectFrom('links').select('state').where('odoo_id', '=', partnerId).executeTakeFirst())?.state;
      await waitUntil('it is out of scope', async () => (await state()) === 'out_of_scope');
      await app.edit('guests', id, { city: 'Toul' });
      await calm();
      t.match(
        [await odoo.read(partnerId), await app.look('guests', id)],
        [{ active: true, city: false }, { deleted_at: null }],
      );
      await odoo.write(partnerId, { category_id: [[6, 0, [tag.guest]]] });
      await waitUntil('the city came through', async () => (await odoo.read(partnerId)).city === 'Toul');
      await calm();
      t.equal(await state(), 'active');
    },
  );

  await t.test('a partner that gets a second tag becomes the other kind as well', async (t) => {
    await app.create('teachers', { name: 'Paul Beides', phone: '3' });
    const { id: partnerId } = await odoo.appears('Paul Beides');
    await calm();
    await odoo.write(partnerId, { category_id: [[4, tag.guest]] });
    const guest = await waitUntil('Paul is a guest too', async () => (await app.find('guests', 'Paul Beides'))[0]);
    t.equal(guest.phone, '3');
    await calm();
    t.equal((await app.find('teachers', 'Paul Beides')).length, 1);
  });

  await t.test('a partner deleted in Odoo is archived in the app, and not created again by an edit', async (t) => {
    const id = await app.create('guests', { name: 'Quentin Parti' });
    const { id: partnerId } = await odoo.appears('Quentin Parti');
    await calm();
    await odoo.call('res.partner', 'unlink', {}, [partnerId]);
    await waitUntil('it is archived', async () => (await app.look('guests', id)).deleted_at !== null);
    await calm();
    await app.restore('guests', id);
    await app.edit('guests', id, { city: 'Vire' });
    const held = await waitUntil('it is held', async () =>
      (await reports().held({ limit: 100 })).data.find((row) => row.odoo_id === partnerId),
    );
    t.match(held, { kind: 'delete', detail: /edited in the app/ });
    t.same(await odoo.find('Quentin Parti'), [], 'an edit creates nothing anew');
    t.match(await app.look('guests', id), { deleted_at: null, city: 'Vire' }, 'and is not lost');
  });

  await t.test('a partner deleted in Odoo while the app edits it is held', async (t) => {
    const id = await app.create('guests', { name: 'Rita Beide' });
    const { id: partnerId } = await odoo.appears('Rita Beide');
    await whileBridgeIsAway(async () => {
      await odoo.call('res.partner', 'unlink', {}, [partnerId]);
      await app.edit('guests', id, { city: 'Brest' });
    });
    await waitUntil('it is held', async () =>
      (await reports().held({ limit: 100 })).data.some((row) => row.odoo_id === partnerId),
    );
    t.match(await app.look('guests', id), { deleted_at: null, city: 'Brest' });
    t.same(await odoo.find('Rita Beide'), []);
  });

  await t.test('a partner that Odoo merged into another takes its record along', async (t) => {
    const id = await app.create('guests', { name: 'Simone Doppel', email: 'simone@example.org' });
    const { id: loser } = await odoo.appears('Simone Doppel');
    await calm();
    const survivor = await odoo.create({ name: 'Simone Doppel-Weber', phone: '+33 1 00 00 00 07' });
    await odoo.merge(loser, survivor);
    await waitUntil(
      'the survivor is in the app',
      async () => (await app.look('guests', id)).name === 'Simone Doppel-Weber',
    );
    await calm();
    t.match(await app.look('guests', id), { deleted_at: null, phone: '+33 1 00 00 00 07' });
    await app.edit('guests', id, { city: 'Nantes' });
    await waitUntil('an edit goes to the survivor', async () => (await odoo.look(survivor))?.city === 'Nantes');
    t.equal((await app.find('guests', 'Simone Doppel-Weber')).length, 1);
  });

  await t.test('a partner that also stands for a guest stays in use when the teacher is archived', async (t) => {
    const person = { name: 'Theo Zwei', email: 'theo@example.org' };
    const teacher = await app.create('teachers', person);
    const { id: partnerId } = await odoo.appears('Theo Zwei');
    await calm();
    const guest = await app.create('guests', person);
    await waitUntil('it carries both tags', async () => {
      const tags = (await odoo.look(partnerId))?.category_id as number[];
      return tags.includes(tag.teacher) && tags.includes(tag.guest);
    });
    await calm();
    await app.archive('teachers', teacher);
    await waitUntil('the link says why', async () =>
      (await reports().links({ limit: 500, entity: 'teacher' })).data.some(
        (row) => row.app_id === teacher && JSON.stringify(row.warnings).includes('another kind'),
      ),
    );
    await calm();
    t.equal((await odoo.look(partnerId))?.active, true);
    t.equal((await app.look('guests', guest)).deleted_at, null, 'the guest is untouched');
    await app.archive('guests', guest);
    await waitUntil('now it is archived', async () => (await odoo.look(partnerId))?.active === false);
    await calm();
    await app.restore('teachers', teacher);
    await waitUntil('and back', async () => (await odoo.look(partnerId))?.active === true);
  });
}
