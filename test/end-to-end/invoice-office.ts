/** A whole set-up with people who write invoices in the app, and people who look after them in Odoo. */
import pg from 'pg';
import type { Test } from 'tap';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil as waitFor } from '../../sandbox/people/wait-until.ts';
import type { RpcValue } from '../../src/backends/odoo/transport.ts';
import type { TestOdoo } from '../support/odoo-lab.ts';
import { startBridge } from '../support/start-bridge.ts';

/** A real Odoo on a busy machine takes its time. */
const PATIENCE_MS = 90_000;
export const waitUntil = <T>(what: string, ask: () => Promise<T> | T, patienceMs = PATIENCE_MS) =>
  waitFor(what, ask, patienceMs, 100);

export const MOVE = [
  ...['state', 'name', 'move_type', 'partner_id', 'invoice_date', 'invoice_date_due', 'date', 'currency_id'],
  ...['invoice_origin', 'ref', 'amount_untaxed', 'amount_tax', 'amount_total', 'amount_residual', 'payment_state'],
  ...['reversed_entry_id', 'journal_id'],
];
export const LINE = ['name', 'quantity', 'price_unit', 'discount', 'tax_ids', 'product_id', 'price_subtotal'];
/** Some day of this year that is over: Odoo would post a later one only when it comes. */
export const TODAY = new Date().toISOString().slice(0, 10);

export async function openInvoiceOffice(t: Test, address: TestOdoo, environment: Record<string, string> = {}) {
  const setup = await startBridge(t, { odoo: address, environment });
  const app = appPerson(setup.app.url);
  const odoo = odooPerson(address, address.transport);
  const isProduct =
    address.version === 14 ? ['exclude_from_invoice_tab', '=', false] : ['display_type', '=', 'product'];

  const find = async (model: string, domain: RpcValue, fields: string[]) =>
    (await odoo.call(model, 'search_read', { domain, fields, load: '', order: 'id' })) as (Fields & { id: number })[];
  const number = async (id: string) => String((await app.look('invoices', id)).number);
  const moves = async (id: string) => find('account.move', [['invoice_origin', '=', await number(id)]], MOVE);

  return {
    setup,
    app,
    odoo,
    find,
    moves,
    write: (model: string, id: unknown, vals: Record<string, RpcValue>) =>
      odoo.call(model, 'write', { vals }, [Number(id)]),
    calm: () => waitUntil('the queue is empty', async () => (await setup.bridge.context.reports.queue()).depth === 0),
    lines: (move: number) => find('account.move.line', [['move_id', '=', move], isProduct], LINE),
    /** A draft, with what most invoices have. */
    draft: (customer: Fields, fields: Fields = {}) =>
      app.create('invoices', { customer, invoice_date: TODAY, due_date: TODAY, lines: [line('100.00')], ...fields }),
    validate: (id: string) => app.act('invoices', id, 'validate'),
    /** The only invoice of it, once it is as told. */
    invoice: (id: string, wanted: Fields, patienceMs?: number) =>
      waitUntil(
        `invoice ${id} is ${JSON.stringify(wanted)} in Odoo`,
        async () => {
          const found = (await moves(id)).filter(({ move_type }) => move_type === 'out_invoice');
          const [only] = found;
          const isAsTold = Object.entries(wanted).every(([field, value]) => only?.[field] === value);
          return found.length === 1 && only && isAsTold ? only : undefined;
        },
        patienceMs,
      ),
    shows: (id: string, wanted: Fields) =>
      waitUntil(`the app shows ${JSON.stringify(wanted)}`, async () => {
        const record = await app.look('invoices', id);
        return Object.entries(wanted).every(([field, value]) => record[field] === value) ? record : undefined;
      }),
    /** Why the bridge set it aside, once it did. */
    parked: (id: string, code: string) =>
      waitUntil(`invoice ${id} is parked as ${code}`, async () => {
        const row = await setup.bridge.context.db
          .selectFrom('links')
          .select(['state', 'error'])
          .where('entity', '=', 'invoice')
          .where('app_id', '=', id)
          .executeTakeFirst();
        const error = row?.error as { code: string; message: string; remedy: string } | null | undefined;
        return row?.state === 'parked' && error?.code === code ? error : undefined;
      }),
    /** What no page of the app lets anybody do, and another app may. */
    async alter(id: string, change: Fields) {
      const client = new pg.Client({ connectionString: setup.appDatabaseUrl });
      await client.connect();
      await client.query(
        `update travel_app.records set fields = fields || $1::jsonb, updated_at = clock_timestamp()
         where collection = 'invoices' and id = $2`,
        [JSON.stringify(change), id],
      );
      await client.end();
      await setup.bridge.schedule.pollNow();
    },
  };
}

export type InvoiceOffice = Awaited<ReturnType<typeof openInvoiceOffice>>;

export function line(unit_price: string, more: Fields = {}): Fields {
  return { description: 'Nights', quantity: 1, unit_price, discount_percent: 0, tax_percent: 20, ...more };
}
