/** The pages of the travel app as a person uses them, in a real browser, with the bridge and Odoo behind them. */
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { startBridge } from '../support/start-bridge.ts';
import { openBrowser, save, watchPage } from './open-browser.ts';

// A first start of the browser on a busy machine takes its time.
t.setTimeout(120_000);

t.test('a person enters, corrects, archives and restores a teacher', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const { app } = await startBridge(t, { odoo: simulator });
  const odoo = odooPerson(simulator);
  const page = await (await openBrowser(t)).newPage();
  const { outside, broken } = watchPage(page, app.url);

  await page.goto(app.url);
  await page.getByRole('link', { name: /new teacher/i }).click();
  await save(page);
  await page.getByText('Not saved:').waitFor();
  t.match(await page.locator('body').innerText(), /Name/, 'a missing name is told beside its field');

  await page.getByLabel('Name').fill('Ada <script>alert(1)</script>');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('City').fill('Arles');
  await save(page);
  await page.getByText('Created.').waitFor();
  const partner = await odoo.appears('Ada <script>alert(1)</script>');
  t.match(partner, { email: 'ada@example.org', city: 'Arles', customer_rank: 1 }, 'what was entered is in Odoo');

  await odoo.write(partner.id, { phone: '+33 4 90 00 00 00' });
  await waitUntil('the phone shows after a reload', async () => {
    await page.reload();
    return (await page.getByLabel('Phone').inputValue()) === '+33 4 90 00 00 00';
  });
  await page.getByLabel('City').fill('Nîmes');
  await page.keyboard.press('Enter');
  await page.getByText('Saved.').waitFor();
  await waitUntil('the city is in Odoo', async () => (await odoo.read(partner.id)).city === 'Nîmes');

  const record = page.url();
  await page.getByRole('button', { name: 'Archive' }).click();
  await page.getByText('Archived.').first().waitFor();
  await waitUntil('archived in Odoo', async () => (await odoo.read(partner.id)).active === false);
  await page.goto(record);
  await page.getByRole('button', { name: 'Restore' }).click();
  await page.getByText('Restored.').waitFor();
  await waitUntil('restored in Odoo', async () => (await odoo.read(partner.id)).active === true);

  t.same(outside, [], 'nothing is fetched from elsewhere');
  t.same(broken, [], 'no script ran that was typed into a field');
});

t.test('an edit that somebody else overtook is shown, not lost', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const { app } = await startBridge(t, { odoo: simulator });
  const browser = await openBrowser(t);
  const [first, second] = [await browser.newPage(), await browser.newPage()];
  await first.goto(`${app.url}/tenants/new`);
  await first.getByLabel('Name').fill('Lou Commun');
  await save(first);
  await first.getByText('Created.').waitFor();
  await waitUntil(
    'the bridge is done with it',
    async () => (await odooPerson(simulator).find('Lou Commun')).length === 1,
  );
  await first.reload();
  await second.goto(first.url());
  await first.getByLabel('City').fill('Metz');
  await save(first);
  await first.getByText('Saved.').waitFor();
  await second.getByLabel('City').fill('Toul');
  await save(second);
  await second.getByText('Somebody else has changed this record meanwhile.').waitFor();
  t.match(await second.locator('body').innerText(), /Metz/, 'the other value is shown beside');
  t.equal(await second.getByLabel('City').inputValue(), 'Toul', 'what was typed is still there');
});
