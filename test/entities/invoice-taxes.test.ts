import t from 'tap';
import { findTax, readTax } from '../../src/entities/invoice-taxes.ts';
import { books } from '../support/books.ts';

t.test('a percentage is a sales tax of the company, on top of the price', (t) => {
  const found = (percent: string) => findTax(percent, books);
  t.same(found('20.00'), { kind: 'found', id: 2 }, "the company's default, though another one stands before it");
  t.same(found('5.50'), { kind: 'found', id: 5 }, 'else the first in their order');
  t.same(found('4.00'), { kind: 'found', id: 11 }, 'also one of the company above');
  const known = ['0.00', '4.00', '5.50', '20.00'];
  for (const percent of ['10.00', '8.50', '2.10', '3.00', '7.00']) {
    t.same(found(percent), { kind: 'missing', percent, known }, percent);
  }
  t.end();
});

t.test('no tax is no tax, unless the company has one of 0 % for all it sells', (t) => {
  t.same(findTax('0.00', books), { kind: 'found', id: null });
  const rows = (model: string) =>
    model === 'res.company' ? [{ id: 1, account_sale_tax_id: 10, parent_id: false }] : books.rows(model);
  t.same(findTax('0.00', { ...books, rows }), { kind: 'found', id: 10 });
  t.same(findTax('20.00', { ...books, rows }), { kind: 'found', id: 1 });
  t.end();
});

t.test('companies that name each other above them are looked at once', (t) => {
  const companies = [
    { id: 1, parent_id: 2 },
    { id: 2, parent_id: 1 },
  ];
  const rows = (model: string) => (model === 'res.company' ? companies : books.rows(model));
  t.same(findTax('4.00', { ...books, rows }), { kind: 'found', id: 11 });
  t.same(findTax('4.00', { ...books, ownCompanyId: () => null }), { kind: 'missing', percent: '4.00', known: [] });
  t.end();
});

t.test("the percentage of a line's taxes", (t) => {
  t.equal(readTax([], books), '0.00');
  t.equal(readTax([5], books), '5.50');
  t.equal(readTax([3], books), '10.00', 'also of one that is out of use');
  t.equal(readTax([8], books), null, 'a fixed amount');
  t.equal(readTax([1, 2], books), null, 'two of them');
  t.equal(readTax([99], books), null, 'one that nobody knows');
  t.end();
});
