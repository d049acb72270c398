/** What happens at the edges of apartments, travels and documents: with a real Odoo, over real HTTP. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32, deflateSync } from 'node:zlib';
import pg from 'pg';
import type { Test } from 'tap';
import { type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil as waitFor } from '../../sandbox/people/wait-until.ts';
import type { RpcValue } from '../../src/backends/odoo/transport.ts';
import { entities } from '../../src/entities/registry.ts';
import { sweep } from '../../src/sources/sweep.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { startLosingProxy } from '../support/losing-proxy.ts';
import type { RealOdoo } from '../support/odoo-lab.ts';
import { openOffice } from './business-scenarios.ts';

/** A real Odoo on a busy machine takes its time. */
export const waitUntil = <T>(what: string, ask: () => Promise<T> | T) => waitFor(what, ask, 60_000, 50);

const ATTACHED = ['name', 'checksum', 'mimetype', 'res_model', 'res_id', 'file_size', 'write_date'];
const LEAD = ['name', 'partner_id', 'type', 'active', 'probability', 'email_from', 'x_bridge_destination'];
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');
const pdf = (text: string) => new Uint8Array(Buffer.from(`%PDF-1.4 ${text}`));

export async function openDetails(t: Test, real: RealOdoo) {
  const proxy = await startLosingProxy(t, real.url);
  const office = await openOffice(t, real, {
    ODOO_TRANSPORT: 'json2',
    ODOO_URL: proxy.url,
    DOCUMENT_MAX_MIB: '1',
    // As long as a call may still be at work nothing is done twice: here, that is known after ten seconds.
    ODOO_CALL_MAX_SECONDS: '10',
  });
  const { setup, app, find } = office;
  const { context } = setup.bridge;
  return {
    ...office,
    real,
    proxy,
    bridge: bridgeCallers(setup),
    async file(owner: Fields, filename: string, bytes: Uint8Array<ArrayBuffer>, type = 'application/pdf') {
      const id = await app.create('documents', { kind: 'travel_document', owner, filename });
      await app.upload(id, bytes, type);
      return id;
    },
    /** All that Odoo has under this name, once it has some. */
    attached: (name: string) =>
      waitUntil(`${name} is in Odoo`, async () => {
        const rows = await find('ir.attachment', [['name', '=', name]], ATTACHED);
        return rows.length > 0 ? rows : undefined;
      }),
    link: async (entity: string, id: string) => {
      const query = setup.bridge.context.db.selectFrom('links').select(['state', 'error', 'odoo_id']);
      const row = await query.where('entity', '=', entity).where('app_id', '=', id).executeTakeFirst();
      return { ...row, error: (row?.error ?? null) as { code: string; remedy: string } | null };
    },
    async pollTwiceAndSweep() {
      for (const _ of [1, 2]) await setup.bridge.schedule.pollNow();
      const certificate = await sweep({ ...context, now: Date.now }, entities);
      await office.calm();
      return certificate;
    },
    /** What no page of the app lets anybody do, and another app may. */
    async alter(id: string, change: Fields) {
      const client = new pg.Client({ connectionString: setup.appDatabaseUrl });
      await client.connect();
      await client.query(
        `update travel_app.records set fields = fields || $1::jsonb, updated_at = clock_timestamp()
         where collection = 'documents' and id = $2`,
        [JSON.stringify(change), id],
      );
      await client.end();
      await setup.bridge.schedule.pollNow();
    },
  };
}

export type Details = Awaited<ReturnType<typeof openDetails>>;

export async function runTravelDetails(t: Test, details: Details): Promise<void> {
  const { app, odoo, one, find, write, shows, calm, setup, link } = details;
  const teacher = await app.create('teachers', { name: 'Elsa Email', email: 'elsa@example.org' });
  const id = await app.create('travels', { title: 'Oslo', teacher_id: teacher, destination: 'Oslo' });
  const lead = await one('crm.lead', [['name', '=', 'Oslo']], LEAD);
  await calm();

  await t.test('an e-mail corrected on the lead is that of the teacher, once and for all', async (t) => {
    t.equal(lead.email_from, 'elsa@example.org');
    await sleep(1_100);
    await write('crm.lead', lead.id, { email_from: 'elsa.neu@example.org' });
    t.match(await odoo.find('Elsa Email'), [{ email: 'elsa.neu@example.org' }], 'Odoo moves that of the partner');
    await shows('teachers', teacher, { email: 'elsa.neu@example.org' });
    await calm();
    const stamps = async () => [
      (await app.look('teachers', teacher)).updated_at,
      (await app.look('travels', id)).updated_at,
      (await odoo.find('Elsa Email'))[0]?.write_date,
      (await find('crm.lead', [['name', '=', 'Oslo']], ['write_date']))[0]?.write_date,
    ];
    const before = await stamps();
    for (const _ of [1, 2]) await setup.bridge.schedule.pollNow();
    await calm();
    t.same(await stamps(), before, 'nothing is written to and fro');
    t.match(await link('teacher', teacher), { state: 'active', error: null });
    t.match(await link('travel', id), { state: 'active', error: null });
  });

  await t.test('what Odoo expects of it comes with its currency, though the app had neither', async () => {
    await write('crm.lead', lead.id, { expected_revenue: 700 });
    await shows('travels', id, { quote_amount: '700.00', currency: 'EUR' });
    await calm();
  });

  await t.test('lost by a person in Odoo it stays lost, whatever else changes in the app', async (t) => {
    await odoo.call('crm.lead', 'action_set_lost', {}, [Number(lead.id)]);
    await shows('travels', id, { probability: 0 });
    await calm();
    await app.edit('travels', id, { destination: 'Bergen', notes: 'By ship' });
    const lost = await waitUntil('the edit is in Odoo', async () => {
      const [row] = await find('crm.lead', [['id', '=', Number(lead.id)]], LEAD);
      return row?.x_bridge_destination === 'Bergen' ? row : undefined;
    });
    t.match(lost, { active: false, probability: 0 });
    await calm();
    t.match(await app.look('travels', id), { status: 'submitted', probability: 0, deleted_at: null });
    t.match(await link('travel', id), { state: 'active', error: null });
  });

  await t.test('until the travel goes on in the app', async (t) => {
    await app.edit('travels', id, { status: 'quote_validated' });
    await waitUntil('the lead is open again', async () => {
      const [row] = await find('crm.lead', [['id', '=', Number(lead.id)]], LEAD);
      return row?.active;
    });
    await calm();
    t.match(await app.look('travels', id), { status: 'quote_validated', odoo_stage: 'Proposition' });
    t.match(await link('travel', id), { state: 'active', error: null });
  });
}

export async function runDocumentDetails(t: Test, details: Details): Promise<void> {
  const { app, one, calm, file, attached, link, alter, pollTwiceAndSweep, find, proxy } = details;
  const tenant = await app.create('tenants', { name: 'Tom Tenant' });
  const owner = { entity: 'tenant', id: tenant };

  await t.test('a picture that Odoo makes smaller is sent once', async (t) => {
    const picture = writePng(2_000, 30);
    const id = await file(owner, 'view.png', picture, 'image/png');
    const [found] = await attached('view.png');
    t.not(found?.checksum, sha1(picture), 'Odoo has other bytes than it was sent');
    await calm();
    t.match(await pollTwiceAndSweep(), { differing: 0 });
    await app.upload(id, picture, 'image/png');
    await details.bridge.event('document.updated', id);
    await calm();
    t.same(await attached('view.png'), [found], 'not written again');
    t.match(await link('document', id), { state: 'active', error: null });
  });

  await t.test('the same bytes again are not sent again', async (t) => {
    const id = await file(owner, 'same.pdf', pdf('same'));
    const [found] = await attached('same.pdf');
    await calm();
    await sleep(1_100);
    proxy.loseNext(Buffer.from(pdf('same')).toString('base64').slice(0, 18));
    await app.upload(id, pdf('same'), 'application/pdf');
    await alter(id, {});
    await details.bridge.event('document.updated', id);
    await calm();
    t.equal(proxy.pending.length, 1, 'no call carried them');
    proxy.loseNone();
    t.same(await attached('same.pdf'), [found]);
  });

  await t.test('one that is too large, or not what the app says, is parked; the others go on', async (t) => {
    const large = await file(owner, 'large.pdf', new Uint8Array(1_200_000));
    const lying = await file(owner, 'lying.pdf', pdf('lying'));
    await attached('lying.pdf');
    await calm();
    await alter(lying, { sha256: createHash('sha256').update('other').digest('hex') });
    await file(owner, 'good.pdf', pdf('good'));
    t.match(await attached('good.pdf'), [{ checksum: sha1(pdf('good')) }]);
    await calm();
    t.match(await link('document', large), {
      state: 'parked',
      error: { code: 'document_too_large', remedy: /DOCUMENT_MAX_MIB/ },
    });
    t.match(await link('document', lying), {
      state: 'parked',
      error: { code: 'document_bytes_differ', remedy: /sha256/ },
    });
    t.match(await attached('lying.pdf'), [{ checksum: sha1(pdf('lying')) }], 'Odoo keeps what it has');
    t.same(await find('ir.attachment', [['name', '=', 'large.pdf']], ['id']), []);
    await app.upload(large, pdf('smaller'), 'application/pdf');
    await app.upload(lying, pdf('true'), 'application/pdf');
    t.match(await attached('large.pdf'), [{ checksum: sha1(pdf('smaller')) }], 'made smaller, it goes');
    await waitUntil('the true bytes', async () => (await attached('lying.pdf'))[0]?.checksum === sha1(pdf('true')));
    await calm();
    t.match([await link('document', large), await link('document', lying)], [{ error: null }, { error: null }]);
  });

  await t.test('a document of an apartment and one of an invoice wait for it, and hang on it', async (t) => {
    const flat = await app.create('apartments', { name: 'Flat Lille', reference: 'LIL-1' });
    await file({ entity: 'apartment', id: flat }, 'plan.pdf', pdf('plan'));
    const product = await one('product.template', [['default_code', '=', 'LIL-1']], ['id']);
    t.match(await attached('plan.pdf'), [{ res_model: 'product.template', res_id: product.id }]);
    const day = new Date().toISOString().slice(0, 10);
    const lines = [{ description: 'Nights', quantity: 1, unit_price: '100.00', discount_percent: 0, tax_percent: 0 }];
    const invoice = await app.create('invoices', { customer: owner, invoice_date: day, due_date: day, lines });
    const early = await file({ entity: 'invoice', id: invoice }, 'early.pdf', pdf('early'));
    const waits = await waitUntil('it waits', async () => {
      const found = await link('document', early);
      return found.error ? found : undefined;
    });
    t.match(waits, { state: 'active', odoo_id: null, error: { code: 'waits_for_parent' } });
    const { number } = await app.act('invoices', invoice, 'validate');
    const move = await waitUntil('the invoice is in Odoo', async () => {
      const rows = await find('account.move', [['invoice_origin', '=', String(number)]], ['id']);
      return rows[0];
    });
    for (const name of ['early.pdf', `${number}.pdf`, `${number}.xml`]) {
      t.match(await attached(name), [{ res_model: 'account.move', res_id: move.id }], name);
      t.equal((await attached(name)).length, 1);
    }
  });
}

export async function runSameTimeDetails(t: Test, details: Details): Promise<void> {
  const { app, odoo, find, calm, proxy, file, attached, setup, real, bridge } = details;
  const [tag] = await find('product.tag', [['name', '=', 'Apartment']], ['id']);
  const tagged = { product_tag_ids: [[6, 0, [Number(tag?.id)]]] as RpcValue };

  async function isOne(t: Test, { name, reference }: { name: string; reference: string }): Promise<void> {
    t.equal((await find('product.template', [['default_code', '=', reference]], ['id'])).length, 1, 'one product');
    t.equal((await app.find('apartments', name)).length, 1, 'one apartment');
  }

  await t.test('what was made while the answer got lost is made once', async (t) => {
    const teacher = await app.create('teachers', { name: 'Lola Lost' });
    await odoo.appears('Lola Lost');
    await calm();
    const sent = { travel: 'Lost on the way to Turin', apartment: 'A view that was lost', document: 'lost bytes' };
    const bytes = pdf(sent.document);
    for (const text of [sent.travel, sent.apartment, Buffer.from(bytes).toString('base64')]) proxy.loseNext(text);
    await app.create('travels', { title: 'Turin', teacher_id: teacher, notes: sent.travel });
    await app.create('apartments', { name: 'Flat Turin', reference: 'TRN-1', description: sent.apartment });
    await file({ entity: 'teacher', id: teacher }, 'lost.pdf', bytes);
    await waitUntil('all three answers were lost', () => proxy.pending.length === 0);
    await waitUntil('all is well', async () => {
      const { depth, parked } = await setup.bridge.context.reports.queue();
      return depth === 0 && parked === 0;
    });
    t.equal((await find('crm.lead', [['name', '=', 'Turin']], ['id'])).length, 1, 'one lead');
    t.equal((await find('product.template', [['default_code', '=', 'TRN-1']], ['id'])).length, 1, 'one product');
    t.equal((await attached('lost.pdf')).length, 1, 'one attachment');
  });

  await t.test('a resync over HTTP finds what nobody told, and writes nothing twice', async (t) => {
    await setup.bridge.stop();
    const vals_list = [{ name: 'Forgotten flat', default_code: 'FGT-1', list_price: 70, ...tagged }];
    const made = (await odoo.call('product.template', 'create', { vals_list })) as [number];
    // Longer ago than any poll looks back.
    await real.lab.psql(
      `update product_template set write_date = write_date - interval '2 days' where id = ${made[0]}`,
    );
    const twin = { name: 'Flat on both sides', reference: 'BTH-1' };
    const vals = { name: twin.name, default_code: twin.reference, ...tagged };
    await Promise.all([app.create('apartments', twin), odoo.call('product.template', 'create', { vals_list: [vals] })]);
    await setup.restart();
    await setup.bridge.schedule.pollNow();
    const isQuiet = async () => (await setup.bridge.context.reports.queue()).depth === 0;
    await waitUntil('the queue is empty', isQuiet);
    await isOne(t, twin);
    t.same(await app.find('apartments', 'Forgotten flat'), [], 'no poll saw it');
    const run = async (collection: string) => {
      const started = await bridge.post(`/api/sync/${collection}`, {});
      t.equal(started.status, 202);
      return waitUntil(`the run of ${collection} is over`, async () => {
        const { body } = await bridge.get(`/api/sync/runs/${started.body.run_id}`);
        return body.status === 'running' ? undefined : body;
      });
    };
    const first = await run('apartments');
    t.match(first, { status: 'done', created: 1, updated: 0, conflicts: 0, parked: 0, held: 0 });
    t.match(await app.find('apartments', 'Forgotten flat'), [{ price: '70.00' }]);
    await waitUntil('the queue is empty', isQuiet);
    const before = await stampsOf(details);
    for (const collection of ['apartments', 'travels', 'documents', 'invoices', 'all']) {
      const report = await run(collection);
      t.match(report, { status: 'done', created: 0, updated: 0, conflicts: 0, parked: 0, held: 0 }, collection);
      t.ok(Number(report.total) > 0, `${collection} has some`);
      t.equal(report.unchanged, report.total, 'all as they were');
    }
    t.equal(await stampsOf(details), before);
  });

  await t.test('nothing is left', async (t) => {
    const { depth, parked, held } = await setup.bridge.context.reports.queue();
    t.same({ depth, parked, held }, { depth: 0, parked: 0, held: 0 });
  });

  await t.test('entered on both sides at the same instant: one, or a person is asked', async (t) => {
    const numbers = [1, 2, 3, 4];
    await Promise.all(
      numbers.flatMap((number) => {
        const twin = { name: `Loft ${number}`, reference: `LFT-${number}` };
        const vals = { name: twin.name, default_code: twin.reference, ...tagged };
        return [app.create('apartments', twin), odoo.call('product.template', 'create', { vals_list: [vals] })];
      }),
    );
    const queue = () => setup.bridge.context.reports.queue();
    await waitUntil('the queue is empty', async () => (await queue()).depth === 0);
    await setup.bridge.schedule.pollNow();
    await waitUntil('the queue is empty', async () => (await queue()).depth === 0);
    // Odoo's may be committed when the bridge has looked for it already: then there are two, and the second is held.
    const products = await find('product.template', [['default_code', 'like', 'LFT-']], ['id']);
    const { held, parked } = await queue();
    t.same([products.length, parked], [numbers.length + held, 0]);
    for (const number of numbers) t.equal((await app.find('apartments', `Loft ${number}`)).length, 1, `Loft ${number}`);
  });
}

async function stampsOf({ find, app }: Details): Promise<string> {
  const models = ['crm.lead', 'product.template', 'account.move', 'res.partner'];
  const rows = await Promise.all(
    models.map((model) =>
      find(model, [['active', 'in', [true, false]]].slice(model === 'account.move' ? 1 : 0), ['write_date']),
    ),
  );
  const linked = await find('ir.attachment', [['name', 'like', '.pdf']], ['write_date']);
  const collections = ['travels', 'apartments', 'documents', 'invoices', 'tenants', 'teachers'];
  const records = await Promise.all(collections.map((collection) => app.all(collection)));
  return JSON.stringify([rows, linked, records.map((all) => all.map(({ updated_at }) => updated_at))]);
}

/** Noise of two kinds of grey, square, and too large for Odoo, which makes pictures fit into 1920 by 1920. */
function writePng(size: number, height: number): Uint8Array<ArrayBuffer> {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const;
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc32(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits of grey per pixel; each line begins with the number of its filter, none.
  header.writeUInt8(8, 8);
  const pixels = Buffer.alloc((size + 1) * height, 0x7f);
  for (let line = 0; line < height; line += 1) pixels[line * (size + 1)] = 0;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([signature, ...parts]));
}

/** Where people work with leads, and the bridge is one of them: an ordinary salesman. */
export async function giveLeads(real: RealOdoo): Promise<void> {
  const { call } = odooPerson(real);
  const [id] = (await call('res.config.settings', 'create', { vals_list: [{ group_use_lead: true }] })) as [number];
  await call('res.config.settings', 'execute', {}, [id]);
}
