/** Invoices as a travel company may write them, drawn at random: the same seed draws the same ones. */
import fc from 'fast-check';

export interface DrawnLine {
  readonly description: string;
  readonly quantity: number;
  readonly unit_price: string;
  readonly discount_percent: number;
  readonly tax_percent: number;
}

export interface DrawnInvoice {
  readonly currency: string;
  readonly lines: readonly DrawnLine[];
}

/** What the books know, and what they do not: a currency that is not in use, a percentage without a tax. */
export const KNOWN = { currencies: ['EUR', 'USD'], taxes: [20, 10, 5.5, 2.1, 0] } as const;
export const UNKNOWN = { currency: 'CHF', tax: 19 } as const;

const cents = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((amount) => (amount / 100).toFixed(2));
const hundredths = (least: number, most: number) => fc.integer({ min: least, max: most }).map((amount) => amount / 100);
const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

const line: fc.Arbitrary<DrawnLine> = fc.record({
  description: fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).map((text) => `Nights ${text}`.trim()),
  quantity: fc.oneof(often(6, fc.integer({ min: 1, max: 60 })), often(2, hundredths(1, 2_000))),
  unit_price: fc.oneof(often(8, cents(1, 200_000)), often(1, cents(-5_000, -1)), often(1, fc.constant('0.00'))),
  discount_percent: fc.oneof(
    often(4, fc.constant(0)),
    often(2, fc.integer({ min: 1, max: 50 })),
    often(1, hundredths(1, 9_999)),
  ),
  tax_percent: fc.oneof(often(97, fc.constantFrom(...KNOWN.taxes)), often(1, fc.constant(UNKNOWN.tax))),
});

const invoice: fc.Arbitrary<DrawnInvoice> = fc.record({
  currency: fc.oneof(often(97, fc.constantFrom(...KNOWN.currencies)), often(2, fc.constant(UNKNOWN.currency))),
  lines: fc.oneof(
    often(9, fc.array(line, { minLength: 1, maxLength: 6 })),
    often(1, fc.array(line, { minLength: 7, maxLength: 40 })),
  ),
});

export function drawInvoices(count: number, seed: number): readonly DrawnInvoice[] {
  return fc.sample(invoice, { numRuns: count, seed });
}
