import fc from 'fast-check';
import t from 'tap';
import { assertSendable, isPlainAnswer } from '../../../src/backends/odoo/rpc-values.ts';

t.test('what both protocols carry may be sent', async (t) => {
  const values = { a: [1, 0.5, -2_147_483_648, 2_147_483_647, true, null], 'b c': { d: 'é😀\t\r\n' }, big: 3e9 + 0.5 };
  t.doesNotThrow(() => assertSendable(values));
  t.doesNotThrow(() => assertSendable(Object.assign(Object.create(null), { a: 1 })));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => /\p{Cc}/u.test(text) || assertSendable(text) === undefined),
  );
});

t.test('what would arrive as something else is refused by its path, never by its value', async (t) => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ vals: { name: 'sec\u0000ret' } }, 'arguments.vals.name has a character that cannot be stored'],
    [{ vals: { name: 'sec\ud800ret' } }, 'arguments.vals.name has a character that cannot be stored'],
    [{ vals: { name: 'sec\uffferet' } }, 'arguments.vals.name has a character that cannot be stored'],
    [{ vals: { phone: undefined } }, 'arguments.vals.phone is no plain value'],
    [{ vals: [{}, { date: new Date(0) }] }, 'arguments.vals[1].date is no plain value'],
    [{ rows: new Map() }, 'arguments.rows is no plain value'],
    [{ rank: Number.NaN }, 'arguments.rank is not a number'],
    [{ rank: Number.POSITIVE_INFINITY }, 'arguments.rank is not a number'],
    [{ rank: 2_147_483_648 }, 'arguments.rank is too large a whole number'],
    [{ rank: -2_147_483_649 }, 'arguments.rank is too large a whole number'],
    [{ id: 1n }, 'arguments.id is no plain value'],
    [[undefined], 'arguments[0] is no plain value'],
    [JSON.parse('{"vals":{"__proto__":{"secret":1}}}'), 'arguments.vals has a member named __proto__'],
    [{ vals: { 'sec\u0001ret': 1 } }, 'arguments.vals has a member whose name cannot be stored'],
  ];
  for (const [value, text] of cases) {
    t.throws(() => assertSendable(value), {
      name: 'TerminalError',
      code: 'unstorable_value',
      message: `A value cannot be sent to Odoo: ${text}.`,
    });
  }
});

t.test('an answer with another prototype is told', async (t) => {
  t.ok(isPlainAnswer([{ id: 1, tags: [2], name: false }, null, 'x']));
  const row = { id: 1 };
  Object.setPrototypeOf(row, { write_date: 'forged' });
  t.notOk(isPlainAnswer([row]));
  t.notOk(isPlainAnswer({ at: new Date(0) }));
});
