/** What is printed of an invoice. */
import type { Line } from '../collections/invoices.ts';
import type { Fields } from '../data/collection.ts';

export interface PrintedInvoice {
  readonly number: string;
  readonly date: string;
  readonly due: string | null;
  readonly currency: string;
  readonly customer: { readonly name: string; readonly address: readonly string[] };
  readonly lines: readonly Line[];
  readonly untaxed: string;
  readonly tax: string;
  readonly total: string;
}

/** @param customer fields of the record that the invoice names */
export function printInvoice(invoice: Fields, customer: Fields): PrintedInvoice {
  const text = (value: unknown) => (value == null ? '' : String(value));
  const address = [
    text(customer.street),
    text(customer.street2),
    `${text(customer.zip)} ${text(customer.city)}`.trim(),
    text(customer.country),
  ];
  return {
    number: text(invoice.number),
    date: text(invoice.invoice_date),
    due: invoice.due_date == null ? null : text(invoice.due_date),
    currency: text(invoice.currency),
    customer: { name: text(customer.name), address: address.filter((line) => line !== '') },
    lines: invoice.lines as readonly Line[],
    untaxed: text(invoice.total_untaxed),
    tax: text(invoice.total_tax),
    total: text(invoice.total),
  };
}
