/** An invoice as XML, in the words of UBL 2.1: what of it this app knows, which is less than a tax office asks for. */
import { sumLine } from '../collections/invoices.ts';
import { formatCents } from '../data/value-fields.ts';
import type { PrintedInvoice } from './invoice-text.ts';

const UBL = 'urn:oasis:names:specification:ubl:schema:xsd';

/** The same invoice always gives the same bytes. */
export function writeInvoiceXml(invoice: PrintedInvoice): Buffer {
  const { number, date, due, currency, customer, lines, untaxed, tax, total } = invoice;
  const amount = (name: string, value: string) =>
    `<cbc:${name} currencyID="${escapeXml(currency)}">${value}</cbc:${name}>`;
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="${UBL}:Invoice-2" xmlns:cac="${UBL}:CommonAggregateComponents-2" xmlns:cbc="${UBL}:CommonBasicComponents-2">
  <cbc:ID>${escapeXml(number)}</cbc:ID>
  <cbc:IssueDate>${date}</cbc:IssueDate>${due === null ? '' : `\n  <cbc:DueDate>${due}</cbc:DueDate>`}
  <cbc:DocumentCurrencyCode>${escapeXml(currency)}</cbc:DocumentCurrencyCode>
  <cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>${escapeXml(customer.name)}</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
  <cac:TaxTotal>${amount('TaxAmount', tax)}</cac:TaxTotal>
  <cac:LegalMonetaryTotal>${amount('TaxExclusiveAmount', untaxed)}${amount('TaxInclusiveAmount', total)}${amount('PayableAmount', total)}</cac:LegalMonetaryTotal>
${lines
  .map(
    (line, index) => `  <cac:InvoiceLine>
    <cbc:ID>${index + 1}</cbc:ID>
    <cbc:InvoicedQuantity>${line.quantity}</cbc:InvoicedQuantity>
    ${amount('LineExtensionAmount', formatCents(sumLine(line).untaxed))}
    <cac:Item><cbc:Name>${escapeXml(line.description)}</cbc:Name><cac:ClassifiedTaxCategory><cbc:Percent>${line.tax_percent}</cbc:Percent></cac:ClassifiedTaxCategory></cac:Item>
    <cac:Price>${amount('PriceAmount', line.unit_price)}</cac:Price>
  </cac:InvoiceLine>
`,
  )
  .join('')}</Invoice>
`;
  return Buffer.from(text);
}

/** XML has no way at all to write most control characters. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\P{Cc}\n\t]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
