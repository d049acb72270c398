/** What an operator does at the page /ops, and what becomes of it on both sides. */
import t from 'tap';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { startOwnCluster } from '../support/own-cluster.ts';
import { openBrowser } from './open-browser.ts';
import { endsClean, openOps, picture } from './ops-page.ts';
import { startOpsWorld, stirUp } from './ops-world.ts';

// A first start of the browser on a busy machine takes its time.
t.setTimeout(280_000);

t.test('each action, from the click to both sides', async (t) => {
  const world = await startOpsWorld(t);
  const { app, odoo, calm } = world;
  const known = await stirUp(world);
  const ops = await openOps(await openBrowser(t), world);
  const { page, go, row, confirm, told } = ops;
  await ops.signIn();
  const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();

  await t.test('the value that lost a conflict comes back', async (t) => {
    await go('Conflicts');
    t.match(await row('Ada Lovelace').innerText(), /22 22 22 22\s*won[\s\S]*11 11 11 11\s*lost[\s\S]*the app was last/);
    await press(/^Bring back/);
    t.match(await confirm('Cancel'), /1 record: phone of Ada Lovelace \(Teacher 1\) becomes “\+33 4 11 11 11 11”/);
    t.equal((await app.look('teachers', known.teacher)).phone, '+33 4 22 22 22 22', 'cancelled is cancelled');
    await press(/^Bring back/);
    await picture(page, 'question');
    await confirm('Bring back');
    await told(/on its way back/);
    await row('Ada Lovelace').getByText('brought back').waitFor();
    await waitUntil('both have it', async () => {
      const [here, there] = [await app.look('teachers', known.teacher), await odoo.read(known.partner)];
      return here.phone === '+33 4 11 11 11 11' && there.phone === '+33 4 11 11 11 11';
    });
  });

  await t.test('a parked record is tried again, alone and with all of its error', async (t) => {
    const mend = (vat: string | null) =>
      world.query(
        `update travel_app.records set fields = fields || jsonb_build_object('vat', $2::text), updated_at = now()
         where collection = 'teachers' and id = $1`,
        [known.refused, vat],
      );
    await go('Parked');
    await row('Teacher 7')
      .getByRole('button', { name: /^Try again/ })
      .click();
    await told('1 record is tried again.');
    await calm();
    await row('Teacher 7').waitFor();
    await page.getByRole('button', { name: 'Only refused_by_odoo' }).click();
    await row('Lou Martin').waitFor({ state: 'detached' });
    await mend(null);
    await page.getByRole('button', { name: 'Try 1 record again' }).first().click();
    t.match(await confirm('Try again'), /1 record with the error refused_by_odoo is tried again now/);
    await odoo.appears('Vera Rubin');
    await row('Teacher 7').waitFor({ state: 'detached' });
  });

  await t.test('what a guard holds passes, one and all; the rest is left', async (t) => {
    await go('Held');
    const held = row(/archiving/);
    await waitUntil('two are held by the guard', async () => (await held.count()) === 2);
    const first = (await held.first().getByRole('link').innerText()).split('\n')[0] ?? '';
    await held
      .first()
      .getByRole('button', { name: /^Leave both/ })
      .click();
    t.match(await confirm('Leave both'), /1 record: .* goes out of scope/);
    await told(/^Decided/);
    await row(first).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Let 1 pass' }).click();
    t.match(await confirm('Let pass'), /1 held record is written on the other side: 1 × archiving\./);
    await told('1 record may pass.');
    await waitUntil('it is archived, the other is not', async () => {
      const guests = await odoo.search([['phone', '=', '+33 4 72 00 00 00']]);
      return guests.filter(({ active }) => active === true).length === 3;
    });
  });

  await t.test('a match is linked by a person, from the page of the record', async (t) => {
    await go('Held');
    await row('Guest 10')
      .getByRole('link', { name: /Guest 10/ })
      .click();
    await page.getByText('It waits for a person.').waitFor();
    await page.getByRole('heading', { level: 1, name: 'Anna Neu' }).waitFor();
    t.match(await page.getByRole('link', { name: /^Odoo \d+/ }).getAttribute('href'), /#id=\d+&model=res.partner/);
    await press(/^Link with/);
    t.match(
      await confirm(await page.getByRole('dialog').getByRole('button').nth(1).innerText()),
      /are the same from now on/,
    );
    await page.getByText('Both sides are as they should be.').waitFor();
    await calm();
    const partners = await odoo.search([['email', '=', 'anna@example.org']]);
    t.equal(partners.length, 1, 'no second partner was made');
  });

  await t.test('a sync is followed as it goes; pausing holds it up, resuming ends it', async (t) => {
    await go('Overview');
    await press('Pause: Guests');
    t.match(await confirm('Pause'), /\d+ records of this kind are not written on either side/);
    await told('Guests: paused.');
    await row(/^Guests/)
      .getByText('paused')
      .waitFor();
    await page.getByText(/paused: Guests/).waitFor();

    await go('Runs');
    await page.getByRole('button', { name: 'Sync', exact: true }).click();
    t.match(await confirm('Sync'), /The \d+ known records of this kind, and whatever is new, are compared/);
    await told('The sync was started.');
    const run = row(/Contacts/);
    await run.getByText('running').waitFor();
    const progress = async () =>
      /(\d+) of (\d+)/
        .exec(await run.innerText())
        ?.slice(1)
        .map(Number) ?? [0, 0];
    await waitUntil('all but the guests are done', async () => {
      const [done = 0, total = 0] = await progress();
      return done > 8 && total - done === 10;
    });
    await picture(page, 'runs');

    await page.getByLabel(/^What/).selectOption('tenants');
    await page.getByLabel('Ids of the app').fill('2, 3');
    await page.getByRole('button', { name: 'Sync', exact: true }).click();
    t.match(await confirm('Sync'), /2 records are compared and made equal/);
    await row(/Tenants/)
      .getByText('done')
      .waitFor();
    t.match(await row(/Tenants/).innerText(), /2 of 2/);
    t.equal(await page.getByLabel('Ids of the app').inputValue(), '', 'the form is ready for the next');

    await world.post('/api/sync/guests');
    // Asked before all are listed, it would tell of those that are.
    await row(/^Guests/)
      .getByText('0 of 10')
      .waitFor();
    await row(/^Guests/)
      .getByRole('button', { name: /^Cancel/ })
      .click();
    t.match(await confirm('Cancel this run'), /10 records are not counted any more/);
    await row(/^Guests/)
      .getByText('cancelled')
      .waitFor();

    await go('Overview');
    await press('Resume: Guests');
    await told('Guests: resumed.');
    await go('Runs');
    await run.getByText('done').waitFor();
    t.match(await run.innerText(), /(\d+) of \1/, 'without a reload');
  });

  await t.test('a dry run tells what it would change, and changes nothing', async (t) => {
    const ines = (await app.find('tenants', 'Ines Faure'))[0];
    await world.query(
      `update travel_app.records set fields = fields || '{"city":"Arles"}', updated_at = now()
       where collection = 'tenants' and id = $1`,
      [ines?.id],
    );
    await go('Runs');
    await page.getByLabel(/^What/).selectOption('tenants');
    await page.getByLabel(/^Dry run/).check();
    await page.getByRole('button', { name: 'Sync', exact: true }).click();
    await page.getByRole('heading', { name: 'What it would change' }).waitFor();
    await row(/Tenants/)
      .getByText('dry run')
      .waitFor();
    const change = row('Ines Faure').or(row(`Tenant ${ines?.id}`));
    await change.waitFor();
    t.match(await change.innerText(), /update\s*→ Odoo[\s\S]*city ∅ → Arles/);
    await picture(page, 'dry-run');
    t.match((await odoo.find('Ines Faure'))[0], { city: false });
    await world.post('/api/sync/tenants');
    await waitUntil('it was only meant', async () => (await odoo.find('Ines Faure'))[0]?.city === 'Arles');
  });

  await t.test('a refusal is told with what to do', async () => {
    await world.post('/api/entities/teacher/pause');
    const ada = await odoo.read(known.partner);
    await app.edit('teachers', known.teacher, { phone: '3' });
    await go('Conflicts');
    await page.route('**/api/parked/retry', (route) => route.abort());
    await go('Parked');
    await row('Lou Martin')
      .getByRole('button', { name: /^Try again/ })
      .click();
    await told('The bridge does not answer.');
    await page.getByRole('button', { name: 'Dismiss this message' }).click();
    await page.unroute('**/api/parked/retry');
    await world.post('/api/entities/teacher/resume');
    await waitUntil('it went on', async () => (await odoo.read(known.partner)).phone !== ada.phone);
  });
  await endsClean(t, ops);
});

t.test('by the keyboard alone', async (t) => {
  const world = await startOpsWorld(t);
  await stirUp(world);
  const ops = await openOps(await openBrowser(t), world);
  const { page } = ops;
  const { keyboard } = page;
  const focused = async () => String(await page.evaluate('document.activeElement?.textContent'));
  const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

  t.equal(await page.evaluate('document.activeElement.name'), 'token', 'one may begin to type');
  await keyboard.type(world.setup.secrets.api);
  await keyboard.press('Enter');
  await heading('Overview');
  await keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await picture(page, 'keyboard');
  await keyboard.press('2');
  t.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Overview', 'not behind what is open');
  await keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await keyboard.press('2');
  await heading('Records');
  t.equal(await focused(), 'Records', 'the focus goes along');
  await page.locator('tbody tr').first().waitFor();
  await keyboard.press('/');
  await keyboard.type('ada 1r');
  t.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Records', 'typing is not commanding');
  await keyboard.press('Control+A');
  await keyboard.type('lovelace');
  await keyboard.press('Enter');
  await waitUntil('one is left', async () => (await page.locator('tbody tr').count()) === 1);
  await page.evaluate('document.activeElement.blur()');
  await keyboard.press('j');
  t.match(await focused(), /Ada Lovelace/);
  await keyboard.press('Enter');
  await heading('Ada Lovelace');

  await keyboard.press('5');
  await heading('Held');
  await page.locator('tbody tr').first().waitFor();
  await keyboard.press('j');
  const first = await focused();
  await keyboard.press('j');
  t.not(await focused(), first);
  await keyboard.press('k');
  t.equal(await focused(), first);
  await page.getByLabel('Kind').selectOption('delete');
  await waitUntil('two are left', async () => (await page.locator('tbody tr').count()) === 2);
  await page.evaluate('document.activeElement.blur()');
  await keyboard.press('k');
  await keyboard.press('Tab');
  t.equal(await focused(), 'Let pass');
  await keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  t.equal(await focused(), 'Cancel', 'who presses Enter twice has done nothing');
  await keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  t.equal(await focused(), 'Let pass', 'the focus is back');
  await keyboard.press('Enter');
  await keyboard.press('Tab');
  t.equal(await focused(), 'Let pass');
  await keyboard.press('Enter');
  await ops.told('1 record may pass.');
  await waitUntil('one is left', async () => (await page.locator('tbody tr').count()) === 1);

  const theme = () => page.locator('html').getAttribute('data-theme');
  t.equal(await theme(), 'system');
  await keyboard.press('t');
  t.equal(await theme(), 'dark');
  await keyboard.press('l');
  await heading('Retenues');
  await keyboard.press('l');
  await keyboard.press('?');
  await keyboard.press('Space');
  await keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await keyboard.press('1');
  await keyboard.press('t');
  t.equal(await theme(), 'dark', 'keys of one letter can be switched off');
  t.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Held');
  await endsClean(t, ops);
});

t.test('the bridge goes, and comes back; and a token that is not valid any more', async (t) => {
  const world = await startOpsWorld(t);
  const id = await world.app.create('guests', { name: 'Zoé Zola' });
  await world.odoo.appears('Zoé Zola');
  await world.calm();
  const ops = await openOps(await openBrowser(t), world);
  const { page } = ops;
  await ops.signIn();
  await ops.go('Records');
  await ops.row('Zoé Zola').waitFor();

  await world.setup.bridge.stop();
  await page.getByText(/does not answer since/).waitFor();
  await page.getByText('Bridge not reachable').waitFor();
  await ops.row('Zoé Zola').waitFor();
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByRole('alert').getByText('The bridge does not answer.', { exact: true }).waitFor();
  await world.app.edit('guests', id, { name: 'Zoé Zola-Blanc' });
  await world.setup.restart();
  await page.getByText('Live', { exact: true }).waitFor();
  await page
    .getByText(/does not answer/)
    .first()
    .waitFor({ state: 'detached' });
  await ops.row('Zoé Zola-Blanc').waitFor();

  await world.setup.restart({ BRIDGE_API_TOKENS: 'another-token-of-this-bridge' });
  await page.getByText(/does not know this token/).waitFor();
  t.equal(await page.evaluate('sessionStorage.length'), 0);
  t.notMatch(await page.locator('body').innerText(), /Zola/, 'nothing of before is left to be read');
  await ops.signIn('another-token-of-this-bridge');
  await ops.row('Zoé Zola-Blanc').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  t.equal(await page.evaluate('sessionStorage.length'), 0);
  await endsClean(t, ops);
});

t.test('the database goes, and comes back', async (t) => {
  const cluster = await startOwnCluster(t);
  const world = await startOpsWorld(t, { DATABASE_URL: cluster.url });
  await world.app.create('guests', { name: 'Zoé Zola' });
  await world.odoo.appears('Zoé Zola');
  await world.calm();
  const ops = await openOps(await openBrowser(t), world);
  const { page } = ops;
  await ops.signIn();
  await ops.go('Records');
  await ops.row('Zoé Zola').waitFor();
  await cluster.stop('fast');
  await page.getByText(/The database of the bridge does not answer since/).waitFor();
  await page.getByText('Its database is away').waitFor();
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByRole('button', { name: 'Try again', exact: true }).waitFor();
  await ops.go('Overview');
  await page.getByText('The bridge cannot work').waitFor();
  await cluster.start();
  await page.getByText('Live', { exact: true }).waitFor();
  await page
    .getByText(/does not answer/)
    .first()
    .waitFor({ state: 'detached' });
  await page.getByText('All is well').waitFor();
  await ops.go('Records');
  await ops.row('Zoé Zola').waitFor();
  await endsClean(t, ops);
});
