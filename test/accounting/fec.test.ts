import t from 'tap';
import { FEC_HEADER, toFecLines } from '../../src/accounting/fec.ts';
import { sampleEntry, sampleLine } from './sample-entry.ts';

t.test('the eighteen columns, in their order', async (t) => {
  const columns = FEC_HEADER.split('\t');
  t.equal(columns.length, 18);
  t.equal(
    columns.join(' '),
    'JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise',
  );
});

t.test('an invoice', async (t) => {
  const lines = toFecLines(sampleEntry(), 'EUR').map((line) => line.split('\t'));
  const common = ['FAC', 'Factures clients', 'FAC/2026/00001', '20260331'];
  const piece = ['FAC/2026/00001', '20260330'];
  const rest = ['', '', '20260331', '', ''];
  t.same(lines, [
    [...common, '706000', 'Prestations de services', '', '', ...piece, 'Voyage à Rome', '0,00', '100,00', ...rest],
    [...common, '445710', 'TVA collectée', '', '', ...piece, '20% S', '0,00', '20,00', ...rest],
    [...common, '411100', 'Clients', '7', 'Lycée Ampère', ...piece, '/', '120,00', '0,00', ...rest],
  ]);
});

t.test('what is not the same on each line', async (t) => {
  const account = { code: '411100', name: 'Clients', type: 'receivable' };
  const partner = { id: 7, reference: 'C-0007', name: 'A\tB\r\nC\u0000' };
  const line = sampleLine({
    account,
    partner,
    label: '\n\t',
    debit: '1234.125',
    credit: '0',
    amountCurrency: '1400.5',
    currency: 'USD',
    reconciliation: { id: 12, date: '2026-04-30' },
  });
  const lines = [line, sampleLine({ ...line, partner: null }), sampleLine({ credit: '0' })];
  const entry = sampleEntry({ reference: 'BC "4" | x', invoiceDate: null, lines });
  const [first = [], second = [], ...others] = toFecLines(entry, 'EUR').map((text) => text.split('\t'));
  t.same(first.slice(6), [
    'C-0007',
    'A B C',
    'BC "4" | x',
    '20260331',
    '/',
    '1234,125',
    '0,00',
    '12',
    '20260430',
    '20260331',
    '1400,50',
    'USD',
  ]);
  t.same(second.slice(6, 8), ['', '']);
  t.same(others, [], 'a line of nothing is no entry');
  const nameless = sampleEntry({ lines: [sampleLine({ account: { ...account, code: null } })] });
  t.equal(toFecLines(nameless, 'EUR')[0]?.split('\t')[4], '');
});
