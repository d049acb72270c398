/** Exact decimal amounts: whole millionths, never sums of floating numbers. */
import { TerminalError } from '../errors.ts';

/** Millionths of the currency's unit. */
export type Amount = bigint;

const DIGITS = 6;

/**
 * @param value a decimal text with a point, at most six digits behind it
 * @throws TerminalError `amount_not_exact`
 */
export function parseAmount(value: string): Amount {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(value) ?? [];
  if (whole === undefined) {
    throw new TerminalError({
      code: 'amount_not_exact',
      message: 'Odoo gave an amount that is no decimal number of at most six digits behind the point.',
      remedy: 'Look in Odoo at the amounts of the period, and at the decimals of the currency.',
    });
  }
  const amount = BigInt(whole + fraction.padEnd(DIGITS, '0'));
  return sign === '-' ? -amount : amount;
}

/** With two digits behind the point, and with more where there are more: `1234.50`, `0.125`. */
export function formatAmount(amount: Amount, point: '.' | ','): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(DIGITS + 1, '0');
  const fraction = digits.slice(-DIGITS).replace(/0{1,4}$/, '');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -DIGITS)}${point}${fraction}`;
}
