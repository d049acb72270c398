/** The links to records in Odoo open their forms, in a real browser, in the versions that were run. */
import t from 'tap';
import { z } from 'zod';
import { recordUrl } from '../../src/backends/odoo/record-url.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { openBrowser } from './open-browser.ts';

// Odoo puts its scripts and styles together when a database is looked at for the first time.
t.setTimeout(280_000);

for (const version of [19, 14] as const) {
  t.test(`Odoo ${version}`, async (t) => {
    const odoo = await realOdoo(t, { version });
    if (odoo === null) return;
    const args = { vals_list: [{ name: 'Linda Link' }] };
    const created = await odoo.transport.call({ model: 'res.partner', method: 'create', args });
    const [id = 0] = z.array(z.number()).parse([created].flat());
    const page = await (await openBrowser(t)).newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(`${odoo.url}/web/login?db=${odoo.database}`);
    await page.locator('input[name=login]').fill('admin');
    await page.locator('input[name=password]').fill('admin');
    await page.locator('button[type=submit]').first().click();
    await page.waitForURL(/\/(odoo|web)(?!\/login)/);
    await page.goto(recordUrl(odoo.url, { major: version, full: `${version}.0` }, 'res.partner', id));
    // The one shows the name as text, the other in a field.
    await page.waitForFunction(
      `[...document.querySelectorAll('.o_form_view [name=name], .o_form_view [name=name] *')]
        .some((one) => [one.textContent, one.value].includes('Linda Link'))`,
    );
    t.match(page.url(), version === 19 ? `/odoo/res.partner/${id}` : `id=${id}`);
  });
}
