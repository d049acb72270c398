/** A form of Odoo, as a person sees it who follows a link of the bridge. */
import type { Page } from 'playwright-core';

/** Signs the administrator in, and waits until the form at that address shows a record of that name. */
export async function openForm(
  page: Page,
  odoo: { readonly url: string; readonly database: string },
  address: string,
  name: string,
): Promise<void> {
  page.setDefaultTimeout(120_000);
  await page.goto(`${odoo.url}/web/login?db=${odoo.database}`);
  await page.locator('input[name=login]').fill('admin');
  await page.locator('input[name=password]').fill('admin');
  await page.locator('button[type=submit]').first().click();
  await page.waitForURL(/\/(odoo|web)(?!\/login)/);
  await page.goto(address);
  // Some versions show the name as text, others in a field.
  await page.waitForFunction(
    `[...document.querySelectorAll('.o_form_view [name=name], .o_form_view [name=name] *')]
      .some((one) => [one.textContent, one.value].includes(${JSON.stringify(name)}))`,
  );
}
