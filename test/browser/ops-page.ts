/** The page /ops in a real browser, as an operator uses it; it notices what must not happen. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { Test } from 'tap';
import { watchPage } from './open-browser.ts';
import type { OpsWorld } from './ops-world.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** Names a folder to keep pictures in, such as docs/screenshots. */
const FOLDER = process.env.OPS_SCREENSHOTS;

export async function openOps(browser: BrowserContext, { setup }: Pick<OpsWorld, 'setup'>) {
  const page = await browser.newPage();
  await page.setViewportSize({ width: 1240, height: 800 });
  // Relative times and words of the machine's own language would differ from run to run.
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) => {
    (window.violations ??= []).push(event.violatedDirective + ' ' + event.blockedURI);
  })`);
  const watched = watchPage(page, setup.bridge.url);
  page.on('console', (message) => {
    // What the network says of a bridge that is gone is no fault of the page.
    const isFault = message.type() === 'error' && !/Failed to load resource/.test(message.text());
    if (isFault) watched.broken.push(message.text());
  });
  await page.goto(`${setup.bridge.url}/ops`);
  return {
    page,
    ...watched,
    violations: async () => (await page.evaluate('window.violations ?? []')) as string[],
    async signIn(token: string = setup.secrets.api) {
      await page.getByLabel(/Token|Jeton/).fill(token);
      await page.keyboard.press('Enter');
      await page.getByRole('navigation').waitFor();
      await page.getByText(/^(Live|En direct)$/).waitFor();
    },
    /** By the menu. */
    async go(view: string) {
      await page.getByRole('navigation').getByRole('link', { name: view }).click();
      await page.getByRole('heading', { level: 1, name: view }).waitFor();
    },
    row: (name: string | RegExp) => page.getByRole('row').filter({ hasText: name }),
    /** Answers the question that is open. @returns what it said */
    async confirm(button: string): Promise<string> {
      const dialog = page.getByRole('dialog');
      const text = await dialog.innerText();
      await dialog.getByRole('button', { name: button, exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      return text;
    },
    told: (text: string | RegExp) => page.getByRole('status').getByText(text).waitFor(),
  };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe calls serious or critical; by the protocol of the browser, for the page's policy lets nobody else in. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  // A picture that fades in has less contrast than it is going to have.
  await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
  await page.evaluate(`${await readFile(AXE, 'utf8')}; undefined`);
  const { violations } = (await page.evaluate(`axe.run(document, { resultTypes: ['violations'] })`)) as {
    violations: readonly Violation[];
  };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
    );
}

export async function picture(page: Page, name: string): Promise<void> {
  if (FOLDER) await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}

/** @returns bytes that came over the network for the page itself */
export async function firstLoad(page: Page): Promise<number> {
  return (await page.evaluate(`[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter(({ name }) => new URL(name).pathname.startsWith('/ops'))
    .reduce((sum, { transferSize }) => sum + transferSize, 0)`)) as number;
}

export type Ops = Awaited<ReturnType<typeof openOps>>;

/** At the end of each test: nothing went out, no script ran that should not, the policy had nothing to forbid. */
export async function endsClean(t: Test, { outside, broken, violations }: Ops): Promise<void> {
  t.same(outside, [], 'nothing is fetched from elsewhere');
  t.same(broken, [], 'no script failed, and none ran that was typed into a field');
  t.same(await violations(), [], 'the policy had nothing to forbid');
}
