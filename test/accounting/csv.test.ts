import t from 'tap';
import { CSV_HEADER, toCsvLines } from '../../src/accounting/csv.ts';
import { sampleEntry, sampleLine } from './sample-entry.ts';

t.test('plain dates, a point, and quotes where they are needed', async (t) => {
  const [line] = toCsvLines(sampleEntry());
  t.equal(
    line,
    '2026-03-31,FAC/2026/00001,out_invoice,FAC,Factures clients,,2026-03-30,706000,Prestations de services,7,,Lycée Ampère,Voyage à Rome,0.00,100.00,EUR,-100.00,,',
  );
  t.equal(CSV_HEADER.split(',').length, 19);
  const odd = sampleLine({
    account: { code: null, name: 'a,b', type: 'income' },
    partner: { id: 7, reference: 'x"y', name: 'two\r\nlines' },
    label: null,
    reconciliation: { id: 12, date: '2026-04-30' },
  });
  const entry = sampleEntry({ reference: 'BC;4', invoiceDate: null, lines: [odd, sampleLine({ partner: null })] });
  t.same(toCsvLines(entry), [
    '2026-03-31,FAC/2026/00001,out_invoice,FAC,Factures clients,BC;4,,,"a,b",7,"x""y","two\r\nlines",,0.00,100.00,EUR,-100.00,12,2026-04-30',
    '2026-03-31,FAC/2026/00001,out_invoice,FAC,Factures clients,BC;4,,706000,Prestations de services,,,,Voyage à Rome,0.00,100.00,EUR,-100.00,,',
  ]);
});
