/** An invoice as a plain PDF: text in one typeface that every reader has, on as many pages as it takes. */
import { sumLine } from '../collections/invoices.ts';
import { formatCents } from '../data/value-fields.ts';
import type { PrintedInvoice } from './invoice-text.ts';

const LINES_PER_PAGE = 52;
const COLUMNS = 80;

/** The same invoice always gives the same bytes. */
export function writeInvoicePdf(invoice: PrintedInvoice): Buffer {
  const text = layOut(invoice);
  const pages = Array.from({ length: Math.ceil(text.length / LINES_PER_PAGE) }, (_, index) =>
    text.slice(index * LINES_PER_PAGE, (index + 1) * LINES_PER_PAGE),
  );
  // Objects 1 to 3 are the catalog, the list of pages and the typeface; then a page and its text by turns.
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, index) => `${4 + 2 * index} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>',
  ];
  for (const [index, page] of pages.entries()) {
    const stream = `BT /F 10 Tf 14 TL 56 785 Td ${page.map((line) => `(${escapeText(line)}) Tj T*`).join('\n')} ET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> /Contents ${5 + 2 * index} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    );
  }
  return assemble(objects);
}

function layOut({ number, date, due, currency, customer, lines, untaxed, tax, total }: PrintedInvoice): string[] {
  const sum = (label: string, amount: string) => `${label.padStart(56)}${`${amount} ${currency}`.padStart(24)}`;
  return [
    `INVOICE ${number}`,
    '',
    `Date: ${date}`,
    ...(due === null ? [] : [`Due:  ${due}`]),
    '',
    customer.name,
    ...customer.address,
    '',
    `${'Description'.padEnd(36)}${'Quantity'.padStart(10)}${'Price'.padStart(12)}${'Tax %'.padStart(8)}${'Amount'.padStart(14)}`,
    '-'.repeat(COLUMNS),
    ...lines.flatMap((line) => {
      const price = line.discount_percent === 0 ? line.unit_price : `${line.unit_price} -${line.discount_percent}%`;
      const amounts = `${String(line.quantity).padStart(10)}${price.padStart(12)}${String(line.tax_percent).padStart(8)}`;
      const [first = '', ...more] = wrap(line.description, 35);
      return [`${first.padEnd(36)}${amounts}${formatCents(sumLine(line).untaxed).padStart(14)}`, ...more];
    }),
    '-'.repeat(COLUMNS),
    sum('Without tax', untaxed),
    sum('Tax', tax),
    sum('Total', total),
  ].flatMap((line) => wrap(line, COLUMNS));
}

function wrap(text: string, width: number): string[] {
  return text.split(/\r?\n/).flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? ['']);
}

/** Where the encoding of the typeface differs from Latin-1. */
const WINDOWS: Readonly<Record<string, string>> = {
  '€': '\x80',
  '…': '\x85',
  '‘': '\x91',
  '’': '\x92',
  '“': '\x93',
  '”': '\x94',
  '–': '\x96',
  '—': '\x97',
  œ: '\x9c',
};

/** Characters that the typeface does not have become question marks. One character is one byte here. */
function escapeText(text: string): string {
  const bytes = text.replace(/[^\x20-\x7e\xa0-\xff]/gu, (character) => WINDOWS[character] ?? '?');
  return bytes.replace(/[\\()]/g, '\\$&');
}

function assemble(objects: readonly string[]): Buffer {
  let file = '%PDF-1.4\n';
  const offsets: number[] = [];
  for (const [index, object] of objects.entries()) {
    offsets.push(file.length);
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
  }
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(`${file}xref\n0 ${size}\n0000000000 65535 f \n${entries}${trailer}`, 'latin1');
}
