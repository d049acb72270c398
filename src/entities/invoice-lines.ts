/**
 * The lines of an invoice as one canonical text: JSON with its members in a fixed order and decimals in one spelling,
 * so that equal lines are equal texts.
 */
import { many2one, orFalse, text } from './codecs.ts';
import type { OdooReferences, OdooValues, Parent } from './define-entity.ts';
import { findTax, type MissingTax, readTax } from './invoice-taxes.ts';
import { decimal } from './money.ts';

export interface InvoiceLine {
  readonly description: string | null;
  readonly quantity: string;
  readonly unit_price: string;
  readonly discount_percent: string;
  /** Null: Odoo has more than one tax on the line, or one that is no percentage. */
  readonly tax_percent: string | null;
  readonly apartment_id: string | null;
}

const ZERO = '0.00';

export function decodeAppLines(value: unknown): string | null {
  if (!Array.isArray(value)) return null;
  return JSON.stringify(value.map((line) => decodeAppLine((line ?? {}) as Readonly<Record<string, unknown>>)));
}

function decodeAppLine(line: Readonly<Record<string, unknown>>): InvoiceLine {
  return {
    description: text(line.description),
    quantity: decimal(line.quantity) ?? '1.00',
    unit_price: decimal(line.unit_price) ?? ZERO,
    discount_percent: decimal(line.discount_percent) ?? ZERO,
    tax_percent: decimal(line.tax_percent) ?? ZERO,
    apartment_id: text(line.apartment_id),
  };
}

export function decodeOdooLines(rows: unknown, references: OdooReferences): string {
  const lines = Array.isArray(rows) ? (rows as readonly OdooValues[]) : [];
  return JSON.stringify(lines.map((line) => decodeOdooLine(line, references)));
}

function decodeOdooLine(line: OdooValues, references: OdooReferences): InvoiceLine {
  const variant = many2one(line.product_id);
  const product = variant === null ? null : references.productId(variant);
  return {
    description: text(line.name),
    quantity: decimal(line.quantity) ?? ZERO,
    unit_price: decimal(line.price_unit) ?? ZERO,
    discount_percent: decimal(line.discount) ?? ZERO,
    tax_percent: readTax(line.tax_ids, references),
    apartment_id: product === null ? null : references.linkedAppId('apartment', product),
  };
}

/** @param lines canonical text, as one of these functions made it */
export function readLines(lines: unknown): readonly InvoiceLine[] {
  return typeof lines === 'string' ? JSON.parse(lines) : [];
}

export function apartmentsOf(lines: unknown): readonly Parent[] {
  const ids = new Set(readLines(lines).flatMap(({ apartment_id }) => apartment_id ?? []));
  return [...ids].map((id) => ({ entity: 'apartment', id }));
}

export type EncodedLines =
  | { readonly kind: 'lines'; readonly rows: readonly OdooValues[] }
  | { readonly kind: 'tax_missing'; readonly missing: MissingTax };

export function encodeLines(lines: unknown, references: OdooReferences): EncodedLines {
  const rows: OdooValues[] = [];
  for (const line of readLines(lines)) {
    const tax = findTax(line.tax_percent ?? ZERO, references);
    if (tax.kind === 'missing') return { kind: 'tax_missing', missing: tax };
    const product = line.apartment_id === null ? null : references.linkedId('apartment', line.apartment_id);
    rows.push({
      name: orFalse(line.description),
      quantity: Number(line.quantity),
      price_unit: Number(line.unit_price),
      discount: Number(line.discount_percent),
      // Said also where there is none: what is left out, Odoo fills in with the taxes of the product or the company.
      tax_ids: tax.id === null ? [] : [tax.id],
      product_id: product === null ? false : orFalse(references.variantId(product)),
    });
  }
  return { kind: 'lines', rows };
}
