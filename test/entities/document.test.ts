import t from 'tap';
import type { CanonicalChanges, OdooReferences, OdooValues } from '../../src/entities/define-entity.ts';
import { document } from '../../src/entities/document.ts';
import { nothingKnown } from '../support/odoo-references.ts';

const references: OdooReferences = {
  ...nothingKnown,
  linkedId: (entity, id) => (entity === 'travel' && id === 'a:7' ? 70 : null),
};
const row: OdooValues = { id: 5, name: 'plan.pdf', mimetype: 'application/pdf', checksum: 'b1' };
const encode = (changes: CanonicalChanges, on: OdooValues | null = row) =>
  document.odoo.encode(changes, on, references);

t.test('of the app it has all, of Odoo what Odoo keeps', async (t) => {
  const fields = { id: '3', kind: 'contract', filename: 'plan.pdf', media_type: 'application/pdf', sha256: 'a1' };
  const owned = { ...fields, owner: { entity: 'travel', id: 'a:7' }, deleted_at: null };
  t.same(document.app.decode(owned), {
    active: true,
    document: '3',
    kind: 'contract',
    filename: 'plan.pdf',
    media_type: 'application/pdf',
    owner: 'travel:a:7',
    content: 'a1',
  });
  const bare = { owner: null, content: null, filename: null };
  t.match(document.app.decode({ deleted_at: '2026-01-01T00:00:00Z' }), { ...bare, active: false });
  for (const owner of [null, {}, { entity: 'travel' }, { id: '7' }])
    t.equal(document.app.decode({ owner }).owner, null);
  t.same(document.app.encode({ filename: 'x' }), {}, 'nothing flows back');
  t.same(document.odoo.decode(row, references), { active: true, filename: 'plan.pdf', content: 'b1' });
});

t.test('it is wanted once it has an owner and bytes, and waits for its owner', async (t) => {
  const wanted = (owner: string | null, content: string | null) => document.isWanted?.({ owner, content });
  t.equal(wanted('travel:a:7', 'a1'), true);
  t.equal(wanted('travel:a:7', null), false);
  t.equal(wanted(null, 'a1'), false);
  t.equal(wanted('campaign:7', 'a1'), false, 'nothing in Odoo that it could hang on');
  t.same(document.parents({ owner: 'travel:a:7' }), [{ entity: 'travel', id: 'a:7' }]);
  t.same(document.parents({ filename: 'x' }), []);
});

t.test('a new one hangs on the record of its owner', async (t) => {
  const changes = { filename: 'plan.pdf', media_type: 'application/pdf', owner: 'travel:a:7', content: 'a1' };
  t.same(encode(changes, null), {
    values: { name: 'plan.pdf', mimetype: 'application/pdf', res_model: 'crm.lead', res_id: 70 },
    deferred: [],
    unheld: [],
    bytes: { field: 'datas', sha256: 'a1' },
  });
  t.same(encode({ filename: 'x', media_type: null, owner: null, content: null }, null).values, { name: 'x' });
  const models = { teacher: 'res.partner', tenant: 'res.partner', guest: 'res.partner' };
  for (const [owner, model] of Object.entries({ ...models, apartment: 'product.template', invoice: 'account.move' })) {
    t.match(encode({ owner: `${owner}:1` }, null).values, { res_model: model });
  }
});

t.test('the type goes with the bytes alone', async (t) => {
  t.same(encode({ media_type: 'text/plain', filename: null }), { values: { name: false }, deferred: [], unheld: [] });
  t.match(encode({ media_type: 'text/plain', content: 'a2' }), {
    values: { mimetype: 'text/plain' },
    bytes: { field: 'datas', sha256: 'a2' },
  });
});

t.test('put away in the app it is removed in Odoo', async (t) => {
  const [remove] = document.odoo.transitions ?? [];
  const situation = (active: boolean) => ({
    wanted: { active },
    changes: {},
    agreed: null,
    about: null,
    row,
    references,
  });
  t.equal(remove?.isDue(situation(false)), true);
  t.equal(remove?.isDue(situation(true)), false);
  t.same(remove?.call(situation(false)), { model: 'ir.attachment', method: 'unlink', ids: [5] });
});

t.test('it is like no other, and its bytes are compared with nothing', async (t) => {
  t.ok(document.same('filename', 'a', 'a'));
  t.notOk(document.same('filename', 'a', 'b'));
  t.notOk(document.same('content', 'a', 'a'), 'two kinds of checksum');
  t.ok(document.isEmpty('filename', null));
  t.equal(document.matchKey({}), null);
  t.equal(document.matchName({ filename: 'plan.pdf' }), 'plan.pdf');
  t.equal(document.matchName({}), '');
  t.same(document.odoo.onCreate(references), {});
  t.equal(document.odoo.isCompany(row), false);
  t.same(document.odoo.ownedByOdoo(row), []);
  t.same(document.odoo.companies({}), []);
});
