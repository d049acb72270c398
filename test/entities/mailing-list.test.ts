import t from 'tap';
import type { OdooReferences } from '../../src/entities/define-entity.ts';
import { mailingList, readMembers, subscriptionModel } from '../../src/entities/mailing-list.ts';

const { app, odoo, same } = mailingList;
const references = (has: boolean, hasField = true) =>
  ({ has: () => has, hasField: () => hasField }) as unknown as OdooReferences;
const party = (entity: string, id: string) => ({ entity, id });

t.test('members with their addresses, as Odoo spells them', async (t) => {
  const people = new Map([
    ['teacher:1', { name: 'Ada\tAbc', email: ' Ada@Example.ORG ' }],
    ['guest:2', { name: null, email: 'Émile@Example.org' }],
    ['guest:3', { name: 'No', email: null }],
    ['guest:4', { name: 'Two', email: 'a@b.c, d@e.f' }],
    ['guest:5', { name: 'Blank', email: 'a b@c.d' }],
  ]);
  const members = ['1', '2', '3', '4', '5', '6'].map((id) => party(id === '1' ? 'teacher' : 'guest', id));
  const fields = { name: 'News', members: [...members, party('travel', '1'), {}], opted_out: [party('guest', 'x:y')] };
  const record = app.decode(fields, people);
  t.same(readMembers(record.members), [
    { key: 'guest:2', email: 'Émile@example.org', name: null },
    { key: 'guest:3', email: null, name: null },
    { key: 'guest:4', email: null, name: null },
    { key: 'guest:5', email: null, name: null },
    { key: 'teacher:1', email: 'ada@example.org', name: 'Ada Abc' },
  ]);
  t.match(record, { active: true, name: 'News', opted_out: 'guest:x:y' });
  t.notOk('members' in app.decode(fields, null), 'who was not read is not told');
  t.same(app.people?.({ members: [party('guest', '2')] }), [party('guest', '2')]);
  t.same(app.people?.({}), []);
  t.same(app.encode({ active: true, members: 'x', opted_out: 'guest:x:y\nteacher:1' }), {
    opted_out: [party('guest', 'x:y'), party('teacher', '1')],
  });
  t.same(app.encode({ opted_out: null }), { opted_out: [] });
  t.same(app.encode({ name: 'News' }), { name: 'News' });
});

t.test("Odoo's subscriptions", async (t) => {
  const subscriptions = [
    { x_bridge_members: 'teacher:1\tada@example.org\nguest:2\tada@example.org', opt_out: true, is_blacklisted: false },
    { x_bridge_members: 'guest:3\tbob@example.org', opt_out: false, is_blacklisted: true },
    { x_bridge_members: false, opt_out: true, is_blacklisted: false },
  ];
  const record = odoo.decode({ name: 'News', active: true, subscriptions }, references(true));
  t.match(record, { active: true, name: 'News', opted_out: 'guest:2\nguest:3\nteacher:1' });
  t.match(odoo.decode({ name: 'News', active: false }, references(true)), {
    active: false,
    members: null,
    opted_out: null,
  });
  t.ok(same('members', 'guest:2\tada@example.org\tAda\nguest:9\t\t', 'guest:2\tada@example.org'));
  t.notOk(same('members', 'guest:2\tnew@example.org\tAda', 'guest:2\tada@example.org'));
  t.ok(same('members', 'guest:9\t\t', null), 'nobody who can be written to');
  t.notOk(same('name', 'a', 'b'));
  t.ok(same('name', 'a', 'a'));
  t.equal(subscriptionModel(references(true)), 'mailing.subscription');
  t.equal(subscriptionModel(references(false)), 'mailing.contact.subscription');
});

t.test('what is written', async (t) => {
  const changes = { name: 'News', members: 'guest:2\ta@b.c\t', active: true };
  t.same(odoo.encode(changes, null, references(true)), { values: { name: 'News' }, deferred: ['members'], unheld: [] });
  t.match(odoo.encode({ name: null, active: false }, null, references(true)), {
    values: { name: false, active: false },
    deferred: [],
  });
  t.match(odoo.encode({ active: true }, {}, references(true)), { values: { active: true }, refused: null });
  t.match(odoo.encode(changes, {}, references(true)), { values: { name: 'News', active: true }, refused: null });
  t.match(odoo.encode(changes, {}, references(true, false)), { refused: { code: 'mailing_not_set_up' } });
  t.same(odoo.onCreate(references(true)), {});
  t.equal(odoo.isCompany({}), false);
  t.same(odoo.ownedByOdoo({}), []);
  t.same(odoo.companies({}), []);
  t.same(mailingList.parents({}), []);
  t.equal(mailingList.isEmpty('name', null), true);
  t.equal(mailingList.matchKey({}), null);
  t.same([mailingList.matchName({ name: 'News' }), mailingList.matchName({})], ['News', '']);
});
