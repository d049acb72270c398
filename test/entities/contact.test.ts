import t from 'tap';
import { defineContact } from '../../src/entities/contact.ts';
import type { FieldValue, OdooReferences, OdooValues } from '../../src/entities/define-entity.ts';
import { nothingKnown } from '../support/odoo-references.ts';

const teacher = defineContact({ name: 'teacher', collection: 'teachers', defaultType: 'customer', hasSchool: true });
const guest = defineContact({ name: 'guest', collection: 'guests', defaultType: 'none', hasSchool: false });

const references: OdooReferences = {
  ...nothingKnown,
  countryCode: (id) => (id === 75 ? 'FR' : null),
  countryId: (code) => (code === 'FR' ? 75 : null),
  odooLanguage: (tag) => (tag === 'fr' ? 'fr_FR' : null),
  tagId: (entity) => (entity === 'teacher' ? 3 : null),
  companyName: (id) => (id === 50 ? 'Lycée Ampère' : null),
  companyId: (name) => (name === 'Lycée Ampère' ? 50 : null),
  has: () => true,
};

const row: OdooValues = {
  name: 'Anna',
  email: 'anna@example.org',
  phone: false,
  street: '1 rue A',
  street2: false,
  zip: '69001',
  city: 'Lyon',
  country_id: 75,
  vat: false,
  lang: 'fr_FR',
  comment: '<p>Hi</p>',
  active: true,
  type: 'contact',
  is_company: false,
  parent_id: false,
  category_id: [3],
  customer_rank: 2,
  supplier_rank: 0,
};

t.test('notes are plain text where Odoo keeps them so', async (t) => {
  const plain = { ...references, has: () => false };
  const comment = '<p>Hi</p> & bye\n1 < 2';
  t.equal(teacher.odoo.decode({ ...row, comment }, plain).notes, comment);
  t.equal(teacher.odoo.decode({ ...row, comment: false }, plain).notes, null);
  t.same(teacher.odoo.encode({ notes: comment }, row, plain).values, { comment });
  t.same(teacher.odoo.encode({ notes: null }, row, plain).values, { comment: false });
});

t.test('decoding: both sides come to the same record', async (t) => {
  const canonical = {
    name: 'Anna',
    email: 'anna@example.org',
    phone: null,
    street: '1 rue A',
    street2: null,
    zip: '69001',
    city: 'Lyon',
    country: 'FR',
    vat: null,
    language: 'fr-FR',
    notes: 'Hi',
    type: 'customer',
    school: null,
    active: true,
  };
  t.same(teacher.odoo.decode(row, references), canonical);
  const { active, ...fields } = canonical;
  t.same(teacher.app.decode({ ...fields, id: '1', deleted_at: null }), { ...canonical, active });
  t.equal(teacher.app.decode({ deleted_at: '2026-01-01T00:00:00Z' }).active, false);
});

t.test('type is the sign of the ranks; what the app leaves empty is the default of its kind', async (t) => {
  const type = (customer_rank: number, supplier_rank: number) =>
    guest.odoo.decode({ customer_rank, supplier_rank }, references).type;
  t.same([type(0, 0), type(3, 0), type(0, 1), type(1, 2)], ['none', 'customer', 'supplier', 'both']);
  t.equal(guest.odoo.decode({}, references).type, 'none', 'without the invoicing app there are no ranks');
  t.equal(teacher.app.decode({}).type, 'customer');
  t.equal(guest.app.decode({ type: null }).type, 'none');
});

t.test('a child shows its company as school, but only where the entity has schools', async (t) => {
  t.equal(teacher.odoo.decode({ ...row, parent_id: 50 }, references).school, 'Lycée Ampère');
  t.notOk('school' in guest.odoo.decode({ ...row, parent_id: 50 }, references));
  t.same(teacher.odoo.ownedByOdoo({ parent_id: 50 }), ['vat']);
  t.same(teacher.odoo.ownedByOdoo(row), []);
});

const encode = (changes: Record<string, string | boolean | null>, current: OdooValues | null = row) =>
  teacher.odoo.encode(changes, current, references);

t.test('encoding plain fields: null empties', async (t) => {
  t.same(encode({ name: 'Bea', phone: null, active: false, notes: 'a\nb', vat: 'FR1' }).values, {
    name: 'Bea',
    phone: false,
    active: false,
    comment: '<p>a<br>b</p>',
    vat: 'FR1',
  });
  t.same(encode({ city: null, country: null }).values, { city: false, country_id: false });
});

t.test('what Odoo cannot hold is told, not written', async (t) => {
  t.match(encode({ country: 'XX' }), { values: {}, unheld: [{ field: 'country' }] });
  t.same(encode({ country: 'FR' }).values, { country_id: 75 });
  t.match(encode({ language: 'de' }), { values: {}, unheld: [{ field: 'language' }] });
  t.same(encode({ language: 'fr' }).values, { lang: 'fr_FR' });
  t.same(encode({ language: null }).values, { lang: false });
});

t.test('ranks are raised when needed and never lowered once Odoo counts invoices in them', async (t) => {
  t.same(encode({ type: 'both' }).values, { supplier_rank: 1 });
  t.match(encode({ type: 'none' }), { values: {}, unheld: [{ field: 'type' }] });
  t.same(encode({ type: 'supplier' }, { ...row, customer_rank: 1 }).values, { customer_rank: 0, supplier_rank: 1 });
  t.same(encode({ type: 'customer' }, null).values, { customer_rank: 1 });
});

t.test('a rank that counts invoices shows whatever was written', async (t) => {
  const shown = (written: FieldValue, customer_rank: number, supplier_rank: number, before?: FieldValue) =>
    teacher.odoo.shown?.('type', written, { customer_rank, supplier_rank }, before);
  t.equal(shown('supplier', 2, 0), 'both');
  t.equal(shown('supplier', 1, 0), 'supplier');
  t.equal(shown('none', 1, 2), 'supplier');
  t.equal(shown(null, 0, 1), 'none');
  t.equal(shown('both', 0, 0), 'both');
  t.equal(shown('supplier', 2, 0, 'customer'), 'both');
  t.equal(shown('supplier', 2, 0, 'none'), 'supplier', 'it was raised since: not kept');
  t.equal(teacher.odoo.shown?.('name', 'Anna', row), 'Anna', 'all else shows as it was written');
});

t.test('the school address trap', async (t) => {
  const child = { ...row, parent_id: 50 };
  t.same(
    encode({ street: '2 rue B' }, child).values,
    { street: '2 rue B', type: 'other' },
    'an address of their own makes a child `other`',
  );
  t.same(encode({ street: '2 rue B' }, { ...child, type: 'other' }).values, { street: '2 rue B' });
  t.same(encode({ street: '2 rue B' }).values, { street: '2 rue B' }, 'without a parent nothing is shared');
  t.same(encode({ vat: 'FR1' }, child).values, {}, 'the tax number of a child is the business of its company');
  const joined = encode({ school: 'Lycée Ampère', street: '2 rue B', city: null, vat: 'FR1' });
  t.same(joined.values, { parent_id: 50, type: 'other', lang: 'fr_FR' }, 'the language stays what it is');
  t.same(joined.deferred, ['street', 'city'], 'never the address together with the parent');
  t.same(encode({ school: 'Lycée Ampère', language: null }, { ...row, type: 'other' }).values, {
    lang: false,
    parent_id: 50,
  });
  t.same(encode({ school: null, street: '2 rue B' }, child).values, { parent_id: false, street: '2 rue B' });
  const created = encode({ name: 'Anna', school: 'Lycée Ampère', street: '2 rue B', city: null }, null);
  t.same(created.values, { name: 'Anna', parent_id: 50, type: 'other' });
  t.same(created.deferred, ['street'], 'an empty field of a new record needs no second pass');
  t.throws(() => encode({ school: 'Unknown' }), TypeError);
});

t.test('membership, kind, references', async (t) => {
  t.same(teacher.odoo.onCreate(references), { is_company: false });
  t.ok(teacher.odoo.isCompany({ is_company: true }));
  t.same(teacher.odoo.companies({ school: ' Lycée ' }), [' Lycée ']);
  t.same(teacher.odoo.companies({ school: null }), []);
  t.same(guest.odoo.companies({ school: 'x' }), []);
  t.same(guest.parents({}), []);
});

t.test('equality, emptiness, match keys', async (t) => {
  t.ok(teacher.same('school', 'Lycée Ampère ', 'lycée ampère'));
  t.ok(teacher.same('language', 'fr', 'fr-FR'));
  t.notOk(teacher.same('name', 'Anna', 'anna'));
  t.ok(teacher.isEmpty('type', 'none'));
  t.ok(teacher.isEmpty('phone', null));
  t.notOk(teacher.isEmpty('phone', 'none'));
  t.equal(teacher.matchKey({ email: 'A@B.c' }), 'a@b.c');
  t.equal(teacher.matchName({ name: 'Anna B' }), 'anna b');
  t.same(teacher.app.encode({ name: 'Anna', active: false }), { name: 'Anna' });
});
