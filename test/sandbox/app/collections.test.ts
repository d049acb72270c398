/** Every collection: its fields, who may write them, and what is said of a wrong value. */
import t from 'tap';
import { makeScene } from './make-cast.ts';
import { startTestApp } from './start-test-app.ts';

interface Sample {
  /** What people enter. */
  readonly entered: Record<string, unknown>;
  /** Fields that people enter and the bridge may not touch. */
  readonly people: readonly string[];
  /** Fields that the bridge writes and people only read. */
  readonly odoo: Record<string, unknown>;
  /** Fields that the app sets, as it sets them. */
  readonly app?: Record<string, unknown>;
  /** What else a record holds when nothing is said of it. */
  readonly initial?: Record<string, unknown>;
  readonly wrong: readonly (readonly [field: string, value: unknown, message: RegExp, place?: string])[];
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  apartments: {
    entered: {
      name: 'Quai 4',
      reference: 'Q4',
      description: 'Two rooms\nwith a view',
      price: '85.00',
      currency: 'EUR',
      street: 'Quai 4',
      street2: 'second floor',
      zip: '69001',
      city: 'Lyon',
      country: 'FR',
      active: false,
    },
    people: ['reference', 'street', 'street2', 'zip', 'city', 'country'],
    odoo: {},
    initial: { active: true },
    wrong: [
      ['name', '', /is required/],
      ['price', 85, /must be text, so that no cent is lost/],
      ['price', '85.001', /an amount such as 1200.50/],
      ['price', '-1', /not below zero/],
      ['price', '1e3', /an amount/],
      ['price', '1234567890123', /an amount/],
      ['currency', 'euro', /three capital letters/],
      ['currency', null, /is required where there is an amount/],
      ['country', 'France', /two capital letters/],
      ['active', 'perhaps', /must be true or false/],
      ['active', null, /is required/],
      ['teacher_id', '1', /is not a field/],
    ],
  },
  travels: {
    entered: {
      title: 'Rome in spring',
      teacher_id: '1',
      destination: 'Rome',
      start_date: '2027-04-12',
      end_date: '2027-04-16',
      participants: 28,
      status: 'quote_validated',
      quote_amount: '8400.00',
      currency: 'EUR',
      notes: 'By train',
    },
    people: ['teacher_id', 'status'],
    odoo: { odoo_stage: 'Qualified', odoo_type: 'opportunity', probability: 62.5 },
    initial: { status: 'submitted' },
    wrong: [
      ['title', null, /is required/],
      ['teacher_id', null, /is required/],
      ['teacher_id', '99', /is not there: there is no teacher 99/],
      ['teacher_id', 1, /must be text/],
      ['teacher_id', '1,2', /without commas/],
      ['teacher_id', 'x'.repeat(129), /at most 128 characters/],
      ['start_date', '12.04.2027', /a date such as/],
      ['start_date', '2027-02-30', /a date such as/],
      ['end_date', '2027-04-11', /must not lie before the first day/],
      ['participants', 1.5, /a whole number/],
      ['participants', -1, /at least 0/],
      ['participants', 'many', /a whole number/],
      ['status', 'won', /one of submitted, quote_validated, invoiced, cancelled/],
      ['status', null, /is required/],
      ['quote_amount', null, /is required once the quote is validated/],
      ['quote_amount', '1.000,00', /an amount/],
      ['currency', null, /is required where there is an amount/],
    ],
  },
  invoices: {
    entered: {
      number: 'F-2027-7',
      customer: { entity: 'teacher', id: '1' },
      travel_id: '1',
      invoice_date: '2027-05-01',
      due_date: '2027-05-31',
      currency: 'EUR',
      lines: [
        {
          description: 'Rooms',
          quantity: 2.5,
          unit_price: '85.00',
          discount_percent: 10,
          tax_percent: 5.5,
          apartment_id: '1',
        },
        {
          description: 'Guide',
          quantity: 1,
          unit_price: '-5.00',
          discount_percent: 0,
          tax_percent: 0,
          apartment_id: null,
        },
      ],
      status: 'draft',
    },
    people: ['number', 'customer', 'travel_id', 'invoice_date', 'due_date', 'currency', 'lines', 'status'],
    odoo: { odoo_number: 'INV/2027/00001', payment_state: 'partial', amount_residual: '-1.20' },
    app: { total_untaxed: '186.25', total_tax: '10.52', total: '196.77' },
    initial: { status: 'draft', currency: 'EUR', lines: [] },
    wrong: [
      ['number', 'INV-00007', /is given by the app/],
      ['customer', null, /is required/],
      ['customer', { entity: 'teacher', id: '99' }, /is not there: there is no teacher 99/],
      ['customer', { entity: 'apartment', id: '1' }, /one of teacher, tenant, guest/, 'customer.entity'],
      ['customer', { entity: 'teacher' }, /must be text/, 'customer.id'],
      ['customer', { entity: 'teacher', id: '1', name: 'Ada' }, /is not a field/, 'customer.name'],
      ['customer', 'teacher/1', /one of teacher, tenant, guest/],
      ['travel_id', '99', /there is no travel 99/],
      ['invoice_date', 'today', /a date such as/],
      ['due_date', '2027-04-30', /must not lie before the date/],
      ['currency', null, /is required/],
      ['status', 'paid', /one of draft, validated, cancelled/],
      ['lines', {}, /must be a list/],
      ['lines', ['Rooms'], /must be an object/, 'lines.0'],
      ['lines', [{ unit_price: '1' }], /is required/, 'lines.0.description'],
      ['lines', [{ description: 'A' }], /is required/, 'lines.0.unit_price'],
      ['lines', [{ description: 'A', unit_price: 1 }], /must be text/, 'lines.0.unit_price'],
      ['lines', [{ description: 'A', unit_price: '1', quantity: 0 }], /at least 0.01/, 'lines.0.quantity'],
      ['lines', [{ description: 'A', unit_price: '1', quantity: 0.001 }], /at most 2 digits/, 'lines.0.quantity'],
      [
        'lines',
        [{ description: 'A', unit_price: '1', discount_percent: 101 }],
        /at most 100/,
        'lines.0.discount_percent',
      ],
      ['lines', [{ description: 'A', unit_price: '1', tax_percent: -1 }], /at least 0/, 'lines.0.tax_percent'],
      ['lines', [{ description: 'A', unit_price: '1', apartment_id: '9' }], /no apartment 9/, 'lines.0.apartment_id'],
      ['lines', [{ description: 'A', unit_price: '1', colour: 'red' }], /is not a field/, 'lines.0.colour'],
    ],
  },
  documents: {
    entered: {
      kind: 'contract',
      owner: { entity: 'apartment', id: '1' },
      filename: 'Mietvertrag Köln.pdf',
      media_type: 'application/pdf',
    },
    people: ['kind', 'owner', 'filename', 'media_type'],
    odoo: {},
    app: { size: null, sha256: null },
    wrong: [
      ['kind', 'photo', /one of invoice_pdf, invoice_xml, contract, travel_document/],
      ['owner', null, /is required/],
      ['owner', { entity: 'document', id: '1' }, /one of teacher, tenant/, 'owner.entity'],
      ['owner', { entity: 'invoice', id: '99' }, /there is no invoice 99/],
      ['filename', '', /is required/],
      ['filename', '../etc/passwd', /without slashes/],
      ['filename', 'x'.repeat(256), /at most 255/],
      ['media_type', 'pdf', /must be such as application\/pdf/],
    ],
  },
  'mailing-lists': {
    entered: {
      name: 'Spring',
      members: [
        { entity: 'teacher', id: '1' },
        { entity: 'guest', id: '1' },
      ],
    },
    people: ['name', 'members'],
    odoo: { opted_out: [{ entity: 'guest', id: '1' }] },
    initial: { members: [], opted_out: [] },
    wrong: [
      ['name', ' ', /is required/],
      ['members', 'teacher/1', /must be a list/],
      ['members', ['teacher/1'], /one of teacher, tenant, guest/, 'members.0'],
      ['members', [{ entity: 'travel', id: '1' }], /one of teacher, tenant, guest/, 'members.0.entity'],
      [
        'members',
        [
          { entity: 'teacher', id: '1' },
          { entity: 'tenant', id: '9' },
        ],
        /no tenant 9/,
        'members.1',
      ],
      ['members', Array(2).fill({ entity: 'teacher', id: '1' }), /is named twice/, 'members.1'],
    ],
  },
  campaigns: {
    entered: {
      subject: 'Spring is here',
      body_html: '<p>Come &amp; see</p>',
      list_ids: ['1'],
      scheduled_at: '2027-03-20T07:30:00.000Z',
      status: 'draft',
    },
    people: ['subject', 'body_html', 'list_ids', 'scheduled_at', 'status'],
    odoo: { odoo_state: 'done', sent: 2, delivered: 2, opened: 1, clicked: 0, bounced: 0 },
    initial: { status: 'draft', list_ids: [], scheduled_at: null },
    wrong: [
      ['subject', null, /is required/],
      ['body_html', '', /is required/],
      ['list_ids', '1', /must be a list/],
      ['list_ids', ['1', '9'], /no mailing list 9/, 'list_ids.1'],
      ['list_ids', ['1', '1'], /is named twice/, 'list_ids.1'],
      ['scheduled_at', '2027-03-20', /a time such as/],
      ['scheduled_at', '2027-03-20T07:30:00', /a time such as/],
      ['status', 'sent', /one of draft, ready, cancelled/],
    ],
  },
  messages: {
    entered: {
      channel: 'whatsapp',
      to: { entity: 'guest', id: '1' },
      phone: '+33 6 12 34 56 78',
      template: 'travel_reminder',
      variables: { first_name: 'Gil', day: '' },
      about: { entity: 'travel', id: '1' },
    },
    people: ['channel', 'to', 'phone', 'template', 'variables', 'about'],
    odoo: { delivery_state: 'error', failure_reason: 'unknown number' },
    initial: { channel: 'whatsapp', variables: {}, about: null },
    wrong: [
      ['channel', 'sms', /must be one of whatsapp/],
      ['to', { entity: 'guest', id: '9' }, /no guest 9/],
      ['phone', 'at home', /must be such as \+33/],
      ['variables', ['Gil'], /texts by their names/],
      ['variables', { first_name: 7 }, /must be text/, 'variables.first_name'],
      ['variables', { '': 'x' }, /must each have a name/],
      ['variables', { 'a\0': 'x' }, /must each have a name/],
      ['about', { entity: 'campaign', id: '1' }, /one of teacher/, 'about.entity'],
      ['about', { entity: 'document', id: '9' }, /no document 9/],
    ],
  },
};

for (const [collection, { entered, people, odoo, app: set = {}, initial = {}, wrong }] of Object.entries(SAMPLES)) {
  t.test(`${collection}: all fields go in and come out as they were entered`, async (t) => {
    const app = await startTestApp(t);
    await makeScene(app);
    const { status, json: created } = await app.send('POST', `/api/${collection}`, entered);
    t.equal(status, 201);
    const nothing = Object.fromEntries(Object.keys(odoo).map((field) => [field, initial[field] ?? null]));
    const { id, updated_at, deleted_at, ...fields } = created;
    t.same(fields, { ...entered, ...nothing, ...set });
    t.same((await app.list(collection, `ids=${id}`)).json.data, [created], 'the bridge reads the same');
    t.equal(deleted_at, null);
    t.match(updated_at, /Z$/);
    for (const [field, value] of Object.entries(initial)) {
      const { [field]: _, ...others } = entered;
      const { json } = await app.send('POST', `/api/${collection}`, { ...others, ...renumber(others) });
      t.same(json[field], value, `${field}, if nothing is said`);
    }
  });

  t.test(`${collection}: each keeper writes what is theirs`, async (t) => {
    const app = await startTestApp(t);
    await makeScene(app);
    const { json: created } = await app.send('POST', `/api/${collection}`, entered);
    const { id } = created;
    const batch = async (fields: unknown) =>
      (await app.batch(collection, { op: 'update', id, idempotency_key: JSON.stringify(fields), fields })).json
        .results[0];
    for (const field of people) {
      const answer = await batch({ [field]: entered[field] });
      t.match(answer, { status: 'invalid', errors: [{ field, message: /the app's own/ }] }, `${field} by the bridge`);
    }
    for (const field of Object.keys(set)) {
      const message = /is set by the app itself/;
      t.match(await batch({ [field]: set[field] }), { status: 'invalid', errors: [{ field, message }] });
      const byPerson = await app.send('PATCH', `/api/${collection}/${id}`, { [field]: set[field] });
      t.match(byPerson, { status: 422, json: { errors: [{ field, message }] } });
    }
    for (const [field, value] of Object.entries(odoo)) {
      const byPerson = await app.send('PATCH', `/api/${collection}/${id}`, { [field]: value });
      const message = /is kept in Odoo/;
      t.match(byPerson, { status: 422, json: { errors: [{ field, message }] } }, `${field} by a person`);
    }
    const both = Object.keys(entered).filter((field) => !people.includes(field));
    const fields = { ...Object.fromEntries(both.map((field) => [field, entered[field]])), ...odoo };
    const answer = await batch(fields);
    t.match(answer, { status: 'ok' });
    t.match(answer.record, { ...entered, ...odoo }, 'the others by the bridge');
    const page = await app.send('GET', `/${collection}/${id}`);
    for (const field of Object.keys(odoo)) t.notMatch(page.text, `name="${field}"`, `${field} is not in the form`);
  });

  t.test(`${collection}: a wrong value is told with its field`, async (t) => {
    const app = await startTestApp(t);
    await makeScene(app);
    const { json: before } = await app.list(collection);
    for (const [field, value, message, place = field] of wrong) {
      const { status, json } = await app.send('POST', `/api/${collection}`, { ...entered, [field]: value });
      t.equal(status, 422, `${field}=${JSON.stringify(value)}`);
      const errors = json.errors as { field: string; message: string }[];
      t.ok(
        errors.some((error) => error.field === place && message.test(error.message)),
        JSON.stringify(errors),
      );
    }
    t.same((await app.list(collection)).json.data, before.data, 'nothing was written');
  });
}

/** Of what no two records may have in common. */
function renumber(entered: Record<string, unknown>): Record<string, unknown> {
  return 'number' in entered ? { number: null } : {};
}
