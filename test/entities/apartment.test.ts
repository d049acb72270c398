import t from 'tap';
import { apartment } from '../../src/entities/apartment.ts';
import { nothingKnown } from '../support/odoo-references.ts';

const euro = { ...nothingKnown, companyCurrency: () => 'EUR' };
const row = {
  name: 'Studio',
  default_code: 'MRS-1',
  description_sale: 'Sea view',
  list_price: 95.5,
  active: true,
  x_bridge_street: '1 La Canebière',
  x_bridge_street2: false,
  x_bridge_zip: '13001',
  x_bridge_city: 'Marseille',
  x_bridge_country: 'FR',
};
const canonical = {
  name: 'Studio',
  reference: 'MRS-1',
  description: 'Sea view',
  price: '95.50',
  currency: 'EUR',
  street: '1 La Canebière',
  street2: null,
  zip: '13001',
  city: 'Marseille',
  country: 'FR',
  active: true,
};

t.test('both sides come to the same record', async (t) => {
  t.same(apartment.odoo.decode(row, euro), canonical);
  t.same(apartment.app.decode({ ...canonical, price: '95.5', deleted_at: null }), canonical);
  t.equal(apartment.app.decode({ active: false, deleted_at: null }).active, false);
  t.equal(apartment.app.decode({ active: true, deleted_at: '2026-01-01T00:00:00Z' }).active, false);
});

t.test('no price is a price of zero in Odoo', async (t) => {
  t.equal(apartment.odoo.decode({ ...row, list_price: 0 }, euro).price, null);
  t.equal(apartment.app.decode({ price: null }).price, null);
  t.equal(apartment.app.decode({ price: '0.00' }).price, null);
  t.same(apartment.odoo.encode({ price: null, currency: null }, row, euro).values, { list_price: 0 });
});

t.test('changes go where Odoo keeps them', async (t) => {
  const { values, unheld } = apartment.odoo.encode({ ...canonical, description: null }, row, euro);
  t.same(unheld, []);
  t.match(values, { name: 'Studio', default_code: 'MRS-1', description_sale: false, list_price: 95.5, active: true });
  t.match(values, { x_bridge_city: 'Marseille', x_bridge_street2: false });
  t.notOk('active' in apartment.odoo.encode(canonical, null, euro).values, 'a new product is in use anyway');
  t.equal(apartment.odoo.encode({ ...canonical, active: false }, null, euro).values.active, false);
  t.same(apartment.odoo.encode({}, row, euro).values, {});
});

t.test('without the fields of the set-up the address is left out, and said so', async (t) => {
  const { values, unheld } = apartment.odoo.encode(canonical, row, { ...euro, hasField: () => false });
  t.same(
    unheld.map(({ field }) => field),
    ['street', 'zip', 'city', 'country'],
  );
  t.notOk(Object.keys(values).some((name) => name.startsWith('x_bridge_')));
});

t.test('an apartment is known by its reference and name', async (t) => {
  t.equal(apartment.matchKey(canonical), 'MRS-1');
  t.equal(apartment.matchKey({ reference: null }), null);
  t.equal(apartment.matchName({ name: ' STUDIO ' }), 'studio');
  t.equal(apartment.matchName({}), '');
  t.ok(apartment.same('currency', null, 'EUR'));
  t.notOk(apartment.same('name', 'a', 'b'));
  t.ok(apartment.isEmpty('name', null));
  t.same(apartment.app.encode({ name: 'x', active: false }), { name: 'x' });
  t.same(apartment.odoo.onCreate(euro), { type: 'service' });
  t.equal(apartment.odoo.isCompany({}), false);
  t.same(apartment.odoo.ownedByOdoo({}), []);
  t.same(apartment.odoo.companies({}), []);
  t.same(apartment.parents({}), []);
});
