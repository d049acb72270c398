/** A travel from its form to the quote and the invoice, as people do it at the pages, in a real browser. */
import t from 'tap';
import { appPerson } from '../../sandbox/people/people.ts';
import { startTestApp } from '../sandbox/app/start-test-app.ts';
import { openBrowser, save, watchPage } from './open-browser.ts';

// A first start of the browser on a busy machine takes its time.
t.setTimeout(120_000);

t.test('a travel becomes a quote, an invoice, and a correction of the invoice', async (t) => {
  const { url } = await startTestApp(t);
  const app = appPerson(url);
  await app.create('teachers', { name: 'Ada Lovelace', city: 'Lyon' });
  await app.create('apartments', { name: 'Quai 4' });
  const page = await (await openBrowser(t)).newPage();
  const { outside, broken } = watchPage(page, url);
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const shows = (text: string) => page.getByText(text, { exact: true }).first().waitFor();

  await page.goto(url);
  await page.getByRole('link', { name: 'Travels' }).click();
  await page.getByRole('link', { name: 'New travel' }).click();
  await save(page);
  await page.getByRole('link', { name: 'Teacher is required' }).press('Enter');
  t.equal(await page.evaluate('document.activeElement.id'), 'teacher_id', 'the list of errors leads to the field');
  await page.keyboard.type('1');
  await page.getByLabel('Title').fill('Rome in spring');
  await page.getByLabel('First day').fill('2027-04-12');
  await page.getByLabel('Last day').fill('2027-04-16');
  await page.getByLabel('Participants').fill('28');
  await page.keyboard.press('Enter');
  await shows('Created.');
  await shows('Submitted');
  t.match(await app.look('travels', '1'), { teacher_id: '1', participants: 28, end_date: '2027-04-16' });

  await press('Validate the quote');
  await page.getByText('Not saved:').waitFor();
  await page.getByLabel('Quote').fill('8400.00');
  await page.getByLabel('Currency').fill('EUR');
  await press('Validate the quote');
  await shows('Quote validated');
  t.match(await app.look('travels', '1'), { status: 'quote_validated', quote_amount: '8400.00' });

  await press('Make the invoice');
  await page.getByRole('heading', { name: 'INV-00001' }).waitFor();
  t.equal(await page.getByLabel('Customer').inputValue(), 'teacher/1');
  t.equal(await page.getByLabel('Unit price, row 1').inputValue(), '8400.00');
  await page.getByLabel('Tax %, row 1').fill('5.5');
  await page.getByLabel('Description, row 2').fill('Early booking');
  await page.getByLabel('Unit price, row 2').fill('-100');
  await page.getByLabel('Apartment, row 3').fill('Quai 4');
  await save(page);
  await page.getByRole('link', { name: 'Lines, row 3: Description is required' }).waitFor();
  await page.getByLabel('Apartment, row 3').fill('');
  await page.keyboard.press('Enter');
  await shows('Saved.');
  await shows('8762.00');

  await press('Validate');
  await shows('Validated');
  t.equal(await page.getByRole('textbox').count(), 0, 'nothing can be typed in any more');
  const invoice = page.url();
  await page.getByRole('link', { name: 'INV-00001.pdf' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download INV-00001.pdf' }).click();
  t.equal((await download).suggestedFilename(), 'INV-00001.pdf');

  await page.goto(invoice);
  await press('Correct: cancel it and draft another');
  await page.getByRole('heading', { name: 'INV-00002' }).waitFor();
  await shows('8762.00');
  t.match(await app.look('invoices', '1'), { status: 'cancelled' });
  await page.getByRole('link', { name: 'Travels' }).click();
  await page.getByRole('link', { name: 'Rome in spring' }).click();
  t.match(await page.locator('main').innerText(), /INV-00002[\s\S]*INV-00001/, 'the travel shows both');

  t.same(outside, [], 'nothing is fetched from elsewhere');
  t.same(broken, [], 'no script ran');
});

t.test('a file is sent with the form, and a campaign is marked ready', async (t) => {
  const { url } = await startTestApp(t);
  const app = appPerson(url);
  await app.create('guests', { name: 'Gil' });
  const page = await (await openBrowser(t)).newPage();
  await page.goto(`${url}/documents/new`);
  await page.getByLabel('Owner').fill('guest/1');
  await page.getByLabel('Kind').selectOption('Contract');
  await page.getByLabel('File', { exact: true }).setInputFiles({
    name: 'Contrat n° 1.pdf',
    mimeType: 'application/pdf',
    buffer: Buffer.from('%PDF-1.4 …'),
  });
  await save(page);
  await page.getByText('Created.').waitFor();
  t.match(await app.look('documents', '1'), { filename: 'Contrat n° 1.pdf', media_type: 'application/pdf', size: 12 });
  t.equal((await app.download('1')).toString(), '%PDF-1.4 …');

  await page.goto(`${url}/mailing-lists/new`);
  await page.getByLabel('Name').fill('Spring');
  await page.getByLabel('row 1').fill('guest/1');
  await page.keyboard.press('Enter');
  await page.getByText('Created.').waitFor();
  await page.goto(`${url}/campaigns/new`);
  await page.getByLabel('Subject').fill('Spring is here');
  await page.getByLabel('Text').fill('<p>Come and see</p>');
  await page.getByLabel('row 1').fill('1');
  await page.getByLabel('Not before').fill('2027-03-20T07:30');
  await save(page);
  await page.getByRole('button', { name: 'Mark ready' }).click();
  await page.getByText('2027-03-20 07:30 UTC').waitFor();
  const ready = { status: 'ready', list_ids: ['1'], scheduled_at: '2027-03-20T07:30:00.000Z' };
  t.match(await app.look('campaigns', '1'), ready);
});
