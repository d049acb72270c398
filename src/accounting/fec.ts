/**
 * The French "fichier des écritures comptables": the 18 columns of article A47 A-1, separated by tabs, dates without
 * separators, a comma in amounts, UTF-8. What the columns hold is what Odoo's own export puts there, but where noted.
 */
import { formatAmount, parseAmount } from './amounts.ts';
import { bookedLines, type Entry, type EntryLine, isThirdParty } from './entry.ts';

const COLUMNS =
  'JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate ' +
  'EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise';

export const FEC_HEADER = COLUMNS.split(' ').join('\t');

/** @param currency the company's own: an amount in it is not repeated as one in a foreign currency */
export function toFecLines(entry: Entry, currency: string): readonly string[] {
  return bookedLines(entry).map((line) => toCells(entry, line, currency).map(clean).join('\t'));
}

function toCells(entry: Entry, line: EntryLine, currency: string): readonly string[] {
  const partner = isThirdParty(line) ? line.partner : null;
  const foreign = line.currency !== currency;
  return [
    entry.journal.code,
    entry.journal.name,
    entry.number,
    compact(entry.date),
    line.account.code ?? '',
    line.account.name,
    partner ? (partner.reference ?? String(partner.id)) : '',
    partner?.name ?? '',
    // Odoo writes a dash for an invoice without a reference; but the piece is the invoice itself, and has a number.
    entry.reference ?? entry.number,
    compact(entry.invoiceDate ?? entry.date),
    line.label ?? '/',
    formatAmount(parseAmount(line.debit), ','),
    formatAmount(parseAmount(line.credit), ','),
    line.reconciliation ? String(line.reconciliation.id) : '',
    compact(line.reconciliation?.date ?? ''),
    compact(entry.date),
    foreign ? formatAmount(parseAmount(line.amountCurrency), ',') : '',
    foreign ? line.currency : '',
  ];
}

/** There is no way to quote: what would begin another cell or line becomes a blank. */
function clean(cell: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  const text = cell.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ').trim();
  return text || (cell === '' ? '' : '/');
}

function compact(day: string): string {
  return day.replaceAll('-', '');
}
