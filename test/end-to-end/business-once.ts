/** What is made once, whatever gets lost or comes at the same time: with a real Odoo, over real HTTP. */
import type { Test } from 'tap';
import type { RpcValue } from '../../src/backends/odoo/transport.ts';
import { type Details, pdf, waitUntil } from './business-details.ts';

export async function runOnceDetails(t: Test, details: Details): Promise<void> {
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
