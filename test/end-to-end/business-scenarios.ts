/** Apartments and travels, both ways, over real HTTP: for the simulator and for a real Odoo. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import type { RpcValue } from '../../src/backends/odoo/transport.ts';
import type { TestOdoo } from '../support/odoo-lab.ts';
import { startBridge } from '../support/start-bridge.ts';

/** Sits with both sides: the people, the bridge, and looks at records past it. */
export async function openOffice(t: Test, address: TestOdoo, environment: Record<string, string> = {}) {
  const setup = await startBridge(t, { odoo: address, environment });
  const odoo = odooPerson(address, address.transport);
  const app = appPerson(setup.app.url);
  const { reports } = setup.bridge.context;

  async function find(model: string, domain: RpcValue, fields: string[]): Promise<Fields[]> {
    return (await odoo.call(model, 'search_read', { domain, fields, load: '', order: 'id' })) as Fields[];
  }
  return {
    setup,
    app,
    odoo,
    find,
    write: (model: string, id: unknown, vals: Record<string, RpcValue>) =>
      odoo.call(model, 'write', { vals }, [Number(id)]),
    calm: () => waitUntil('the queue is empty', async () => (await reports.queue()).depth === 0),
    /** The only record that fits, once there is exactly one. */
    async one(model: string, domain: RpcValue, fields: string[]): Promise<Fields> {
      return waitUntil(`one ${model}`, async () => {
        const rows = await find(model, domain, fields);
        return rows.length === 1 ? rows[0] : undefined;
      });
    },
    /** The app's record, once it shows these values. */
    shows: (collection: string, id: string, wanted: Fields) =>
      waitUntil(`${collection} ${id} shows ${JSON.stringify(wanted)}`, async () => {
        const record = await app.look(collection, id);
        return Object.entries(wanted).every(([field, value]) => record[field] === value) ? record : undefined;
      }),
  };
}

export async function runBusinessScenarios(
  t: Test,
  address: TestOdoo,
  environment: Record<string, string> = {},
): Promise<void> {
  const { setup, app, odoo, one, find, write, shows, calm } = await openOffice(t, address, environment);
  const hasTags = address.version !== 14;
  const product = ['name', 'default_code', 'list_price', 'description_sale', 'type', 'active'];
  const tagged = hasTags ? ['product_tag_ids'] : [];
  const reason = address.version === 14 ? 'lost_reason' : 'lost_reason_id';
  const lead = ['name', 'partner_id', 'type', 'expected_revenue', 'active', 'probability', 'stage_id', 'user_id'];

  await t.test('an apartment of the app is a service in the catalogue, and both go on together', async (t) => {
    const fields = { name: 'Studio Canebière', reference: 'MRS-1', description: 'Sea view', price: '95.50' };
    const place = { currency: 'EUR', street: '1 La Canebière', zip: '13001', city: 'Marseille', country: 'FR' };
    const id = await app.create('apartments', { ...fields, ...place });
    const found = await one(
      'product.template',
      [['default_code', '=', 'MRS-1']],
      [...product, ...tagged, 'x_bridge_city'],
    );
    t.match(found, {
      name: fields.name,
      list_price: 95.5,
      description_sale: 'Sea view',
      type: 'service',
      active: true,
    });
    t.equal(found.x_bridge_city, 'Marseille');
    if (hasTags) t.equal((found.product_tag_ids as number[]).length, 1, 'it carries the tag of apartments');
    await calm();
    await sleep(1_100);
    await write('product.template', found.id, { list_price: 120, name: 'Studio Vieux-Port' });
    await shows('apartments', id, { price: '120.00', name: 'Studio Vieux-Port' });
    await write('product.template', found.id, { active: false });
    await shows('apartments', id, { active: false });
    await calm();
    await app.edit('apartments', id, { active: true });
    await one(
      'product.template',
      [
        ['default_code', '=', 'MRS-1'],
        ['active', '=', true],
      ],
      product,
    );
    t.equal((await find('product.template', [['default_code', '=', 'MRS-1']], ['id'])).length, 1);
  });

  if (hasTags)
    await t.test('a product that gets the tag in Odoo becomes an apartment', async (t) => {
      const [tag] = await find('product.tag', [['name', '=', 'Apartment']], ['id']);
      const tags = { product_tag_ids: [[6, 0, [Number(tag?.id)]]] as RpcValue };
      const vals_list = [{ name: 'Loft Part-Dieu', default_code: 'LYS-1', list_price: 80, ...tags }];
      await odoo.call('product.template', 'create', { vals_list });
      const [made] = await waitUntil('the apartment is in the app', async () => {
        const rows = await app.find('apartments', 'Loft Part-Dieu');
        return rows.length > 0 ? rows : undefined;
      });
      t.match(made, { price: '80.00', reference: null }, 'the reference is for the app to give');
    });
  else
    await t.test('without tags of products, one that is made in Odoo is none of its business', async (t) => {
      await odoo.call('product.template', 'create', { vals_list: [{ name: 'Loft Part-Dieu', list_price: 80 }] });
      await setup.bridge.schedule.pollNow();
      await calm();
      t.same(await app.find('apartments', 'Loft Part-Dieu'), []);
    });

  await t.test('an apartment of the reference and the name of a product is that one', async (t) => {
    await odoo.call('product.template', 'create', { vals_list: [{ name: 'Chalet', default_code: 'GNB-1' }] });
    await app.create('apartments', { name: 'Chalet', reference: 'GNB-1', price: '60.00', currency: 'EUR' });
    await calm();
    const twins = await find('product.template', [['default_code', '=', 'GNB-1']], product);
    t.equal(twins.length, 1, 'taken for the same by its reference and name');
  });

  await t.test('another currency than the books have: the price stays as it is, with a warning', async (t) => {
    const id = await app.create('apartments', {
      name: 'Flat Genève',
      reference: 'GVA-1',
      price: '200.00',
      currency: 'CHF',
    });
    const found = await one('product.template', [['default_code', '=', 'GVA-1']], product);
    t.not(found.list_price, 200);
    await calm();
    t.match(await app.look('apartments', id), { price: '200.00', currency: 'CHF' });
  });

  await t.test('a travel waits for its teacher, and becomes a lead of that partner', async (t) => {
    const teacher = await app.create('teachers', { name: 'Tara Travel', email: 'tara@example.org' });
    const fields = { title: 'Rome 2027', teacher_id: teacher, destination: 'Rome', participants: 28 };
    const dates = { start_date: '2027-03-01', end_date: '2027-03-06', notes: 'Two buses' };
    const id = await app.create('travels', { ...fields, ...dates });
    const own = ['x_bridge_destination', 'x_bridge_start_date', 'x_bridge_participants'];
    const found = await one('crm.lead', [['name', '=', 'Rome 2027']], [...lead, ...own]);
    const partner = await odoo.appears('Tara Travel');
    t.match(found, { partner_id: partner.id, active: true, user_id: false, x_bridge_destination: 'Rome' });
    t.match(found, { x_bridge_start_date: '2027-03-01', x_bridge_participants: 28 });
    await calm();
    t.equal((await app.look('travels', id)).odoo_type, found.type, 'what Odoo made of it is told');

    await t.test('its quote moves it on', async () => {
      await app.edit('travels', id, { status: 'quote_validated', quote_amount: '8400.00', currency: 'EUR' });
      await waitUntil('the lead has moved', async () => {
        const row = await one('crm.lead', [['name', '=', 'Rome 2027']], lead);
        return row.expected_revenue === 8400 && row.stage_id !== found.stage_id ? row : undefined;
      });
      await shows('travels', id, { odoo_stage: 'Proposition' });
    });
    await t.test('edits in Odoo come back, its status does not', async () => {
      await calm();
      await sleep(1_100);
      await write('crm.lead', found.id, { x_bridge_destination: 'Rome and Naples', expected_revenue: 9000 });
      await shows('travels', id, {
        destination: 'Rome and Naples',
        quote_amount: '9000.00',
        status: 'quote_validated',
      });
    });
    await t.test('invoiced it is an opportunity, still of its partner', async (t) => {
      await app.edit('travels', id, { status: 'invoiced' });
      await shows('travels', id, { odoo_type: 'opportunity' });
      t.match(await one('crm.lead', [['name', '=', 'Rome 2027']], lead), {
        type: 'opportunity',
        partner_id: partner.id,
      });
    });
    await t.test('cancelled it is lost with a reason, and still to be seen in the app', async (t) => {
      await calm();
      await app.edit('travels', id, { status: 'cancelled' });
      const domain = [
        ['name', '=', 'Rome 2027'],
        ['active', 'in', [true, false]],
      ];
      const lost = await waitUntil('the lead is lost', async () => {
        const row = await one('crm.lead', domain, [...lead, reason]);
        return row.active === false ? row : undefined;
      });
      t.match(lost, { probability: 0, [reason]: Number });
      await calm();
      t.equal((await app.look('travels', id)).deleted_at, null, 'it is not put away in the app');
    });
  });

  await t.test('documents hang on their owner in Odoo, each once', async (t) => {
    const teacher = await app.create('teachers', { name: 'Dora Document' });
    const bytes = (text: string) => new Uint8Array(Buffer.from(`%PDF-1.4 ${text}`));
    const owner = { entity: 'teacher', id: teacher };
    const id = await app.create('documents', { kind: 'contract', owner, filename: 'contract.pdf' });
    await app.upload(id, bytes('first'), 'application/pdf');
    const attached = ['name', 'checksum', 'mimetype', 'res_model', 'res_id'];
    const domain = [['name', 'in', ['contract.pdf', 'signed.pdf']]];
    const found = await one('ir.attachment', domain, attached);
    const partner = await odoo.appears('Dora Document');
    t.match(found, { res_model: 'res.partner', res_id: partner.id, mimetype: 'application/pdf' });
    t.equal(found.checksum, createHash('sha1').update(bytes('first')).digest('hex'));
    await calm();
    await app.upload(id, bytes('second'), 'application/pdf');
    const sums = ['first', 'second'].map((text) => createHash('sha1').update(bytes(text)).digest('hex'));
    await waitUntil('the bytes are replaced in place', async () => {
      const row = await one('ir.attachment', domain, attached);
      return row.id === found.id && row.checksum === sums[1] ? row : undefined;
    });
    await calm();
    await app.edit('documents', id, { filename: 'signed.pdf' });
    await one('ir.attachment', [['name', '=', 'signed.pdf']], attached);
    await calm();
    await app.archive('documents', id);
    await waitUntil('it is gone', async () => (await find('ir.attachment', domain, ['id'])).length === 0 || undefined);
    await calm();
    await app.restore('documents', id);
    const again = await one('ir.attachment', domain, attached);
    t.match(again, { name: 'signed.pdf', checksum: sums[1] });
    await calm();
    await odoo.call('ir.attachment', 'unlink', {}, [Number(again.id)]);
    await setup.bridge.context.links.markApp([{ entity: 'document', id }], 'ir.attachment', 0);
    await waitUntil('somebody deleted it in Odoo: it is there again', async () => {
      const [row] = await find('ir.attachment', domain, attached);
      return row && row.id !== again.id ? row : undefined;
    });
  });

  await t.test('leads that people make in Odoo are none of its business', async (t) => {
    await odoo.call('crm.lead', 'create', { vals_list: [{ name: 'A stranger' }] });
    await setup.bridge.schedule.pollNow();
    await calm();
    const links = await setup.bridge.context.db
      .selectFrom('links')
      .select('id')
      .where('entity', '=', 'travel')
      .execute();
    t.equal(links.length, 1);
  });

  await t.test('then it is quiet', async (t) => {
    await calm();
    const stamps = async () =>
      JSON.stringify([
        await find('crm.lead', [['active', 'in', [true, false]]], ['write_date']),
        await find('product.template', [['active', 'in', [true, false]]], ['write_date']),
        (await app.all('travels')).map((row) => row.updated_at),
        (await app.all('apartments')).map((row) => row.updated_at),
      ]);
    const before = await stamps();
    for (const _ of [1, 2]) await setup.bridge.schedule.pollNow();
    await calm();
    t.equal(await stamps(), before);
    const { parked, held } = await setup.bridge.context.reports.queue();
    t.same({ parked, held }, { parked: 0, held: 0 });
  });
}
