/** The links to records in Odoo open their forms, in a real browser, in the versions that were run. */
import t from 'tap';
import { z } from 'zod';
import { recordUrl } from '../../src/backends/odoo/record-url.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { openForm } from './odoo-form.ts';
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
    const address = recordUrl(odoo.url, { major: version, full: `${version}.0` }, 'res.partner', id);
    await openForm(page, odoo, address, 'Linda Link');
    t.match(page.url(), version === 19 ? `/odoo/res.partner/${id}` : `id=${id}`);
  });
}
