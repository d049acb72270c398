import fc from 'fast-check';
import t from 'tap';
import { formatAmount, parseAmount } from '../../src/accounting/amounts.ts';

t.test('amounts are exact', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['0', '0.00'],
    ['-0', '0.00'],
    ['1234.5', '1234.50'],
    ['-0.01', '-0.01'],
    ['0.125', '0.125'],
    ['99999999999999.99', '99999999999999.99'],
    ['1.100000', '1.10'],
    ['7.000001', '7.000001'],
  ];
  for (const [given, shown] of cases) t.equal(formatAmount(parseAmount(given), '.'), shown);
  t.equal(formatAmount(parseAmount('-1234.5'), ','), '-1234,50');
  t.equal(formatAmount(parseAmount('0.1') + parseAmount('0.2'), '.'), '0.30', 'what floating numbers get wrong');
});

t.test('what is no exact decimal is refused', async (t) => {
  for (const given of ['', 'NaN', '1e21', '1e-7', '1,5', '.5', '5.', '0.1234567', '0.30000000000000004', ' 1', '1 ']) {
    t.throws(() => parseAmount(given), { name: 'TerminalError', code: 'amount_not_exact' }, given);
  }
});

t.test('what Odoo sends as a number comes back to the cent', async () => {
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 14), max: 10 ** 14 }), (cents) => {
      const wholeCents = parseAmount(String(cents / 100)) / 10_000n;
      return wholeCents === BigInt(cents);
    }),
  );
});
