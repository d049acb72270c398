import t from 'tap';
import { createTally, findFault } from '../../src/accounting/check-entries.ts';
import type { Entry } from '../../src/accounting/entry.ts';
import { sampleEntry, sampleLine } from './sample-entry.ts';

const GOOD = sampleEntry();
const [revenue, tax, receivable] = GOOD.lines as [
  (typeof GOOD.lines)[0],
  (typeof GOOD.lines)[0],
  (typeof GOOD.lines)[0],
];

const supplier = sampleLine({ account: { code: '401100', name: 'Fournisseurs', type: 'payable' }, credit: '50' });
const expense = sampleLine({ account: { code: '601000', name: 'Achats', type: 'expense' }, debit: '50', credit: '0' });

t.test('entries one by one', async (t) => {
  const cases: readonly (readonly [string, Entry, string | null])[] = [
    ['an invoice', GOOD, null],
    ['its credit note', takenBack(), null],
    [
      'a debit too small',
      sampleEntry({ lines: [revenue, tax, { ...receivable, debit: '119.99' }] }),
      'debit 119.99, credit 120.00',
    ],
    ['a line is hidden', sampleEntry({ lines: [revenue, receivable] }), 'debit 120.00, credit 100.00'],
    ['no lines', sampleEntry({ lines: [] }), 'total: the invoice says 120, its lines 0.00'],
    ['nothing given away', sampleEntry({ lines: [], untaxed: '0', tax: '0', total: '0' }), null],
    ['another total', sampleEntry({ total: '120.01' }), 'total: the invoice says 120.01, its lines 120.00'],
    ['other taxes', sampleEntry({ tax: '19.6' }), 'taxes: the invoice says 19.6, its lines 20.00'],
    ['another net', sampleEntry({ untaxed: '99' }), 'untaxed: the invoice says 99, its lines 100.00'],
    [
      'no number of the account',
      sampleEntry({ lines: [{ ...revenue, account: { ...revenue.account, code: null } }, tax, receivable] }),
      'a line whose account has no number in this company',
    ],
    ['a bill', sampleEntry({ type: 'in_invoice', total: '-50', tax: '9', lines: [supplier, expense] }), null],
    [
      'a bill of another total',
      sampleEntry({ type: 'in_invoice', total: '-51', lines: [supplier, expense] }),
      'total: the invoice says -51, its lines -50.00',
    ],
    ['a payment has no totals', sampleEntry({ type: 'entry', total: '1', lines: [supplier, expense] }), null],
    [
      'cents that floating numbers lose',
      sampleEntry({
        type: 'entry',
        lines: [...Array(3).fill({ ...expense, debit: '0.1' }), { ...supplier, credit: '0.3' }],
      }),
      null,
    ],
  ];
  for (const [what, entry, fault] of cases) t.equal(findFault(entry), fault, what);
});

t.test('all together', async (t) => {
  const tally = createTally();
  tally.add(GOOD);
  tally.add({ ...GOOD, lines: [...GOOD.lines, sampleLine({ debit: '0', credit: '0' })] });
  t.same(tally.finish(2), { entries: 2, lines: 6, debit: '240.00', credit: '240.00' }, 'a line of nothing is no entry');
  t.throws(() => tally.finish(3), { name: 'TerminalError', code: 'incomplete_entries', message: /2 entries.* 3/ });
});

t.test('what does not balance is named, however much it is', async (t) => {
  const tally = createTally();
  for (let index = 1; index <= 22; index += 1) tally.add(sampleEntry({ number: `FAC/${index}`, total: '1' }));
  t.throws(() => tally.finish(22), {
    name: 'TerminalError',
    code: 'unbalanced_entries',
    message: /^The books do not balance: FAC\/1 \(total: .*\); FAC\/2 .*FAC\/20 \([^;]*\), and 2 more\.$/,
  });
  const one = createTally();
  one.add(sampleEntry({ total: '1' }));
  t.throws(() => one.finish(1), { message: /balance: FAC\/2026\/00001 \([^;]*\)\.$/ });
});

/** All the other way round. */
function takenBack(): Entry {
  const lines = GOOD.lines.map((line) => ({ ...line, debit: line.credit, credit: line.debit }));
  return sampleEntry({ type: 'out_refund', untaxed: '-100', tax: '-20', total: '-120', lines });
}
