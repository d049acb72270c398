/** What is filed of an invoice when it is validated: once, for it does not change any more. */
import { DOCUMENTS } from '../collections/documents.ts';
import { INVOICES } from '../collections/invoices.ts';
import type { Transaction } from '../data/apply-operations.ts';
import type { Collection, Fields } from '../data/collection.ts';
import { collectionOf } from '../data/collections.ts';
import { putContent } from '../data/contents.ts';
import type { Outcome } from '../data/decide-operation.ts';
import { type AppRecord, readByIds } from '../data/records.ts';
import type { Party } from '../data/reference-fields.ts';
import { writeInvoicePdf } from './invoice-pdf.ts';
import { printInvoice } from './invoice-text.ts';
import { writeInvoiceXml } from './invoice-xml.ts';

export function isJustValidated(collection: Collection, { changed, before, result }: Outcome): boolean {
  if (collection !== INVOICES || !changed || result.status !== 'ok') return false;
  return result.record.status === 'validated' && before?.status !== 'validated';
}

export async function fileInvoice(transaction: Transaction, invoice: AppRecord): Promise<void> {
  const { entity, id } = invoice.customer as Party;
  const [customer] = await readByIds(transaction.db, collectionOf(entity), [id]);
  const printed = printInvoice(invoice, customer?.fields ?? {});
  const name = printed.number.replace(/[\p{Cc}/\\]/gu, '-').slice(0, 200);
  const file = (kind: string, extension: string, mediaType: string, bytes: Buffer) => {
    const fields = { kind, owner: { entity: 'invoice', id: invoice.id }, filename: `${name}.${extension}` };
    return fileOne(transaction, fields, { bytes, mediaType });
  };
  await file('invoice_pdf', 'pdf', 'application/pdf', writeInvoicePdf(printed));
  await file('invoice_xml', 'xml', 'application/xml', writeInvoiceXml(printed));
}

async function fileOne(transaction: Transaction, fields: Fields, upload: Parameters<typeof putContent>[2]) {
  const { result } = await transaction.write(DOCUMENTS, { op: 'create', fields }, 'app');
  if (result.status !== 'ok') throw new Error(`The document of an invoice was refused: ${result.status}.`);
  await putContent(transaction, result.record.id, upload);
}
