import t from 'tap';
import type { Acquaintance, Edit } from '../../../sandbox/kills/acquaintances.ts';
import { findLostEdits } from '../../../sandbox/kills/find-lost-edits.ts';
import type { Evidence } from '../../../sandbox/kills/gather-evidence.ts';
import { type Findings, judge } from '../../../sandbox/kills/judge.ts';
import type { Couple, Unpaired } from '../../../sandbox/world/compare-sides.ts';

const couple: Couple = {
  collection: 'teachers',
  name: 'Ada',
  appId: '1',
  partnerId: 7,
  values: { phone: '1', street: null, notes: null },
  differences: [],
};
const unpaired: Unpaired = {
  collection: 'guests',
  name: 'Bob',
  appIds: ['2'],
  partnerIds: [],
  isArchived: false,
  what: 'Bob is 1 times in the app, 0 times in Odoo',
};
const ada: Acquaintance = {
  name: 'Ada',
  collection: 'teachers',
  comesAndGoes: false,
  enteredTwice: false,
  appId: '1',
  partnerId: 7,
  edits: [{ field: 'phone', side: 'app', value: '1', from: 1, to: 2 }],
};
const told = { path: '/webhooks/app', webhookId: 'w1', body: { type: 'teacher.updated', data: { id: '1' } } };
const posted = { path: '/webhooks/odoo/x', webhookId: null, body: { _model: 'res.partner', _id: 7 } };

const GOOD: Evidence = {
  known: [ada],
  comparison: { couples: [couple], unpaired: [], pairs: 1, differences: [] },
  companies: ['Lycée 1'],
  externalIds: [{ name: 'teacher_1', partnerId: 7 }],
  links: [{ entity: 'teacher', appId: '1', odooId: 7 }],
  parked: [],
  held: [],
  losers: [],
  acknowledged: [told, posted],
  delivered: new Set(['w1']),
};

function withCouples(couples: readonly Couple[], alone: readonly Unpaired[]): Partial<Evidence> {
  return { comparison: { couples, unpaired: alone, pairs: couples.length, differences: [] } };
}

/** What is found, by kind: how many of each. */
function count(change: Partial<Evidence>): Partial<Record<keyof Findings, number>> {
  const found = Object.entries(judge({ ...GOOD, ...change })).filter(([, sentences]) => sentences.length > 0);
  return Object.fromEntries(found.map(([name, sentences]) => [name, sentences.length]));
}

t.test('where all is as it must be nothing is found', async (t) => {
  t.same(count({}), {});
  t.same(count(withCouples([couple], [{ ...unpaired, isArchived: true }])), {}, 'archived before it was ever linked');
  const bobs = [...GOOD.links, { entity: 'guest', appId: '2', odooId: 9 }];
  const lonely = { ...withCouples([couple], [{ ...unpaired, isArchived: true }]), links: bobs };
  t.same(count(lonely), { differing: 1 }, 'archived, but it had a counterpart: that is gone');
  t.same(count({ acknowledged: [{ ...posted, body: { _id: 99 } }] }), {}, 'a contact without a tag is nobody of ours');
});

t.test('entered on both sides and archived on both before they were linked: that is nobodys fault', async (t) => {
  const differences = ['Ada: country is "FR" in the app, null in Odoo'];
  const archived = { ...couple, values: { ...couple.values, archived: true }, differences };
  const half = { entity: 'teacher', appId: '1', odooId: null };
  const known = [{ ...ada, edits: [] }];
  const unnamed = { known, externalIds: [], ...withCouples([archived], []) };
  t.same(count({ ...unnamed, links: [half] }), {});
  t.same(count({ ...unnamed, links: [] }), {});
  t.same(
    count({ ...unnamed, links: GOOD.links }),
    { lost: 2, differing: 1 },
    'once they are linked they have to be equal',
  );
  const lives = { ...archived, differences: ['Ada: archived is true in the app, false in Odoo'] };
  t.same(count({ ...unnamed, ...withCouples([lives], []), links: [half] }), { lost: 2, duplicates: 1, differing: 1 });
});

t.test('each thing that is wrong is found', async (t) => {
  t.same(count({ delivered: new Set() }), { lost: 1 }, 'acknowledged, but not on record');
  const differing = { ...couple, differences: ['Ada: phone is 1 in the app, 2 in Odoo'] };
  t.same(count(withCouples([differing], [])), { lost: 2, differing: 1 });
  t.same(count(withCouples([couple], [unpaired])), { differing: 1 });
  t.same(count(withCouples([couple], [{ ...unpaired, appIds: ['2', '3'] }])), { duplicates: 1 });
  t.same(count({ known: [ada, { ...ada, name: 'Eve', edits: [] }] }), { differing: 1 }, 'who is on neither side');
  t.same(count({ companies: ['Lycée 1', 'Lycée 1'] }), { duplicates: 1 });
  t.same(count({ externalIds: [...GOOD.externalIds, { name: 'teacher_1', partnerId: 8 }] }), { duplicates: 1 });
  t.same(count({ externalIds: [...GOOD.externalIds, { name: 'teacher_2', partnerId: 7 }] }), { duplicates: 1 });
  t.same(count({ links: [] }), { duplicates: 1 });
  t.same(count({ links: [{ entity: 'teacher', appId: '1', odooId: 8 }] }), { duplicates: 1 });
  t.same(count({ parked: ['a'], held: ['b'] }), { waiting: 2 });
});

t.test('an edit is lost unless it is there, was followed, or lost a conflict on record', async (t) => {
  const first: Edit = { field: 'phone', side: 'odoo', value: '+33 1 00 00 00 01', from: 10, to: 20 };
  const second: Edit = { field: 'phone', side: 'app', value: '+33 1 00 00 00 02', from: 30, to: 40 };
  const lost = (phone: string | null, edits: readonly Edit[], losers: readonly string[] = []) =>
    findLostEdits({ ...ada, edits: [...edits] }, { phone, street: null, notes: null }, losers).length;
  t.equal(lost('+33100000002', [first, second]), 0, 'followed, and spelled anew');
  t.equal(lost(first.value, [first, second]), 1, 'the later one is nowhere');
  t.equal(lost(first.value, [first, second], [JSON.stringify(second.value)]), 0, 'it is on record');
  t.equal(lost(null, [first]), 1);
  t.equal(lost('by nobody', [first, second]), 2);
  t.equal(lost(first.value, [{ ...second, from: 15 }, first]), 0, 'at the same time: either may win');
});
