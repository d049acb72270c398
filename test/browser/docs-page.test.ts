/** The page /docs in a real browser: it asks for a token, shows the interface, and asks nobody else. */
import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { startBridge } from '../support/start-bridge.ts';
import { openBrowser, watchPage } from './open-browser.ts';

// A first start of the browser on a busy machine takes its time.
t.setTimeout(120_000);

t.test('somebody with a token reads what the bridge can do', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const { bridge, secrets } = await startBridge(t, { odoo: simulator, install: false, webhooks: false });
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const { outside, broken } = watchPage(page, bridge.url);
  page.on('console', (message) => message.type() === 'error' && refusals.push(message.text()));
  const refusals: string[] = [];

  const answer = await page.goto(`${bridge.url}/docs`);
  const size = (await answer?.body())?.length ?? 0;
  t.ok(size > 0 && size < 20_000, `the page is small: ${size} bytes`);
  await page.getByLabel('One of BRIDGE_API_TOKENS').fill('not-the-token-of-the-bridge');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('Send "Authorization: Bearer"').waitFor();
  t.match(refusals, [/401/], 'nothing but the wrong token was refused: neither style nor script');

  await page.getByLabel('One of BRIDGE_API_TOKENS').fill(secrets.api);
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('heading', { name: 'Synchronisation' }).waitFor();
  t.notOk(await page.getByLabel('One of BRIDGE_API_TOKENS').isVisible());
  const release = page.locator('#releaseHeld');
  await release.locator('summary').first().focus();
  await page.keyboard.press('Enter');
  await release.getByRole('link', { name: 'invalid_request' }).waitFor();
  t.match(await release.innerText(), /POST\s+\/api\/held\/release[\s\S]*scope operate[\s\S]*"released": 12/);
  t.equal(await page.locator('main details[id]').count(), await countEntries(bridge.url, secrets.api));

  await page.reload();
  await page.getByRole('heading', { name: 'Webhooks' }).waitFor();
  await release.locator('summary').first().click();
  await release.getByRole('link', { name: 'token_needed' }).click();
  await page.getByRole('heading', { name: 'What to do' }).waitFor();
  t.match(page.url(), /\/problems\/token_needed$/, 'each problem leads to its page');
  t.same([outside, broken], [[], []], 'nothing is fetched from elsewhere, and no script fails');
  t.equal(refusals.length, 1);
});

/** All operations and named schemas of the document. */
async function countEntries(url: string, token: string): Promise<number> {
  const answer = await fetch(`${url}/docs/json`, { headers: { authorization: `Bearer ${token}` } });
  const { paths, components } = (await answer.json()) as {
    paths: Record<string, object>;
    components: { schemas: object };
  };
  const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
  return operations.length + Object.keys(components.schemas).length;
}
