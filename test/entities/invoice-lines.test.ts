import t from 'tap';
import {
  apartmentsOf,
  decodeAppLines,
  decodeOdooLines,
  encodeLines,
  readLines,
} from '../../src/entities/invoice-lines.ts';
import { books } from '../support/books.ts';

t.test('equal lines are equal texts, however each side writes its numbers', (t) => {
  const app = decodeAppLines([
    {
      description: ' Nights ',
      quantity: 3,
      unit_price: '095.5',
      discount_percent: 12.5,
      tax_percent: 20,
      apartment_id: 'a',
    },
    { unit_price: '-10' },
    null,
  ]);
  const odoo = decodeOdooLines(
    [
      { name: 'Nights', quantity: 3, price_unit: 95.5, discount: 12.5, tax_ids: [2], product_id: 400 },
      { name: false, quantity: 1, price_unit: -10, discount: 0, tax_ids: [], product_id: false },
      { name: false, quantity: 1, price_unit: 0, discount: 0, tax_ids: [], product_id: 401 },
    ],
    books,
  );
  t.equal(app, odoo);
  t.match(readLines(app)[0], { quantity: '3.00', unit_price: '95.50', discount_percent: '12.50', apartment_id: 'a' });
  t.end();
});

t.test('what is no list of lines is none', (t) => {
  t.equal(decodeAppLines('x'), null);
  t.equal(decodeOdooLines(undefined, books), '[]');
  t.same(readLines(null), []);
  t.match(readLines(decodeOdooLines([{}], books))[0], {
    quantity: '0.00',
    unit_price: '0.00',
    discount_percent: '0.00',
  });
  t.end();
});

t.test('each apartment is waited for once', (t) => {
  const lines = decodeAppLines([{ apartment_id: 'a' }, {}, { apartment_id: 'b' }, { apartment_id: 'a' }]);
  t.same(apartmentsOf(lines), [
    { entity: 'apartment', id: 'a' },
    { entity: 'apartment', id: 'b' },
  ]);
  t.end();
});

t.test('lines as Odoo takes them: what is empty is said to be empty', (t) => {
  const lines = decodeAppLines([
    {
      description: 'Nights',
      quantity: 3,
      unit_price: '95.50',
      discount_percent: 5,
      tax_percent: 20,
      apartment_id: 'a',
    },
    { apartment_id: 'none', unit_price: '1' },
  ]);
  t.same(encodeLines(lines, books), {
    kind: 'lines',
    rows: [
      { name: 'Nights', quantity: 3, price_unit: 95.5, discount: 5, tax_ids: [2], product_id: 400 },
      { name: false, quantity: 1, price_unit: 1, discount: 0, tax_ids: [], product_id: false },
    ],
  });
  const twoTaxes = decodeOdooLines([{ name: 'x', quantity: 1, price_unit: 1, tax_ids: [1, 2] }], books);
  t.match(encodeLines(twoTaxes, books), { rows: [{ tax_ids: [] }] });
  t.match(encodeLines(decodeAppLines([{ tax_percent: 10 }]), books), {
    kind: 'tax_missing',
    missing: { percent: '10.00' },
  });
  t.end();
});
