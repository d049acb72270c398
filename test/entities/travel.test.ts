import t from 'tap';
import type { OdooReferences, OdooValues } from '../../src/entities/define-entity.ts';
import { LOST_REASON, travel } from '../../src/entities/travel.ts';
import { nothingKnown } from '../support/odoo-references.ts';

const tables: Readonly<Record<string, OdooValues[]>> = {
  'crm.stage': [
    { id: 1, name: 'New', sequence: 1 },
    { id: 3, name: 'Proposition', sequence: 3 },
    { id: 4, name: 'Won', sequence: 70 },
  ],
  'crm.lost.reason': [{ id: 9, name: LOST_REASON }],
};
const references: OdooReferences = {
  ...nothingKnown,
  companyCurrency: () => 'EUR',
  rows: (model) => tables[model] ?? [],
  linkedId: (_entity, id) => (id === '7' ? 70 : null),
  linkedAppId: (_entity, id) => (id === 70 ? '7' : null),
};
const row = {
  id: 5,
  name: 'Rome',
  partner_id: 70,
  type: 'lead',
  stage_id: 1,
  probability: 12.5,
  expected_revenue: 8400,
  description: '<p>Two buses</p>',
  active: true,
  x_bridge_destination: 'Rome',
  x_bridge_start_date: '2027-03-01',
  x_bridge_end_date: false,
  x_bridge_participants: 28,
};
const encode = (
  changes: Record<string, string | number | boolean | null>,
  on: OdooValues | null = row,
  known = references,
) => travel.odoo.encode(changes, on, known);

t.test('both sides come to the same record, but for what only one of them holds', async (t) => {
  const canonical = {
    active: true,
    title: 'Rome',
    teacher_id: '7',
    destination: 'Rome',
    start_date: '2027-03-01',
    end_date: null,
    participants: 28,
    quote_amount: '8400.00',
    currency: 'EUR',
    notes: 'Two buses',
    odoo_stage: 'New',
    odoo_type: 'lead',
    probability: 12.5,
  };
  t.same(travel.odoo.decode(row, references), canonical);
  const app = travel.app.decode({ ...canonical, quote_amount: '8400', status: 'submitted', deleted_at: null });
  t.same(app, { ...canonical, status: 'submitted' });
  const empty = { active: false, odoo_stage: null, probability: null, participants: null, quote_amount: null };
  t.match(travel.app.decode({ deleted_at: '2026-01-01T00:00:00Z', participants: 0 }), empty);
  const bare = { ...row, partner_id: false, stage_id: false, probability: false, x_bridge_participants: 0 };
  t.match(travel.odoo.decode(bare, references), {
    teacher_id: null,
    odoo_stage: null,
    probability: null,
    participants: null,
  });
});

t.test('a lost lead is not one that was put away', async (t) => {
  t.equal(travel.odoo.decode({ ...row, active: false, probability: 0 }, references).active, true);
  t.equal(travel.odoo.decode({ ...row, active: false }, references).active, false);
});

t.test('a new lead is what Odoo makes of it; how far it has come is written afterwards', async (t) => {
  const fields = { title: 'Rome', teacher_id: '7', quote_amount: '10.00', participants: null, end_date: null };
  t.same(encode({ ...fields, status: 'submitted', active: true }, null), {
    values: { name: 'Rome', partner_id: 70, expected_revenue: 10, x_bridge_participants: 0, x_bridge_end_date: false },
    deferred: [],
    unheld: [],
  });
  t.same(encode({ ...fields, status: 'invoiced' }, null).deferred, ['status']);
  t.same(encode({ title: 'x', status: null }, null).deferred, []);
  t.match(encode({ active: false }, null).values, { active: false });
});

t.test('what happened in the app moves the lead, only forward', async (t) => {
  t.same(encode({ status: 'quote_validated' }).values, { stage_id: 3 });
  t.same(encode({ status: 'quote_validated' }, { ...row, stage_id: 4 }).values, {});
  t.same(encode({ status: 'quote_validated' }, { ...row, stage_id: false }).values, { stage_id: 3 });
  t.same(encode({ status: 'quote_validated' }, row, { ...references, rows: () => [] }).values, {}, 'no such stage');
  t.same(encode({ status: 'invoiced' }).values, { type: 'opportunity' });
  t.same(encode({ status: 'invoiced' }, { ...row, type: 'opportunity' }).values, {});
  t.same(encode({ status: 'cancelled' }).values, { active: false, probability: 0, lost_reason_id: 9 });
  t.same(encode({ status: 'cancelled' }, row, { ...references, rows: () => [] }).values.lost_reason_id, false);
  t.same(encode({ status: 'cancelled' }, { ...row, active: false, probability: 0 }).values, {}, 'lost already');
  t.same(encode({ status: 'submitted' }).values, {});
});

t.test('other changes go where Odoo keeps them', async (t) => {
  t.same(encode({ notes: 'a\nb', active: false, destination: 'Naples' }).values, {
    description: '<p>a<br>b</p>',
    active: false,
    x_bridge_destination: 'Naples',
  });
  const { values, unheld } = encode({ destination: 'Naples', end_date: null }, row, {
    ...references,
    hasField: () => false,
  });
  t.same([values, unheld.map(({ field }) => field)], [{}, ['destination']]);
});

t.test('up to Odoo 14 notes are plain text, up to 15 the reason has another name', async (t) => {
  const old = { ...references, has: () => false, hasField: () => false };
  t.same(encode({ notes: 'a < b' }, row, old).values, { description: 'a < b' });
  t.same(encode({ notes: null }, row, old).values, { description: false });
  t.equal(travel.odoo.decode({ ...row, description: '<p>a</p>' }, old).notes, '<p>a</p>');
  t.same(encode({ status: 'cancelled' }, row, old).values, { active: false, probability: 0, lost_reason: 9 });
});

t.test('a cancelled travel that goes on is reopened, but not one that was lost in Odoo', async (t) => {
  const [reopen] = travel.odoo.transitions ?? [];
  const lost = { ...row, active: false, probability: 0 };
  const due = (wanted: object, changes: object, on: OdooValues) =>
    reopen?.isDue({
      wanted: { active: true, ...wanted },
      changes: { ...changes },
      agreed: null,
      about: null,
      row: on,
      references,
    });
  t.equal(due({ status: 'submitted' }, { status: 'submitted' }, lost), true);
  t.equal(due({ status: 'submitted' }, { title: 'x' }, lost), false, 'somebody in Odoo lost it');
  t.equal(due({ status: 'cancelled' }, { status: 'cancelled' }, lost), false);
  t.equal(due({ status: 'submitted' }, { status: 'submitted' }, row), false);
  const { wanted, changes } = { wanted: { active: true }, changes: { status: 'submitted' } };
  const told = { wanted, changes, agreed: null, about: null, references };
  const left = { ...lost, ...reopen?.leaves?.({ ...told, row: lost }) };
  t.equal(reopen?.isDue({ ...told, row: left }), false, 'once');
  t.same(reopen?.call({ wanted: {}, changes: {}, agreed: null, about: null, row: lost, references }), {
    model: 'crm.lead',
    method: 'action_unarchive',
    ids: [5],
  });
});

t.test('it waits for its teacher, and is like no other', async (t) => {
  t.same(travel.parents({ teacher_id: '7' }), [{ entity: 'teacher', id: '7' }]);
  t.same(travel.parents({ title: 'x' }), []);
  t.equal(travel.matchKey({}), null);
  t.equal(travel.matchName({ title: 'Rome' }), 'Rome');
  t.equal(travel.matchName({}), '');
  t.ok(travel.same('currency', null, 'EUR'));
  t.notOk(travel.same('title', 'a', 'b'));
  t.ok(travel.isEmpty('title', null));
  t.same(travel.app.encode({ title: 'x', active: true }), { title: 'x' });
  t.same(travel.odoo.onCreate(references), { user_id: false });
  t.equal(travel.odoo.isCompany({}), false);
  t.same(travel.odoo.ownedByOdoo({}), []);
  t.same(travel.odoo.companies({}), []);
});
