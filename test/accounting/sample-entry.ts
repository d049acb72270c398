/** An invoice of 120.00 as the export is handed it, and ways to make it another one. */
import type { Entry, EntryLine } from '../../src/accounting/entry.ts';

export function sampleLine(changes: Partial<EntryLine>): EntryLine {
  return {
    account: { code: '706000', name: 'Prestations de services', type: 'income' },
    partner: { id: 7, reference: null, name: 'Lycée Ampère' },
    label: 'Voyage à Rome',
    debit: '0',
    credit: '100',
    amountCurrency: '-100',
    currency: 'EUR',
    reconciliation: null,
    isTax: false,
    ...changes,
  };
}

const tax = sampleLine({
  account: { code: '445710', name: 'TVA collectée', type: 'liability_current' },
  label: '20% S',
  credit: '20',
  amountCurrency: '-20',
  isTax: true,
});
const receivable = sampleLine({
  account: { code: '411100', name: 'Clients', type: 'asset_receivable' },
  label: null,
  debit: '120',
  credit: '0',
  amountCurrency: '120',
});

export function sampleEntry(changes: Partial<Entry> = {}): Entry {
  return {
    number: 'FAC/2026/00001',
    type: 'out_invoice',
    date: '2026-03-31',
    invoiceDate: '2026-03-30',
    reference: null,
    journal: { code: 'FAC', name: 'Factures clients' },
    untaxed: '100',
    tax: '20',
    total: '120',
    lines: [sampleLine({}), tax, receivable],
    ...changes,
  };
}
