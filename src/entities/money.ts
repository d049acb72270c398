/** Amounts of money: decimal text in canonical form, floats in Odoo, where all of them are in the company's currency. */
import { text } from './codecs.ts';
import type { CanonicalChanges, FieldValue, OdooReferences } from './define-entity.ts';

const DECIMAL = /^([+-]?)0*(\d+)(?:\.(\d*?)0*)?$/;

/** `120.5` and `"0120.500"` are `"120.50"`: at least two digits after the point, no blanks, no exponent. Else null. */
export function decimal(value: unknown): string | null {
  const plain = typeof value === 'number' && Number.isFinite(value) ? plainNumber(value) : text(value);
  const parts = DECIMAL.exec(plain ?? '');
  if (!parts) return null;
  const [, sign = '', whole = '', fraction = ''] = parts;
  const digits = `${whole}.${fraction.padEnd(2, '0')}`;
  return sign === '-' && /[1-9]/.test(digits) ? `-${digits}` : digits;
}

/** JavaScript writes very small and very large numbers with an exponent. */
function plainNumber(value: number): string {
  return String(value).includes('e') ? value.toFixed(6) : String(value);
}

/** Odoo has no empty amount: zero says the same. */
export function amountOrNull(value: unknown): string | null {
  const amount = decimal(value);
  return amount === null || Number(amount) === 0 ? null : amount;
}

export interface MoneyFields {
  readonly amount: string;
  readonly currency: string;
  /** The float in Odoo. */
  readonly odoo: string;
}

/** An amount in another currency than the company's is not written: the figure alone would be wrong. */
export function encodeMoney(
  { amount, currency, odoo }: MoneyFields,
  changes: CanonicalChanges,
  references: OdooReferences,
  values: Record<string, unknown>,
  unheld: { field: string; reason: string }[],
): void {
  if (!(amount in changes)) return;
  const own = references.companyCurrency();
  const given = changes[currency] ?? own;
  if (given === own) values[odoo] = Number(changes[amount] ?? 0);
  else {
    const reason = `Odoo keeps this amount in the company's currency (${own ?? 'unknown'}), the app in ${String(given)}.`;
    for (const field of [amount, currency]) unheld.push({ field, reason });
  }
}

/** The app may leave the currency out: then it is the company's. */
export function sameCurrency(left: FieldValue, right: FieldValue): boolean {
  return left === right || left === null || right === null;
}
