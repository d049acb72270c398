import t from 'tap';
import { recordUrl } from '../../../src/backends/odoo/record-url.ts';
import type { OdooVersion } from '../../../src/backends/odoo/transport.ts';

const version = (major: number): OdooVersion => ({ major, full: `${major}.0` });

t.test('the address of a record is that of its version', async (t) => {
  const at = (major: number, url = 'https://odoo.example') => recordUrl(url, version(major), 'res.partner', 7);
  for (const major of [18, 19]) t.equal(at(major), 'https://odoo.example/odoo/res.partner/7');
  for (const major of [14, 17]) t.equal(at(major), 'https://odoo.example/web#id=7&model=res.partner&view_type=form');
  t.equal(at(19, 'https://example/erp/'), 'https://example/erp/odoo/res.partner/7');
});
