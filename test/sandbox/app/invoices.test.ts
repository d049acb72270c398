import pg from 'pg';
import t from 'tap';
import { type Line, sumUp } from '../../../sandbox/app/collections/invoices.ts';
import { makeScene } from './make-cast.ts';
import { receiveWebhooks } from './receive-webhooks.ts';
import { startTestApp, type TestApp } from './start-test-app.ts';

const LINES = [{ description: 'Rooms', quantity: 2, unit_price: '85.00', tax_percent: 10 }];
const DRAFT = { customer: { entity: 'teacher', id: '1' }, lines: LINES };

const enter = async (app: TestApp, fields: object = {}) =>
  (await app.send('POST', '/api/invoices', { ...DRAFT, ...fields })).json;
const errorsOf = async (answer: ReturnType<TestApp['send']>) => (await answer).json.errors;

t.test('each line is rounded to the cent, halves away from zero, and then added up', async (t) => {
  const line = (unit_price: string, more: Partial<Line> = {}): Line => ({
    description: 'x',
    quantity: 1,
    unit_price,
    discount_percent: 0,
    tax_percent: 0,
    apartment_id: null,
    ...more,
  });
  for (const [lines, total_untaxed, total_tax, total] of [
    [[], '0.00', '0.00', '0.00'],
    [[line('0.10'), line('0.20')], '0.30', '0.00', '0.30'],
    [[line('0.05', { quantity: 0.1 })], '0.01', '0.00', '0.01'],
    [[line('-0.05', { quantity: 0.1 })], '-0.01', '0.00', '-0.01'],
    [[line('1.02', { tax_percent: 2.5 })], '1.02', '0.03', '1.05'],
    [Array(3).fill(line('0.25', { tax_percent: 10 })), '0.75', '0.09', '0.84'],
    [[line('19.99', { quantity: 3, discount_percent: 33.33, tax_percent: 19.6 })], '39.98', '7.84', '47.82'],
    [[line('100.00', { discount_percent: 100, tax_percent: 20 })], '0.00', '0.00', '0.00'],
    [[line('999999999999.99', { quantity: 1_000_000 })], '999999999999990000.00', '0.00', '999999999999990000.00'],
    [[line('1.00', { tax_percent: 0.0001, quantity: 5000 })], '5000.00', '0.01', '5000.01'],
  ] as const) {
    t.same(sumUp(lines), { total_untaxed, total_tax, total });
  }
});

t.test('a draft is edited freely, and its totals follow', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  const draft = await enter(app);
  t.match(draft, {
    number: 'INV-00001',
    status: 'draft',
    total_untaxed: '170.00',
    total_tax: '17.00',
    total: '187.00',
  });
  const lines = [{ description: 'Rooms', unit_price: '10' }];
  const { json } = await app.send('PATCH', '/api/invoices/1', { lines, number: 'F-1' });
  t.match(json, { number: 'F-1', total: '10.00', lines: [{ quantity: 1, unit_price: '10.00', tax_percent: 0 }] });
  t.match(await errorsOf(app.send('PATCH', '/api/invoices/1', { number: '' })), [{ message: 'is required' }]);
  const empty = await enter(app, { lines: [] });
  t.match(empty, { number: 'INV-00002', total: '0.00' });
});

t.test('no two invoices have one number, not even when they come at the same time', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => app.send('POST', '/api/invoices', { ...DRAFT, number: 'F-1' })),
  );
  t.same(answers.map(({ status }) => status).sort(), [201, ...Array(5).fill(422)]);
  const refused = answers.find(({ status }) => status === 422);
  t.match(refused?.json.errors, [{ field: 'number', message: 'is taken: invoice 1 has it' }]);
  await enter(app);
  t.match(await errorsOf(app.send('PATCH', '/api/invoices/2', { number: 'F-1' })), [{ field: 'number' }]);
  t.equal((await app.send('PATCH', '/api/invoices/1', { number: 'F-1', due_date: '2030-01-01' })).status, 200);
});

t.test('an invoice is validated once, and then goes out as PDF and XML', async (t) => {
  const receiver = await receiveWebhooks(t);
  const app = await startTestApp(t);
  await makeScene(app);
  await enter(app, { number: 'F/2027 <7>' });
  app.setWebhook(receiver.target);
  const answers = await Promise.all(Array.from({ length: 4 }, () => app.send('POST', '/api/invoices/1/validate')));
  t.same(answers.map(({ status }) => status).sort(), [200, 422, 422, 422]);
  const { json: invoice } = await app.send('GET', '/api/invoices/1');
  t.match(invoice, { status: 'validated', invoice_date: new Date().toISOString().slice(0, 10), total: '187.00' });
  await receiver.waitFor(5);
  const types = receiver.received.map(({ body }) => `${body.type} ${body.data.id}`).sort();
  t.same(types, [
    'document.created 1',
    'document.created 2',
    'document.updated 1',
    'document.updated 2',
    'invoice.updated 1',
  ]);

  const { json: documents } = await app.list('documents');
  t.match(documents.data, [
    {
      kind: 'invoice_pdf',
      filename: 'F-2027 <7>.pdf',
      media_type: 'application/pdf',
      owner: { entity: 'invoice', id: '1' },
    },
    { kind: 'invoice_xml', filename: 'F-2027 <7>.xml', media_type: 'application/xml' },
  ]);
  const page = await app.send('GET', '/invoices/1');
  t.match(page.text, '<a href="/documents/1">F-2027 &lt;7&gt;.pdf</a>', 'and stand on the page of the invoice');
});

t.test('what is validated is not changed any more, only cancelled or corrected', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  const wanting = await enter(app, { lines: [], status: 'draft' });
  t.match(await errorsOf(app.send('POST', `/api/invoices/${wanting.id}/validate`)), [{ field: 'lines' }]);
  const owing = await enter(app, { lines: [{ description: 'Refund', unit_price: '-1' }] });
  t.match(await errorsOf(app.send('POST', `/api/invoices/${owing.id}/validate`)), [{ field: 'total' }]);
  const undated = await app.send('POST', '/api/invoices', { ...DRAFT, status: 'validated' });
  t.match(undated.json.errors, [{ field: 'invoice_date' }], 'a date is only given by the button');

  const { id } = await enter(app, { due_date: '2099-01-01', travel_id: '1' });
  await app.send('POST', `/api/invoices/${id}/validate`);
  for (const [field, value] of Object.entries({ lines: [], number: 'F-2', due_date: null, currency: 'USD' })) {
    const errors = await errorsOf(app.send('PATCH', `/api/invoices/${id}`, { [field]: value }));
    t.match(errors[0], { field, message: 'cannot be changed: the invoice is validated' });
  }
  t.match(await errorsOf(app.send('PATCH', `/api/invoices/${id}`, { status: 'draft' })), [{ field: 'status' }]);
  t.match(await errorsOf(app.send('POST', `/api/invoices/${id}/archive`)), [{ field: 'deleted_at' }]);
  const page = await app.send('GET', `/invoices/${id}`);
  t.notMatch(page.text, /Save|>Archive</);
  t.match(page.text, 'Correct: cancel it and draft another');

  const fields = { odoo_number: 'INV/7', payment_state: 'paid', amount_residual: '0' };
  const { json } = await app.batch('invoices', { op: 'update', id, idempotency_key: 'a', fields });
  t.match(json.results, [{ status: 'ok', record: { ...fields, amount_residual: '0.00', total: '187.00' } }]);

  const { json: next } = await app.send('POST', `/api/invoices/${id}/correct`);
  t.match(next, {
    number: 'INV-00004',
    status: 'draft',
    travel_id: '1',
    total: '187.00',
    invoice_date: null,
    odoo_number: null,
  });
  t.match((await app.send('GET', `/api/invoices/${id}`)).json, { status: 'cancelled', odoo_number: 'INV/7' });
  t.match(await errorsOf(app.send('POST', `/api/invoices/${id}/correct`)), [{ field: 'status' }]);
  t.equal((await app.send('POST', `/api/invoices/${next.id}/cancel`)).json.status, 'cancelled');
  t.equal((await app.send('POST', `/api/invoices/${next.id}/archive`)).status, 200);
});

t.test('an invoice is made of a travel once its quote is validated', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  t.match(await errorsOf(app.send('POST', '/api/travels/1/make-invoice')), [
    { field: 'status', message: 'cannot go from submitted to invoiced' },
    { field: 'quote_amount' },
  ]);
  await app.send('POST', '/api/travels/1/validate-quote', { quote_amount: '1200', currency: 'EUR' });
  const answers = await Promise.all(Array.from({ length: 4 }, () => app.send('POST', '/api/travels/1/make-invoice')));
  t.same(answers.map(({ status }) => status).sort(), [200, 422, 422, 422]);
  const { json: invoices } = await app.list('invoices');
  t.match(invoices.data, [
    {
      customer: { entity: 'teacher', id: '1' },
      travel_id: '1',
      status: 'draft',
      currency: 'EUR',
      lines: [{ description: 'Lisbon', quantity: 1, unit_price: '1200.00' }],
      total: '1200.00',
    },
  ]);
  t.equal(invoices.data.length, 1);
  t.match((await app.send('GET', '/api/travels/1')).json, { status: 'invoiced' });
});

t.test('nothing is half done when an action fails on its way', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  await app.send('POST', '/api/travels/1/validate-quote', { quote_amount: '1200', currency: 'EUR' });
  const client = new pg.Client(app.databaseUrl);
  await client.connect();
  t.teardown(() => client.end());
  await client.query(`create function travel_app.refuse() returns trigger language plpgsql as
    $$ begin if new.collection = 'invoices' then raise 'no'; end if; return new; end $$`);
  await client.query(
    'create trigger refuse before insert on travel_app.records for each row execute function travel_app.refuse()',
  );
  t.equal((await app.send('POST', '/api/travels/1/make-invoice')).status, 500);
  t.match((await app.send('GET', '/api/travels/1')).json, { status: 'quote_validated' });
  await client.query('drop trigger refuse on travel_app.records');
  t.equal((await app.send('POST', '/api/travels/1/make-invoice')).status, 200);
});

t.test('the page takes lines as rows, and says in which one something is wrong', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  const form = await app.send('GET', '/invoices/new');
  t.match(form.text, 'aria-label="Unit price, row 2"');
  t.match(form.text, '<option value="guest/1">Gil</option>', 'customers are offered');
  const row = (index: number, cells: Record<string, string>) =>
    Object.fromEntries(
      ['description', 'quantity', 'unit_price', 'discount_percent', 'tax_percent', 'apartment_id'].map((name) => [
        `lines.${index}.${name}`,
        cells[name] ?? '',
      ]),
    );
  const typed = {
    customer: 'guest/1',
    ...row(0, {}),
    ...row(1, { description: 'Rooms', quantity: '2', unit_price: '85', apartment_id: '1' }),
    ...row(2, { description: 'Guide', unit_price: 'ten' }),
  };
  const refused = await app.submit('/invoices', typed);
  t.equal(refused.status, 422);
  t.match(refused.text, '<a href="#lines.1.unit_price">Lines, row 2: Unit price must be an amount');
  t.match(refused.text, /<input id="lines.1.unit_price"[^>]* value="ten"[^>]* aria-invalid="true"/);
  const unknown = await app.submit('/invoices', { customer: 'nobody' });
  t.match(unknown.text, 'Customer must name one of teacher, tenant, guest, such as teacher/12');
  t.match(unknown.text, 'value="nobody"');

  await app.submit('/invoices', { ...typed, 'lines.2.unit_price': '10' });
  const { json: invoice } = await app.send('GET', '/api/invoices/1');
  t.match(invoice, {
    total: '180.00',
    lines: [
      { apartment_id: '1', tax_percent: 0 },
      { description: 'Guide', quantity: 1 },
    ],
  });
  const page = await app.send('GET', '/invoices/1');
  const inputs = [...page.text.matchAll(/<input id="[^"]*" name="([^"]+)"[^>]* value="([^"]*)"/g)];
  const same = Object.fromEntries(inputs.map(([, name, value]) => [name, value]));
  await app.submit('/invoices/1', same as Record<string, string>);
  t.same((await app.send('GET', '/api/invoices/1')).json, invoice, 'saving it as it is changes nothing');
  const { 'lines.0.description': _, ...others } = same as Record<string, string>;
  const first = Object.fromEntries(Object.keys(row(0, {})).map((name) => [name, '']));
  await app.submit('/invoices/1', { ...others, ...first });
  t.match((await app.send('GET', '/api/invoices/1')).json, { total: '10.00', lines: [{ description: 'Guide' }] });
});
