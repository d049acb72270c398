/** The same entries for a spreadsheet or a program: CSV as RFC 4180 has it, plain dates, a point in amounts. */
import { formatAmount, parseAmount } from './amounts.ts';
import { bookedLines, type Entry, type EntryLine } from './entry.ts';

export const CSV_HEADER = [
  'date,entry,type,journal_code,journal_name,reference,invoice_date,account_code,account_name,partner_id,partner_ref',
  'partner_name,label,debit,credit,currency,amount_currency,reconciliation,reconciliation_date',
].join(',');

export function toCsvLines(entry: Entry): readonly string[] {
  return bookedLines(entry).map((line) => toCells(entry, line).map(quote).join(','));
}

function toCells(entry: Entry, line: EntryLine): readonly string[] {
  return [
    entry.date,
    entry.number,
    entry.type,
    entry.journal.code,
    entry.journal.name,
    entry.reference ?? '',
    entry.invoiceDate ?? '',
    line.account.code ?? '',
    line.account.name,
    line.partner ? String(line.partner.id) : '',
    line.partner?.reference ?? '',
    line.partner?.name ?? '',
    line.label ?? '',
    formatAmount(parseAmount(line.debit), '.'),
    formatAmount(parseAmount(line.credit), '.'),
    line.currency,
    formatAmount(parseAmount(line.amountCurrency), '.'),
    line.reconciliation ? String(line.reconciliation.id) : '',
    line.reconciliation?.date ?? '',
  ];
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
