/** A sample of `npm run invoices`: random invoices, each posted once to the cent or set aside for a reason that is true. */
import t from 'tap';
import { runInvoices } from '../../sandbox/invoices/run-invoices.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { openInvoiceOffice } from './invoice-office.ts';

t.setTimeout(1_200_000);

for (const [rounding, count, seed] of [
  ['round_per_line', 30, 7],
  ['round_globally', 10, 8],
] as const) {
  t.test(`${count} random invoices where Odoo does ${rounding}`, async (t) => {
    t.setTimeout(600_000);
    const odoo = await realOdoo(t);
    if (odoo === null) return;
    const { app, odoo: atOdoo, setup } = await openInvoiceOffice(t, odoo);
    const parked = async () => {
      const rows = await setup.bridge.context.db
        .selectFrom('links')
        .select(['app_id', 'error'])
        .where('entity', '=', 'invoice')
        .where('state', '=', 'parked')
        .execute();
      return new Map(rows.map(({ app_id, error }) => [String(app_id), error as { code: string; message: string }]));
    };
    const counter = { atApp: app, atOdoo, parked };
    const { figures, findings } = await runInvoices(counter, { count, seed, rounding, patienceMs: 400_000 });
    t.comment(JSON.stringify(figures));
    t.same(findings, []);
    const unfit = Object.values(figures.parked).reduce((sum, each) => sum + each, 0);
    t.equal(figures.posted + unfit, figures.invoices, 'each is one or the other');
    if (rounding === 'round_per_line') t.ok(figures.posted >= 0.9 * figures.invoices, 'most are posted');
  });
}
