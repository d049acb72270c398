/** Which of Odoo's taxes stands for a percentage: a sales tax of the company that comes on top of the price. */
import { idList, many2one } from './codecs.ts';
import type { BookTables, OdooReferences, OdooValues } from './define-entity.ts';
import { decimal } from './money.ts';

export interface MissingTax {
  readonly kind: 'missing';
  readonly percent: string;
  /** Percentages that there are, ascending. */
  readonly known: readonly string[];
}

export type FoundTax = { readonly kind: 'found'; readonly id: number | null } | MissingTax;

/**
 * The company's default sales tax if it has that percentage; else the first as Odoo orders them. A line without tax
 * gets none, for which of the 0 % taxes it is (export, exempt, within the EU) the app does not tell, and the tax
 * return would: none leaves the totals as exact. Only a company whose default is 0 % means that one.
 */
export function findTax(percent: string, references: BookTables): FoundTax {
  const preferred = many2one(ownCompany(references)?.account_sale_tax_id);
  const usable = usableTaxes(references);
  const fitting = usable.filter(({ amount }) => decimal(amount) === percent);
  const byDefault = fitting.find(({ id }) => id === preferred);
  if (Number(percent) === 0) return { kind: 'found', id: many2one(byDefault?.id) };
  const [first] = [...fitting].sort((a, b) => Number(a.sequence) - Number(b.sequence));
  const found = byDefault ?? first;
  if (found) return { kind: 'found', id: Number(found.id) };
  const known = [...new Set(usable.map(({ amount }) => String(decimal(amount))))];
  return { kind: 'missing', percent, known: known.sort((a, b) => Number(a) - Number(b)) };
}

/** The taxes that a line of an invoice may get at all. */
export function usableTaxes(references: BookTables): readonly OdooValues[] {
  return references.rows('account.tax').filter((tax) => isUsable(tax, references));
}

function isUsable(tax: OdooValues, references: BookTables): boolean {
  return (
    tax.active === true &&
    tax.type_tax_use === 'sale' &&
    tax.amount_type === 'percent' &&
    // The app's prices are without tax: in such a one the tax would be contained.
    tax.price_include !== true &&
    // A branch uses the taxes of the companies above it.
    lineage(references).includes(many2one(tax.company_id))
  );
}

function lineage(references: BookTables): readonly (number | null)[] {
  const ids: (number | null)[] = [];
  let id = references.ownCompanyId();
  while (id !== null && !ids.includes(id)) {
    const company = references.rows('res.company').find((row) => row.id === id);
    ids.push(id);
    id = many2one(company?.parent_id);
  }
  return ids;
}

function ownCompany(references: BookTables): OdooValues | undefined {
  return references.rows('res.company').find(({ id }) => id === references.ownCompanyId());
}

/** @returns the percentage of the taxes on a line of Odoo's; null when no single percentage says it */
export function readTax(ids: unknown, references: OdooReferences): string | null {
  const taxes = idList(ids).map((id) => references.rows('account.tax').find((tax) => tax.id === id));
  const [only] = taxes;
  if (taxes.length === 0) return '0.00';
  return taxes.length === 1 && only?.amount_type === 'percent' ? decimal(only.amount) : null;
}
