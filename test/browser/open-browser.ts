/** A real browser, and a page that notices what must not happen. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Test } from 'tap';

export async function openBrowser(t: Test): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), 'browser-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-sync',
    ].concat('--disable-component-update', '--no-first-run'),
  });
  t.teardown(async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  });
  return browser;
}

/** @returns lists that stay empty: requests to elsewhere, and scripts that ran */
export function watchPage(page: Page, appUrl: string): { readonly outside: string[]; readonly broken: string[] } {
  const outside: string[] = [];
  const broken: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(appUrl)) outside.push(request.url());
  });
  page.on('pageerror', (error) => broken.push(error.message));
  // No dialog may ever open: it would be somebody's script.
  page.on('dialog', (dialog) => broken.push(dialog.message()));
  return { outside, broken };
}

export const save = (page: Page) => page.getByRole('button', { name: 'Save' }).click();
