import t from 'tap';
import type { CanonicalRecord, Entity, OdooMapping, Side } from '../../src/entities/define-entity.ts';
import type { Base, ClaimedLink, ConflictEntry, Intent } from '../../src/links/links.ts';
import { foldIntents, type Seen } from '../../src/reconcile/fold-intents.ts';
import { record, sample } from '../support/merge-cases.ts';

const SENT = 1_000;
const OVER = 150_000;
const EDITED = { from: 1, to: 2 };
const loser: ConflictEntry = {
  field: 'name',
  base: null,
  app: { value: 'A', at: 1 },
  odoo: { value: 'O', at: 2 },
  winner: 'app',
  rule: 'later',
  close: false,
};

function intent(side: Side, fields: CanonicalRecord, more: Partial<Intent> = {}): Intent {
  const common = {
    linkId: '1',
    kind: 'update',
    key: `${side}-key`,
    conflicts: [],
    edited: null,
    strayed: {},
    onStamp: 's',
    sentAt: SENT,
    overAt: OVER,
  } as const;
  return { ...common, side, fields, ...more };
}

const agreed = (values: CanonicalRecord): Base => ({
  app: record(values),
  odoo: record(values),
  stamps: { app: 'a', odoo: 'o' },
  mapping: 'm',
});

function link(base: Base | null, ...intents: Intent[]): ClaimedLink {
  return {
    ...{
      id: '1',
      entity: 'sample',
      appId: '1',
      odooId: 1,
      renewals: 0,
      seq: '1',
      priority: 0,
      attempts: 0,
      dirtyAt: 0,
    },
    ...{ ownAppStamp: null, ownOdooStamp: null, edits: { app: null, odoo: null }, flips: {}, restoring: null },
    ...{ released: false, decision: null, base, intents },
  };
}

/** As it is seen on a side whose last write began at `at`. */
function held(values: CanonicalRecord, at: number): Seen {
  return { stamp: 's', ownedGroups: [], raw: {}, values: record(values), stamped: { from: at, to: at + 999 } };
}

const fold = (from: ClaimedLink, app: CanonicalRecord | null, odoo: CanonicalRecord | null, now = 0, at = SENT) =>
  foldIntents(sample, from, { app: app && held(app, at), odoo: odoo && held(odoo, at) }, now);

t.test('nothing was under way', async (t) => {
  const base = agreed({ name: 'old' });
  t.match(fold(link(base), { name: 'old' }, { name: 'old' }), { base, unsettledUntil: null, pending: [], losers: [] });
  t.equal(fold(link(null), { name: 'x' }, { name: 'y' }).base, null);
});

t.test('what only one side holds is not agreed on by a creation', async (t) => {
  const signalling = { ...sample, odoo: { ...sample.odoo, signals: ['plan'] } };
  const sent = intent('odoo', record({ name: 'new', plan: 'A' }), { kind: 'create' });
  const sides = { app: held({ name: 'new', plan: 'A' }, SENT), odoo: held({ name: 'new' }, SENT) };
  const { base } = foldIntents(signalling, link(null, sent), sides, 0);
  t.equal(base?.app.plan, 'A');
  t.equal(base?.odoo.plan, null, 'Odoo never shows it');
  const { plan: _left, ...fields } = record({ name: 'new' });
  const made = fold(link(null, intent('app', fields, { kind: 'create' })), { name: 'new' }, { name: 'new', plan: 'B' });
  t.match(made.base, { app: { plan: null }, odoo: { plan: 'B' } }, 'what the app alone governs was left out');
});

t.test('a creation that landed is the base, unless a side is missing', async (t) => {
  const created = intent('odoo', record({ name: 'new' }), { kind: 'create' });
  t.match(fold(link(null, created), { name: 'new' }, { name: 'edited' }).base, {
    app: { name: 'new' },
    odoo: { name: 'new' },
    stamps: { app: null, odoo: null },
  });
  t.equal(fold(link(null, created), { name: 'new' }, null).base, null);
  const spelled = fold(link(null, created), { name: 'edited' }, { name: 'NEW.' });
  t.match(spelled.base, { app: { name: 'new' }, odoo: { name: 'NEW.' } }, 'a side may spell it in its own way');
  t.same(spelled.landedOn, { app: false, odoo: true }, 'its stamp is that of our creation');
  t.same(fold(link(null, created), { name: 'new' }, { name: 'edited' }).landedOn, { app: false, odoo: false });
  const child = (values: CanonicalRecord) => ({ ...held(values, SENT), ownedGroups: ['place'] });
  const governed = (values: CanonicalRecord) =>
    foldIntents(sample, link(null, created), { app: held({ name: 'new' }, SENT), odoo: child(values) }, 0).landedOn;
  t.same(
    governed({ name: 'new', city: 'c' }),
    { app: false, odoo: true },
    'what Odoo alone governs came along with it',
  );
  t.same(governed({ name: 'edited', city: 'c' }), { app: false, odoo: false });
  const partly = intent('odoo', { name: 'new' }, { kind: 'create' });
  const later = fold(link(null, partly), { name: 'new', phone: '1' }, { name: 'new' });
  t.same(later.base?.app, { name: 'new' }, 'what the creation left out was never agreed on');
  t.equal(later.landedOn.odoo, true);
  const half = { ...link(null, created), odooId: null };
  t.match(fold(half, { name: 'new' }, null), { base: null, pending: ['odoo-key'] }, 'it may still be made');
  const known = agreed({ name: 'old' });
  t.same(fold(link(known, created), { name: 'old' }, { name: 'old' }).base, known, 'an agreement is not undone');
});

t.test('a write that followed a creation, both without a settlement, is folded into its base', async (t) => {
  const created = intent('odoo', record({ name: 'new' }), { kind: 'create', key: 'made' });
  const sent = intent('app', { name: 'O' }, { conflicts: [loser], edited: EDITED });
  const folded = fold(link(null, created, sent), { name: 'O' }, { name: 'O' });
  t.match(folded.base, { app: { name: 'O' }, odoo: { name: 'O' } });
  t.same(folded.losers, [loser], 'what lost by it is not forgotten');
  t.same(folded.unsettled, ['made', 'app-key']);
  t.same(folded.landedOn, { app: true, odoo: false });
  const late = intent('odoo', { name: 'A' });
  const waiting = fold(link(null, created, late), { name: 'A' }, { name: 'new' });
  t.equal(waiting.unsettledUntil, OVER, 'it may still land');
});

t.test('a write that landed becomes the base, and what lost by it is told', async (t) => {
  const sent = intent('odoo', { name: 'A' }, { conflicts: [loser], edited: EDITED });
  const folded = fold(
    link(agreed({ name: 'old', city: 'c' }), sent),
    { name: 'A', city: 'c' },
    { name: 'A', city: 'c' },
  );
  t.match(folded, { base: { app: { name: 'A' }, odoo: { name: 'A' } }, pending: [], losers: [loser] });
  t.same(folded.landedOn, { app: false, odoo: true }, 'nobody has touched it since');
  t.same(folded.edits.odoo, EDITED, 'when a person edited it before is remembered');
  const alone = fold(link(agreed({ name: 'old' }), sent), null, { name: 'A' });
  t.match(alone.base, { app: { name: 'A' }, odoo: { name: 'A' } }, 'the side it came from is not there');
  const inApp = fold(link(agreed({ name: 'old' }), intent('app', { name: 'O' })), { name: 'O' }, { name: 'O' });
  t.match(inApp, { base: { app: { name: 'O' }, odoo: { name: 'O' } }, landedOn: { app: true, odoo: false } });
  const moved = fold(link(agreed({ name: 'old' }), sent), { name: 'newer' }, { name: 'A' });
  t.match(
    moved.base,
    { app: { name: 'A' }, odoo: { name: 'A' } },
    'an edit of the source since then still has to flow',
  );
  const back = fold(link(agreed({ name: 'old' }), sent), { name: 'old' }, { name: 'A' });
  t.match(back.base?.app, { name: 'A' }, 'also when it is what was agreed before');
  const edited = fold(link(agreed({ name: 'old' }), sent), { name: 'A' }, { name: 'A', city: 'x' });
  t.same(edited.landedOn.odoo, true);
  t.same(edited.edits.odoo, { from: SENT, to: SENT + 999 }, 'somebody edited it, before or after our write');
  const gone = fold(link(agreed({ name: 'old' }), sent, intent('app', { name: 'old' })), null, { name: 'A' });
  t.same(gone.edits.app, null);
});

t.test('a field that was strange before the write is no news; one of the write itself may be', async (t) => {
  const base = agreed({ name: 'old', city: 'c' });
  const before = intent(
    'odoo',
    { name: 'A', street: 'unheld' },
    { edited: EDITED, strayed: { city: 'x', street: 's' } },
  );
  const app = { name: 'A', city: 'c', street: 'unheld' };
  const known = fold(link(base, { ...before, fields: { name: 'A' } }), app, { name: 'A', city: 'x', street: 's' });
  t.same(known.edits.odoo, EDITED);
  const either = fold(link(base, before), app, { name: 'A', city: 'x', street: 's' });
  const from = Math.min(EDITED.from, SENT);
  t.same(either.edits.odoo, { from, to: SENT + 999 }, 'never written, or set back since');
  const unknown = fold(link(base, { ...before, edited: null }), app, { name: 'A', city: 'x', street: 's' });
  t.same(unknown.edits.odoo, { from: SENT, to: SENT + 999 });
  const later = fold(link(base, before), app, { name: 'A', city: 'y', street: 's' });
  t.same(later.edits.odoo, { from: SENT, to: SENT + 999 });
});

t.test('an edit under an answered write is dated as what was seen, and wider when there is more', async (t) => {
  const covered = { ...EDITED, strayed: { city: 'x' } };
  const known = { ...link(agreed({ name: 'A', city: 'c' })), edits: { app: null, odoo: covered } };
  t.match(fold(known, { name: 'A', city: 'c' }, { name: 'A', city: 'x' }).edits, { app: null, odoo: EDITED });
  const more = fold(known, { name: 'A', city: 'c' }, { name: 'B', city: 'x' });
  t.same(more.edits.odoo, { from: EDITED.from, to: SENT + 999 }, 'between our reading and our writing, at any time');
  const ahead = { from: SENT + 60_000, to: SENT + 61_000, strayed: { city: 'x' } };
  const setBack = fold({ ...known, edits: { app: null, odoo: ahead } }, { name: 'A' }, { name: 'B', city: 'x' });
  t.same(setBack.edits.odoo, { from: SENT, to: SENT + 999 }, 'its clock was ahead, and has been set back');
  t.match(fold(known, { name: 'A' }, null).edits.odoo, EDITED);
});

t.test('what landed is kept by who cannot store it', async (t) => {
  const [done, open] = [intent('app', { name: 'A' }), intent('odoo', { city: 'x' })];
  const folded = fold(link(agreed({ name: 'old' }), done, open), { name: 'A' }, { name: 'old' });
  t.match(folded, { pending: ['odoo-key'], unsettled: ['odoo-key', 'app-key'] });
});

t.test('one value that is there tells that the whole write was done', async (t) => {
  const sent = intent('odoo', { name: 'A', street: 'later', city: 'z' });
  const base = agreed({ name: 'old', street: 'old', city: 'old' });
  const folded = fold(
    link(base, sent),
    { name: 'A', street: 'later', city: 'z' },
    { name: 'A', street: 'old', city: 'Z!' },
  );
  t.match(folded, { unsettledUntil: null, pending: [] }, 'what was left for a later pass is not waited for');
  t.match(folded.base?.odoo, { name: 'A', street: 'old', city: 'Z!' }, 'and a side may spell a value in its own way');
  t.match(folded.base?.app, { city: 'z' }, 'which is what the other side holds as it was sent');
  const edited = fold(
    link(base, sent),
    { name: 'A', street: 'later', city: 'z' },
    { name: 'A', street: 'old', city: 'other' },
  );
  t.match(edited.base?.odoo, { name: 'A', street: 'old', city: 'old' }, 'quite another value is an edit');
});

t.test('a write that landed is known by another spelling, too, unless that was there before', async (t) => {
  const sent = intent('odoo', { name: '+33  1' });
  const spelled = fold(link(agreed({ name: 'old' }), sent), { name: '+33  1' }, { name: '+33 1' });
  t.match(spelled, { base: { app: { name: '+33  1' }, odoo: { name: '+33 1' } }, pending: [] });
  const before = fold(link(agreed({ name: '+33 1' }), sent), { name: '+33  1' }, { name: '+33 1' });
  t.match(before, { pending: ['odoo-key'] });
});

t.test('what is no text has one spelling', async (t) => {
  const sent = intent('odoo', { name: 'A', active: false });
  const folded = fold(link(agreed({ name: 'old' }), sent), { name: 'A', active: false }, { name: 'A', active: true });
  t.match(folded.base?.odoo, { name: 'A', active: true });
  t.match(folded.base?.app, { name: 'A', active: true }, 'restored in Odoo since then');
});

t.test('a write that is not there may still land, in Odoo, until it is surely over', async (t) => {
  const base = agreed({ name: 'old' });
  const toOdoo = intent('odoo', { name: 'A' });
  t.match(fold(link(base, toOdoo), { name: 'A' }, { name: 'old' }), {
    unsettledUntil: OVER,
    pending: ['odoo-key'],
    losers: [],
  });
  t.match(
    fold(link(base, toOdoo), { name: 'A' }, null),
    { unsettledUntil: OVER },
    'nor is it in a record that is not there',
  );
  t.match(
    fold(link(base, toOdoo), { name: 'A' }, { name: 'old' }, OVER),
    { unsettledUntil: null, pending: [] },
    'over',
  );
  const toApp = intent('app', { name: 'O' });
  t.match(
    fold(link(base, toApp), { name: 'old' }, { name: 'O' }),
    { unsettledUntil: null },
    'the app would refuse it as stale',
  );
  t.match(fold(link(base, toApp), { name: 'old' }, { name: 'O' }), { pending: ['app-key'] }, 'or take it');
  const other = intent('app', { name: 'O' }, { onStamp: 'another version' });
  t.match(fold(link(base, other), { name: 'old' }, { name: 'O' }), { pending: [] }, 'it will never take this one');
  t.match(fold(link(base, toApp), null, { name: 'O' }), { pending: ['app-key'] });
  const later = intent('odoo', { city: 'c' }, { key: 'later', overAt: OVER + 9 });
  t.match(fold(link(base, toOdoo, later), { name: 'A' }, { name: 'old' }), { unsettledUntil: OVER + 9 });
  const repeated = intent('odoo', { name: 'old' });
  t.match(fold(link(base, repeated), { name: 'old' }, { name: 'x' }), { unsettledUntil: null }, 'it changes nothing');
});

t.test("what a side governs by itself comes along with our write, and is nobody's edit", async (t) => {
  const sent = intent('odoo', { name: 'A' });
  const base = agreed({ name: 'old', city: 'old' });
  const app = held({ name: 'A', city: 'old' }, SENT);
  const odoo = held({ name: 'A', city: 'new' }, SENT);
  const edited = foldIntents(sample, link(base, sent), { app, odoo }, 0);
  t.match(edited, { landedOn: { odoo: true }, disturbed: { app: false, odoo: true } });
  t.ok(edited.edits.odoo, 'somebody edited it at about the same time');
  const governed = foldIntents(sample, link(base, sent), { app, odoo: { ...odoo, ownedGroups: ['place'] } }, 0);
  t.match(governed, { landedOn: { odoo: true }, disturbed: { app: false, odoo: false }, edits: { odoo: null } });
});

t.test('an Odoo that keeps something of its own has taken the write all the same', async (t) => {
  const shown: OdooMapping['shown'] = (field, written, row) => (field === 'city' ? `${row.kept}${written}` : written);
  const keeping: Entity = { ...sample, odoo: { ...sample.odoo, shown } };
  const landing = (side: Side, city: string) => {
    const sides = { app: held({ city: '2' }, SENT), odoo: held({ city: '2' }, SENT) };
    sides[side] = { ...held({ city }, SENT + 5), raw: { kept: 'K' } };
    return foldIntents(keeping, link(agreed({ city: '1' }), intent(side, { city: '2' })), sides, 0);
  };
  t.match(landing('odoo', 'K2'), { base: { app: { city: '2' }, odoo: { city: 'K2' } }, pending: [] });
  t.equal(landing('odoo', 'K2').disturbed.odoo, false, 'nobody has edited it');
  t.match(landing('odoo', '1'), { base: { odoo: { city: '1' } }, pending: ['odoo-key'] }, 'it may still land');
  t.match(landing('odoo', '3'), { base: { odoo: { city: '1' } }, pending: ['odoo-key'] });
  t.match(landing('app', 'K2'), { base: { app: { city: '1' } }, pending: ['app-key'] }, 'the app keeps nothing');
});

t.test('what Odoo did not show before our write it has not kept: somebody put it there since', async (t) => {
  const shown: OdooMapping['shown'] = (field, written, _row, before = 'K') =>
    field === 'city' && String(before).startsWith('K') ? `K${written}` : written;
  const keeping: Entity = { ...sample, odoo: { ...sample.odoo, shown } };
  const landing = (city: string, strayed: CanonicalRecord) => {
    const sides = { app: held({ city: '2' }, SENT), odoo: held({ city: 'K2' }, SENT + 5) };
    return foldIntents(keeping, link(agreed({ city }), intent('odoo', { city: '2' }, { strayed })), sides, 0);
  };
  t.match(landing('K1', {}), { base: { app: { city: '2' }, odoo: { city: 'K2' } }, disturbed: { odoo: false } });
  t.match(landing('1', { city: 'K3' }), { base: { odoo: { city: 'K2' } } }, 'it was there when we wrote');
  const edited = landing('1', {});
  t.match(edited, { base: { app: { city: '2' }, odoo: { city: '2' } }, pending: [] }, 'ours landed, and is not all');
  t.match(edited, { disturbed: { odoo: true }, edits: { odoo: { from: SENT } } });
});
