/** The helpers with which the demo and the tests enter what people would, on the real app. */
import t from 'tap';
import { appOffice } from '../../../sandbox/people/office.ts';
import { appPerson } from '../../../sandbox/people/people.ts';
import { startTestApp } from '../app/start-test-app.ts';

t.test('a travel from its form to its papers', async (t) => {
  const app = appPerson((await startTestApp(t)).url);
  const office = appOffice(app);
  const teacher = await app.create('teachers', { name: 'Ada' });
  const travel = await office.submitTravel(teacher, 'Rome', { destination: 'Rome', participants: 28 });
  await t.rejects(office.makeInvoice(travel), /422.*cannot go from submitted to invoiced/, 'the app keeps its order');
  t.match(await office.validateQuote(travel, '1200'), { status: 'quote_validated', quote_amount: '1200.00' });
  const invoice = await office.makeInvoice(travel);
  t.match(await app.look('travels', travel), { status: 'invoiced' });
  const lines = [{ description: 'Rome', unit_price: '1000', tax_percent: 20 }];
  t.match(await office.validateInvoice(invoice, { lines }), { status: 'validated', total: '1200.00' });
  const papers = await office.documentsOf({ entity: 'invoice', id: invoice });
  t.same(papers.map(({ kind }) => kind).sort(), ['invoice_pdf', 'invoice_xml']);
  const pdf = papers.find(({ kind }) => kind === 'invoice_pdf');
  t.match((await app.download(String(pdf?.id))).toString('latin1'), /^%PDF-/);

  const next = await office.correctInvoice(invoice);
  t.match(await app.look('invoices', invoice), { status: 'cancelled' });
  t.match(await app.look('invoices', next), { status: 'draft', travel_id: travel, total: '1200.00' });
  t.match(await office.cancelInvoice(next), { status: 'cancelled' });
  t.match(await office.cancelTravel(travel), { status: 'cancelled' });
  t.equal((await app.find('travels', 'Rome')).length, 1);
});

t.test('an apartment, an invoice of its own and a file', async (t) => {
  const app = appPerson((await startTestApp(t)).url);
  const office = appOffice(app);
  const guest = await app.create('guests', { name: 'Gil' });
  const apartment = await office.enterApartment('Quai 4', { price: '85', currency: 'EUR' });
  const lines = [{ description: 'Two nights', unit_price: '85', quantity: 2, apartment_id: apartment }];
  const invoice = await office.enterInvoice({ entity: 'guest', id: guest }, lines, { number: 'F-1' });
  t.match(await app.find('invoices', 'F-1'), [{ id: invoice, total: '170.00' }]);
  const owner = { entity: 'apartment', id: apartment };
  const id = await office.fileDocument(owner, 'rules.txt', Buffer.from('Be quiet.'), { media_type: 'text/plain' });
  t.match(await office.documentsOf(owner), [{ id, media_type: 'text/plain', size: 9, kind: 'travel_document' }]);
  t.equal((await app.download(id)).toString(), 'Be quiet.');
});
