/** The business on the page /ops, with a real Odoo: each record by its name, its fields in words, its form in Odoo. */
import t from 'tap';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { openOffice } from '../end-to-end/business-scenarios.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { openForm } from './odoo-form.ts';
import { openBrowser } from './open-browser.ts';
import { endsClean, openOps, picture } from './ops-page.ts';

// Odoo puts its scripts and styles together when a database is looked at for the first time.
t.setTimeout(280_000);

type Office = Awaited<ReturnType<typeof openOffice>>;

/** A season: what of each kind there is, by the name that people call it. */
async function fillSeason({ app, calm, find, write }: Office) {
  // A mailing comes from the address of whoever launches it.
  const [user] = await find('res.users', [['login', '=', 'admin']], ['id']);
  await write('res.users', user?.id, { email: 'office@example.org' });
  const teacher_id = await app.create('teachers', { name: 'Ada Lovelace', email: 'ada@example.org', country: 'FR' });
  const apartment_id = await app.create('apartments', {
    ...{ name: 'Studio Canebière', reference: 'MRS-1', description: 'Sea view\nThird floor', price: '95.50' },
    ...{ currency: 'EUR', street: '1 La Canebière', zip: '13001', city: 'Marseille', country: 'FR' },
  });
  const travel_id = await app.create('travels', {
    ...{ title: 'Rome in spring', teacher_id, destination: 'Roma', participants: 28, notes: 'By train' },
    ...{ start_date: '2027-04-12', end_date: '2027-04-16', quote_amount: '8400.00', currency: 'EUR' },
  });
  await app.act('travels', travel_id, 'validate-quote');
  await calm();
  const line = { description: 'Two nights', quantity: '2', unit_price: '95.50', apartment_id };
  const day = new Date().toISOString().slice(0, 10);
  const invoice = await app.create('invoices', {
    ...{ customer: { entity: 'teacher', id: teacher_id }, travel_id, invoice_date: day, due_date: day },
    ...{ currency: 'EUR', lines: [line, { ...line, description: 'Early booking', quantity: '1', unit_price: '-10' }] },
  });
  await app.act('invoices', invoice, 'validate');
  const owner = { entity: 'travel', id: travel_id };
  const document = await app.create('documents', { kind: 'contract', owner, filename: 'Contrat n° 1.pdf' });
  await app.upload(document, Buffer.from('%PDF-1.4 …'), 'application/pdf');
  const members = [{ entity: 'teacher', id: teacher_id }];
  const list = await app.create('mailing-lists', { name: 'Parents', members });
  const campaign = await app.create('campaigns', {
    ...{ subject: 'Spring is here', body_html: '<p>Come and <b>see</b></p>', list_ids: [list] },
    scheduled_at: '2099-03-20T07:30:00Z',
  });
  await app.act('campaigns', campaign, 'ready');
  await app.create('messages', {
    ...{ channel: 'whatsapp', to: { entity: 'teacher', id: teacher_id }, template: 'welcome', variables: { 1: 'Ada' } },
    about: owner,
  });
  await calm();
  return { invoice: String((await app.look('invoices', invoice)).number) };
}

/** Entity, what people call the record, where Odoo keeps that, and words of its story. */
const season = (invoice: string) =>
  [
    ['apartment', 'Studio Canebière', 'product.template', 'name', /Sea view\nThird floor/],
    ['travel', 'Rome in spring', 'crm.lead', 'name', /quote_validated\s+never read from Odoo/],
    ['invoice', invoice, 'account.move', 'invoice_origin', /description Two nights, quantity 2.00, unit_price 95.50/],
    ['document', 'Contrat n° 1.pdf', 'ir.attachment', 'name', /owner\s+Travel 1/],
    ['mailing_list', 'Parents', 'mailing.list', 'name', /Teacher 1 ada@example.org Ada Lovelace/],
    ['campaign', 'Spring is here', 'mailing.mailing', 'subject', /Mailing list 1[\s\S]*in_queue/],
  ] as const;

t.test('the business on the page', async (t) => {
  const odoo = await realOdoo(t);
  if (odoo === null) return;
  const office = await openOffice(t, odoo);
  const { invoice } = await fillSeason(office);
  const browser = await openBrowser(t);
  const ops = await openOps(browser, office);
  const { page } = ops;
  const open = (view: string) => page.goto(`${office.setup.bridge.url}/ops#/${view}`);
  const shows = (pattern: RegExp) =>
    waitUntil(`the page shows ${pattern}`, async () => pattern.test(await page.locator('main').innerText()));
  await ops.signIn();
  const forms = new Map<string, string>();

  for (const [entity, name, model, field, words] of season(invoice)) {
    await t.test(entity, async (t) => {
      await open(`records?entity=${entity}`);
      await ops.row(name).first().waitFor();
      await waitUntil('only its kind is listed', async () => (await ops.row('Ada Lovelace').count()) === 0);
      await page.getByRole('link', { name }).first().click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.getByText('Both sides are as they should be.').waitFor();
      await shows(words);
      if (entity === 'invoice') await picture(page, `record-${entity}`);
      // An object, a key of a dictionary, what was left out.
      t.notMatch(await page.locator('main').innerText(), /\b(undefined|NaN|null)\b|\[object|[{}]/);
      const href = (await page.getByRole('link', { name: 'Open in Odoo' }).getAttribute('href')) ?? '';
      const [, id = '', named] = /#id=(\d+)&model=([\w.]+)&/.exec(href) ?? [];
      t.equal(named, model);
      t.match(await office.find(model, [['id', '=', Number(id)]], [field]), [{ [field]: name }], 'the very record');
      forms.set(entity, href);
    });
  }

  await t.test('what has no name is called by its kind, and its fault in French', async () => {
    await page.getByLabel('Language').selectOption('fr');
    await open('record/message/1');
    await shows(/^[\s\S]*Message 1[\s\S]*Odoo n’a pas de module WhatsApp[\s\S]*1 Ada/);
  });

  await t.test('a record that is named is one click away', async () => {
    await open('record/travel/1');
    await page.getByRole('row').filter({ hasText: 'teacher_id' }).getByRole('link').first().click();
    await page.getByRole('heading', { level: 1, name: 'Ada Lovelace' }).waitFor();
  });
  await endsClean(t, ops);

  await t.test('its form opens in Odoo', async () => {
    await openForm(await browser.newPage(), odoo, forms.get('travel') ?? '', 'Rome in spring');
  });
});
