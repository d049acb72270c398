/** What happens at the edges of apartments, travels and documents: with a real Odoo, over real HTTP. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Test } from 'tap';
import type { Fields } from '../../sandbox/people/people.ts';
import { waitUntil as waitFor } from '../../sandbox/people/wait-until.ts';
import { entities } from '../../src/entities/registry.ts';
import { sweep } from '../../src/sources/sweep.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { startLosingProxy } from '../support/losing-proxy.ts';
import type { RealOdoo } from '../support/odoo-lab.ts';
import { writePng } from '../support/write-png.ts';
import { openOffice } from './business-scenarios.ts';

/** A real Odoo on a busy machine takes its time. */
export const waitUntil = <T>(what: string, ask: () => Promise<T> | T) => waitFor(what, ask, 60_000, 50);

const ATTACHED = ['name', 'checksum', 'mimetype', 'res_model', 'res_id', 'file_size', 'write_date'];
const LEAD = ['name', 'partner_id', 'type', 'active', 'probability', 'email_from', 'x_bridge_destination'];
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');
export const pdf = (text: string) => new Uint8Array(Buffer.from(`%PDF-1.4 ${text}`));

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
    // Odoo makes pictures fit into 1920 by 1920.
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
