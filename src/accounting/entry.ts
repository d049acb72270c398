/** A posted journal entry, as the export is handed it. Days are `2026-11-25`, amounts decimal texts with a point. */

export interface EntryLine {
  readonly account: { readonly code: string | null; readonly name: string; readonly type: string };
  readonly partner: { readonly id: number; readonly reference: string | null; readonly name: string } | null;
  readonly label: string | null;
  /** In the company's currency. */
  readonly debit: string;
  readonly credit: string;
  /** In the currency of the line, with the sign of a debit. */
  readonly amountCurrency: string;
  /** ISO 4217. */
  readonly currency: string;
  /** What settles the line in full, and since when. */
  readonly reconciliation: { readonly id: number; readonly date: string } | null;
  readonly isTax: boolean;
}

export interface Entry {
  /** As the company counts them: `FAC/2026/00012`. */
  readonly number: string;
  /** Odoo's `move_type`. */
  readonly type: string;
  /** Of the books. */
  readonly date: string;
  /** On the invoice. */
  readonly invoiceDate: string | null;
  readonly reference: string | null;
  readonly journal: { readonly code: string; readonly name: string };
  /** What the invoice itself says, in the company's currency; negative for a credit note. */
  readonly untaxed: string;
  readonly tax: string;
  readonly total: string;
  readonly lines: readonly EntryLine[];
}

/** What customers owe and what is owed to suppliers: Odoo 16 and later, then the versions before. */
export function isThirdParty(line: EntryLine): boolean {
  return /^(asset_receivable|liability_payable|receivable|payable)$/.test(line.account.type);
}

/** Lines without an amount are no entries in the books: sections, notes, things given away. */
export function bookedLines(entry: Entry): readonly EntryLine[] {
  return entry.lines.filter(({ debit, credit }) => Number(debit) !== 0 || Number(credit) !== 0);
}
