import fc from 'fast-check';
import t from 'tap';
import type { OdooReferences } from '../../src/entities/define-entity.ts';
import { amountOrNull, decimal, encodeMoney, sameCurrency } from '../../src/entities/money.ts';
import { nothingKnown } from '../support/odoo-references.ts';

t.test('an amount has one spelling, wherever it comes from', async (t) => {
  const cases: [unknown, string | null][] = [
    ['120.5', '120.50'],
    [120.5, '120.50'],
    ['0120.500', '120.50'],
    ['+7', '7.00'],
    [0, '0.00'],
    ['-0.00', '0.00'],
    ['-3.125', '-3.125'],
    [1e-7, '0.00'],
    [1e21, null],
    [' 12 ', '12.00'],
    ['12,5', null],
    ['1e3', null],
    ['', null],
    [null, null],
    [true, null],
    [Number.NaN, null],
  ];
  for (const [given, wanted] of cases) t.equal(decimal(given), wanted, String(given));
  fc.assert(
    fc.property(
      fc.integer({ min: -1e12, max: 1e12 }),
      (cents) => decimal(cents / 100) === (cents / 100).toFixed(2).replace(/^-(0\.00)$/, '$1'),
    ),
  );
});

t.test('Odoo has no empty amount', async (t) => {
  t.equal(amountOrNull(0), null);
  t.equal(amountOrNull('0.00'), null);
  t.equal(amountOrNull(false), null);
  t.equal(amountOrNull(8400), '8400.00');
});

t.test("only the company's own currency is written", async (t) => {
  const fields = { amount: 'price', currency: 'currency', odoo: 'list_price' };
  const euro: OdooReferences = { ...nothingKnown, companyCurrency: () => 'EUR' };
  const encode = (changes: Record<string, string | null>, references = euro) => {
    const [values, unheld]: [Record<string, unknown>, { field: string; reason: string }[]] = [{}, []];
    encodeMoney(fields, changes, references, values, unheld);
    return { values, unheld: unheld.map(({ field }) => field) };
  };
  t.same(encode({ price: '95.50', currency: 'EUR' }), { values: { list_price: 95.5 }, unheld: [] });
  t.same(encode({ price: '95.50' }), { values: { list_price: 95.5 }, unheld: [] });
  t.same(encode({ price: null }), { values: { list_price: 0 }, unheld: [] });
  t.same(encode({ price: '95.50', currency: 'CHF' }), { values: {}, unheld: ['price', 'currency'] });
  t.same(encode({ currency: 'CHF' }), { values: {}, unheld: [] }, 'no amount, nothing to write');
  t.same(encode({ price: '1.00', currency: 'EUR' }, nothingKnown).unheld, ['price', 'currency']);
  t.ok(sameCurrency('EUR', null));
  t.ok(sameCurrency(null, 'EUR'));
  t.notOk(sameCurrency('EUR', 'CHF'));
});
