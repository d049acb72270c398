/** The lines of some journal entries, with what they refer to. */
import { z } from 'zod';
import { link, text } from '../endpoint-values.ts';
import type { OdooClient } from '../odoo-client.ts';
import { expectRecord } from '../parse-answer.ts';
import type { Account, JournalLine } from './accounting.ts';

const lineRow = z.object({
  id: z.int(),
  move_id: z.int(),
  account_id: link,
  partner_id: link,
  name: text,
  debit: z.number(),
  credit: z.number(),
  amount_currency: z.number(),
  currency_id: link,
  full_reconcile_id: link,
  tax_line_id: link,
});
const partnerRow = z.object({ id: z.int(), ref: text, name: text });
const reconciliationRow = z.object({ id: z.int(), create_date: z.string() });
const currencyRow = z.object({ id: z.int(), name: z.string() });

type Line = z.output<typeof lineRow>;
type Named<Row> = ReadonlyMap<number, Row>;

/** @returns by id of the entry, in the order of their ids; sections and notes are no lines of the books */
export async function readJournalLines(
  odoo: OdooClient,
  moveIds: readonly number[],
  accounts: Named<Account>,
): Promise<ReadonlyMap<number, readonly JournalLine[]>> {
  const domain = [
    ['move_id', 'in', moveIds],
    ['account_id', '!=', false],
  ];
  const rows: readonly Line[] = await odoo.searchRead('account.move.line', lineRow, domain);
  const partners = await readNamed(odoo, 'res.partner', partnerRow, rows, 'partner_id');
  const currencies = await readNamed(odoo, 'res.currency', currencyRow, rows, 'currency_id');
  const settled = await readNamed(odoo, 'account.full.reconcile', reconciliationRow, rows, 'full_reconcile_id');
  const lines = new Map<number, JournalLine[]>();
  for (const row of rows) {
    const partner = partners.get(row.partner_id ?? 0);
    const reconciliation = settled.get(row.full_reconcile_id ?? 0);
    const line = {
      id: row.id,
      account: expectRecord(accounts.get(row.account_id ?? 0), 'account.account'),
      partner: partner ? { id: partner.id, reference: partner.ref, name: partner.name ?? '' } : null,
      label: row.name,
      debit: String(row.debit),
      credit: String(row.credit),
      amountCurrency: String(row.amount_currency),
      currency: expectRecord(currencies.get(row.currency_id ?? 0), 'res.currency').name,
      reconciliation: reconciliation ? { id: reconciliation.id, date: reconciliation.create_date.slice(0, 10) } : null,
      isTax: row.tax_line_id !== null,
    };
    lines.set(row.move_id, [...(lines.get(row.move_id) ?? []), line]);
  }
  return lines;
}

async function readNamed<Shape extends { id: z.ZodInt } & z.core.$ZodLooseShape>(
  odoo: OdooClient,
  model: string,
  row: z.ZodObject<Shape>,
  lines: readonly Line[],
  field: 'partner_id' | 'currency_id' | 'full_reconcile_id',
) {
  const ids = new Set(lines.flatMap((line) => line[field] ?? []));
  return new Map((await odoo.read(model, row, [...ids])).map((found) => [found.id, found]));
}
