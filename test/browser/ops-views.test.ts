/** What the page /ops shows, in both languages and both themes, and that nobody is kept out. */
import t from 'tap';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { linkMany } from '../support/many-links.ts';
import { openBrowser } from './open-browser.ts';
import { endsClean, findBarriers, firstLoad, openOps, picture } from './ops-page.ts';
import { startOpsWorld, stirUp } from './ops-world.ts';

// A first start of the browser on a busy machine takes its time.
t.setTimeout(280_000);

t.test('the page as an operator sees it', async (t) => {
  const world = await startOpsWorld(t);
  const browser = await openBrowser(t);
  const ops = await openOps(browser, world);
  const { page, go } = ops;
  const text = () => page.locator('main').innerText();
  const left = (count: number) =>
    waitUntil(`${count} rows are left`, async () => (await page.locator('tbody tr').count()) === count);

  await t.test('the door', async (t) => {
    const bytes = await firstLoad(page);
    t.ok(bytes > 10_000 && bytes < 100_000, `the first load is small: ${bytes} bytes`);
    t.same(await findBarriers(page), []);
    await picture(page, 'sign-in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Enter a token.').waitFor();
    await page.getByLabel('Token').fill('not-a-token-of-this-bridge');
    await page.keyboard.press('Enter');
    await page.getByText(/does not know this token/).waitFor();
    t.equal(await page.getByRole('navigation').count(), 0);
    t.equal(await page.evaluate('sessionStorage.length'), 0, 'a wrong token is not kept');
    await page.getByLabel('Token').fill(`  ${world.setup.secrets.api}\n`);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    t.equal(await page.evaluate(`sessionStorage.getItem('token')`), world.setup.secrets.api, 'blanks do not matter');
    t.notMatch(page.url(), world.setup.secrets.api, 'it is in no address');
    t.notMatch(String(await page.evaluate('JSON.stringify(localStorage)')), world.setup.secrets.api);
    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  await t.test('a bridge that has nothing yet tells what that means', async () => {
    await page.getByText('All is well').waitFor();
    await page.getByText(/No sweep has been finished yet/).waitFor();
    const empty: readonly (readonly [string, RegExp])[] = [
      ['Records', /knows no record yet/],
      ['Conflicts', /nobody has edited the same field on both sides/],
      ['Parked', /no record was refused/],
      ['Held', /Nothing waits for a person/],
      ['Runs', /No sync was started by hand yet/],
    ];
    for (const [view, meaning] of empty) {
      await go(view);
      await page.getByText(meaning).waitFor();
    }
  });

  const known = await stirUp(world);

  await t.test('the overview', async (t) => {
    await page.goto(`${world.setup.bridge.url}/ops#/overview`);
    await page.reload();
    await page.getByText('Something needs a look').waitFor();
    await page.getByRole('link', { name: '2 records are parked' }).waitFor();
    await page.getByText(/pairs? differed, and/).waitFor();
    t.match(await text(), /Odoo\s*reachable[\s\S]*Version\s*19.0[\s\S]*Protocol\s*json2/);
    t.match(await text(), /Teachers\s+7\s+0\s+1\s+0\s+0/, 'seven teachers, one of them parked');
    t.match(
      await page.getByRole('img', { name: /^Records carried over/ }).getAttribute('aria-label'),
      /: \d+ carried over/,
    );
    await world.setup.app.close();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('App is away').waitFor();
    t.match(await text(), /Check|Look|APP_URL/, 'with the remedy');
  });

  await t.test('records, by what is looked for', async (t) => {
    await go('Records');
    await page.getByLabel('Name or id').fill('ada love');
    await page.keyboard.press('Enter');
    await ops.row('Ada Lovelace').waitFor();
    await left(1);
    t.match(page.url(), /#\/records\?q=ada\+love$/, 'a search can be kept as an address');
    await page.getByLabel('Name or id').fill('nobody of this name');
    await page.keyboard.press('Enter');
    await page.getByText('No record answers to this.').waitFor();
    await page.getByLabel('Name or id').fill('');
    await page.keyboard.press('Enter');
    await page.getByLabel('State').selectOption('parked');
    await left(2);
    await ops.row(/Teacher 7/).waitFor();
    await page.getByLabel('Entity').selectOption('tenant');
    await ops.row('Lou Martin').waitFor();
    await page.getByText('Ada Lovelace').waitFor({ state: 'detached' });
    await left(1);
    await page.goBack();
    await ops.row(/Teacher 7/).waitFor();
    await page.getByLabel('Name or id').fill('anyone');
    await page.evaluate(`{
      document.querySelector('form[role=search]').requestSubmit();
      const state = document.querySelector('select[name=state]');
      state.value = 'held';
      state.dispatchEvent(new Event('change', { bubbles: true }));
    }`);
    await page.waitForURL(/#\/records\?state=held&q=anyone$/, { timeout: 5_000 });
  });

  await t.test('one record: a name that is a script is a name', async (t) => {
    const name = 'Mary <script>alert(1)</script> Somerville';
    await go('Records');
    await page.getByRole('link', { name }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByText('A side is away: whether both are equal is not known now.').waitFor();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    t.equal(await page.locator('main script').count(), 0);
    t.match(await ops.row(/^name/).innerText(), name);
  });
  await endsClean(t, ops);
  t.equal(known.teacher, '1');
});

t.test('a long list is shown in pages, and keeps its length while it changes', async (t) => {
  const world = await startOpsWorld(t);
  await linkMany(world.setup, world.simulator, 230);
  const ops = await openOps(await openBrowser(t), world);
  const { page } = ops;
  await ops.signIn();
  await ops.go('Records');
  const rows = (count: number) =>
    waitUntil(`${count} rows are shown`, async () => (await page.locator('tbody tr').count()) === count);
  await rows(100);
  await page.getByRole('button', { name: 'Show more' }).click();
  await rows(200);
  const guest = page.getByRole('link', { name: /^Guest 150/ });
  await guest.focus();
  await world.post('/api/entities/tenant/pause');
  const answer = page.waitForResponse((response) => response.url().includes('/api/links?'));
  t.match((await answer).url(), /limit=200/, 'the news of the pause loads as many again');
  await rows(200);
  t.match(String(await page.evaluate('document.activeElement.textContent')), /Guest 150/, 'the focus stays');
  await page.getByRole('button', { name: 'Show more' }).click();
  await rows(230);
  t.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0);
  const before = await page.locator('thead th').first().boundingBox();
  await page.getByRole('region', { name: 'Records' }).evaluate('(list) => list.scrollTo(0, 2000)');
  t.same(await page.locator('thead th').first().boundingBox(), before, 'the head of the table stays in sight');
  await endsClean(t, ops);
});

t.test('each view in both languages and both themes has no barrier', async (t) => {
  const world = await startOpsWorld(t);
  const known = await stirUp(world);
  await world.spreadOverHour();
  const ops = await openOps(await openBrowser(t), world);
  const { page } = ops;
  await ops.signIn();
  const held = `record/guest/${known.matched}`;
  const lists = ['overview', 'records', 'conflicts', 'parked', 'held', 'runs'];
  await world.post('/api/sync/teachers');
  const dry = await world.post('/api/sync/contacts', { dry_run: true });
  const views = [...lists, `record/teacher/${known.teacher}`, held, `run/${dry.run_id}`];
  for (const language of ['en', 'fr']) {
    await page.getByLabel(/^(Language|Langue)/).selectOption(language);
    for (const theme of ['light', 'dark']) {
      await page.getByLabel(/^(Theme|Thème)/).selectOption(theme);
      for (const view of views) {
        await page.goto(`${world.setup.bridge.url}/ops#/${view}`);
        await page.locator('tbody tr').first().waitFor();
        if (view === 'overview') await page.getByText(/pairs? differed|paires? différai/).waitFor();
        if (view.startsWith('run'))
          await page
            .getByText(/^(done|terminée)$/)
            .first()
            .waitFor();
        t.same(await findBarriers(page), [], `${view}, ${language}, ${theme}`);
        const name = view === held ? 'record-held' : (view.split('/')[0] ?? '');
        // That of the runs shows one at work: see ops-actions.test.ts.
        if (language === 'en' && theme === 'light' && view !== 'runs') await picture(page, name);
        if (language === 'fr' && theme === 'dark' && view === 'overview') await picture(page, `${name}-fr-dark`);
        // No key of a dictionary, and no value that was left out, is ever shown.
        t.notMatch(
          await page.locator('body').innerText(),
          /\b(undefined|NaN|\[object)|[a-z]+\.[a-z]+\.[a-z]+\b(?<!example.org)/i,
          view,
        );
      }
    }
  }
  t.match(await page.locator('html').getAttribute('lang'), 'fr');
  await page.goto(`${world.setup.bridge.url}/ops#/record/teacher/${known.teacher}`);
  await page.getByText('Les deux l’ont changé ; l’application en dernier.').first().waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Ce qui s’est passé' }).waitFor();
  t.equal(await page.locator('html').getAttribute('data-theme'), 'dark', 'both choices outlast a reload');

  const told = async (view: string, sentence: RegExp) => {
    await page.goto(`${world.setup.bridge.url}/ops#/${view}`);
    await page.getByText(sentence).first().waitFor();
  };
  await told('parked', /Retirez-le du champ que nomme le message/);
  const english = await page.locator('main [lang=en]').allInnerTexts();
  t.match(english.join(), /field "city"/, 'the sentence that names the field stays');
  await picture(page, 'parked-fr-dark');
  await told('records?state=parked', /Une règle d’Odoo refuse une valeur/);
  await told('held', /Reliez-la à l’une d’elles, créez-en une, ou laissez tel quel/);
  await told('record/guest/none', /Le pont ne connaît pas cette fiche/);

  await page.getByRole('button', { name: 'Clavier' }).click();
  await page.getByRole('dialog').waitFor();
  t.same(await findBarriers(page), [], 'the help');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(`${world.setup.bridge.url}/ops#/held`);
  await page.locator('tbody tr').first().waitFor();
  t.same(await findBarriers(page), [], 'on a telephone');
  const wide = (await page.evaluate('document.documentElement.scrollWidth')) as number;
  t.ok(wide <= 390, 'nothing but the table is wider than the screen');
  await endsClean(t, ops);
});
