/** Do the books balance, and do they say what the invoices say? */
import { TerminalError } from '../errors.ts';
import { type Amount, formatAmount, parseAmount } from './amounts.ts';
import { bookedLines, type Entry, type EntryLine, isThirdParty } from './entry.ts';

export interface ExportTotals {
  readonly entries: number;
  readonly lines: number;
  /** Decimal texts, equal. */
  readonly debit: string;
  readonly credit: string;
}

export interface Tally {
  add(entry: Entry): void;
  /**
   * @param expected how many entries the period has now
   * @throws TerminalError `unbalanced_entries` naming them, `incomplete_entries` when others came or went meanwhile
   */
  finish(expected: number): ExportTotals;
}

/** So many entries are named, the others counted. */
const NAMED = 20;

export function createTally(): Tally {
  let entries = 0;
  let lines = 0;
  let debit = 0n;
  let credit = 0n;
  let faulty = 0;
  const named: string[] = [];
  return {
    add(entry) {
      entries += 1;
      lines += bookedLines(entry).length;
      debit += sum(entry.lines, (line) => parseAmount(line.debit));
      credit += sum(entry.lines, (line) => parseAmount(line.credit));
      const fault = findFault(entry);
      if (fault === null) return;
      faulty += 1;
      if (named.length < NAMED) named.push(`${entry.number} (${fault})`);
    },
    finish(expected) {
      if (faulty > 0) throw unbalanced(named, faulty);
      if (entries !== expected) throw incomplete(entries, expected);
      return { entries, lines, debit: formatAmount(debit, '.'), credit: formatAmount(credit, '.') };
    },
  };
}

/** @returns what is wrong with the entry, in words without personal data, or null */
export function findFault(entry: Entry): string | null {
  const { lines } = entry;
  const debit = sum(lines, (line) => parseAmount(line.debit));
  const credit = sum(lines, (line) => parseAmount(line.credit));
  if (debit !== credit) return `debit ${show(debit)}, credit ${show(credit)}`;
  if (lines.some(({ account }) => !account.code)) return 'a line whose account has no number in this company';
  // Other entries have no totals of their own; of purchases, Odoo 19 counts taxes that are not deducted otherwise.
  const isSale = /^out_/.test(entry.type);
  const checks: readonly (readonly [string, string, Amount])[] = [
    ...(isSale || /^in_/.test(entry.type)
      ? [['total', entry.total, sum(lines.filter(isThirdParty), balance)] as const]
      : []),
    ...(isSale ? [['taxes', entry.tax, -sum(lines.filter(isTax), balance)] as const] : []),
    ...(isSale ? [['untaxed', entry.untaxed, -sum(lines.filter(isRevenue), balance)] as const] : []),
  ];
  const wrong = checks.find(([, said, booked]) => parseAmount(said) !== booked);
  return wrong ? `${wrong[0]}: the invoice says ${wrong[1]}, its lines ${show(wrong[2])}` : null;
}

const isTax = (line: EntryLine) => line.isTax;
const isRevenue = (line: EntryLine) => !line.isTax && !isThirdParty(line);
const balance = (line: EntryLine): Amount => parseAmount(line.debit) - parseAmount(line.credit);
const show = (amount: Amount): string => formatAmount(amount, '.');

function sum(lines: readonly EntryLine[], of: (line: EntryLine) => Amount): Amount {
  return lines.reduce((total, line) => total + of(line), 0n);
}

function unbalanced(named: readonly string[], faulty: number): TerminalError {
  const others = faulty > named.length ? `, and ${faulty - named.length} more` : '';
  return new TerminalError({
    code: 'unbalanced_entries',
    message: `The books do not balance: ${named.join('; ')}${others}.`,
    remedy:
      'Look at these entries in Odoo, and whether the user of the bridge may see all their lines; nothing was exported.',
  });
}

function incomplete(entries: number, expected: number): TerminalError {
  return new TerminalError({
    code: 'incomplete_entries',
    message: `The export read ${entries} entries, but the period has ${expected}: it changed meanwhile.`,
    remedy: 'Run the export again. If it says the same, look in Odoo for posted entries without a number.',
  });
}
