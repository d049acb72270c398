import fc from 'fast-check';
import t from 'tap';
import type { CanonicalRecord, FieldGroup } from '../../src/entities/define-entity.ts';
import {
  type GroupOutcome,
  type GroupState,
  judge,
  type MergeInput,
  mergeFields,
} from '../../src/reconcile/merge-fields.ts';
import { record, sample, side } from '../support/merge-cases.ts';

const policy = { tie: 'odoo', scope: 'field' } as const;
const merge = (input: Omit<MergeInput, 'entity' | 'policy'> & { policy?: MergeInput['policy'] }) =>
  mergeFields({ entity: sample, policy, ...input });

function outcomeOf(outcomes: readonly GroupOutcome[], name: string): GroupOutcome {
  const found = outcomes.find(({ group }) => group.name === name);
  if (!found) throw new Error(`no outcome for ${name}`);
  return found;
}

/** How the outcome reads: where it flows, and by which rule it was won. */
function read(outcome: GroupOutcome): string {
  if (outcome.kind !== 'flow') return outcome.kind;
  return outcome.conflict
    ? `to ${outcome.to} (${outcome.conflict.rule}${outcome.conflict.close ? ', close' : ''})`
    : `to ${outcome.to}`;
}

/** Base, app and Odoo values of one group that make each state. */
const VALUES: Readonly<Record<GroupState, readonly [string | null, string | null, string | null]>> = {
  same: ['old', 'new', 'new'],
  settled: ['old', 'old', 'old'],
  app_changed: ['old', 'A', 'old'],
  odoo_changed: ['old', 'old', 'O'],
  both_changed: ['old', 'A', 'O'],
};

/** Owner by state, with the app modified later: a missing cell does not compile. */
const TABLE: Readonly<Record<FieldGroup['owner'], Readonly<Record<GroupState, string>>>> = {
  both: {
    same: 'agreed',
    settled: 'agreed',
    app_changed: 'to odoo',
    odoo_changed: 'to app',
    both_changed: 'to odoo (later)',
  },
  app: {
    same: 'agreed',
    settled: 'agreed',
    app_changed: 'to odoo',
    odoo_changed: 'to odoo (owner)',
    both_changed: 'to odoo (owner)',
  },
  odoo: {
    same: 'agreed',
    settled: 'agreed',
    app_changed: 'to app (owner)',
    odoo_changed: 'to app',
    both_changed: 'to app (owner)',
  },
};
const FIELD_OF = { both: 'name', app: 'plan', odoo: 'stage' } as const;

t.test('every owner and state of a group has its outcome', async (t) => {
  for (const owner of ['both', 'app', 'odoo'] as const) {
    for (const state of Object.keys(VALUES) as GroupState[]) {
      const [base, app, odoo] = VALUES[state];
      const field = FIELD_OF[owner];
      const outcomes = merge({
        base: { app: record({ [field]: base }), odoo: record({ [field]: base }) },
        app: side({ [field]: app }, 2_000),
        odoo: side({ [field]: odoo }, 1_000),
      });
      t.equal(read(outcomeOf(outcomes, field)), TABLE[owner][state], `${owner}, ${state}`);
    }
  }
});

t.test('each side is compared with its own shadow, so its own rewriting is no edit', async (t) => {
  const base = { app: record({ name: 'fr 12' }), odoo: record({ name: 'FR12' }) };
  const outcomes = merge({ base, app: side({ name: 'fr 12' }, 1), odoo: side({ name: 'FR12' }, 9_000) });
  t.equal(read(outcomeOf(outcomes, 'name')), 'unchanged');
});

t.test('without a base an empty side takes the other value, two values are contested', async (t) => {
  const first = (app: string | null, odoo: string | null) =>
    read(outcomeOf(merge({ base: null, app: side({ name: app }, 1_000), odoo: side({ name: odoo }, 2_000) }), 'name'));
  t.equal(first(null, 'O'), 'to app');
  t.equal(first('A', null), 'to odoo');
  t.equal(first('A', 'O'), 'to app (later)');
  t.equal(first('S', 'S'), 'agreed');
});

t.test('fields of one group flow together', async (t) => {
  const base = record({ street: 'Old', city: 'Oldtown' });
  const outcomes = merge({
    base: { app: base, odoo: base },
    app: side({ street: 'New', city: 'Oldtown' }, 2_000),
    odoo: side({ street: 'Old', city: 'Othertown' }, 1_000),
  });
  t.equal(read(outcomeOf(outcomes, 'place')), 'to odoo (later)');
});

t.test('scope record makes one group of all that both may edit', async (t) => {
  const base = record({ name: 'old', city: 'old' });
  const outcomes = merge({
    policy: { tie: 'odoo', scope: 'record' },
    base: { app: base, odoo: base },
    app: side({ name: 'A', city: 'old' }, 1_000),
    odoo: side({ name: 'old', city: 'O' }, 2_000),
  });
  t.equal(read(outcomeOf(outcomes, 'record')), 'to app (later)');
  t.match(outcomeOf(outcomes, 'record').group.fields, ['name', 'street', 'city']);
  t.equal(read(outcomeOf(outcomes, 'plan')), 'agreed');
});

t.test('a side may govern a group on a single record', async (t) => {
  const base = { app: record({ name: 'old' }), odoo: record({ name: 'old' }) };
  const odooOwns = merge({ base, app: side({ name: 'A' }, 9_000), odoo: side({ name: 'old' }, 1, { owns: ['name'] }) });
  t.equal(read(outcomeOf(odooOwns, 'name')), 'to app (owner)');
  const appOwns = merge({ base, app: side({ name: 'old' }, 1, { owns: ['name'] }), odoo: side({ name: 'O' }, 9_000) });
  t.equal(read(outcomeOf(appOwns, 'name')), 'to odoo (owner)');
});

t.test('existence: an edit later than the archive restores, an earlier one does not', async (t) => {
  const base = { app: record({ name: 'old' }), odoo: record({ name: 'old' }) };
  const archived = { name: 'old', active: false };
  const existence = (app: MergeInput['app'], odoo: MergeInput['odoo']) =>
    read(outcomeOf(merge({ base, app, odoo }), 'active'));
  t.equal(
    existence(side(archived, 1_000), side({ name: 'edited' }, 2_000)),
    'to app (later)',
    'Odoo edited later: restored in the app',
  );
  t.equal(
    existence(side(archived, 2_000), side({ name: 'edited' }, 1_000)),
    'to odoo',
    'archived later: archived in Odoo',
  );
  t.equal(
    existence(side({ name: 'edited' }, 2_000), side(archived, 1_000)),
    'to odoo (later)',
    'the app edited later: restored in Odoo',
  );
  t.equal(existence(side({ name: 'edited' }, 1_000), side({ name: 'both', active: false }, 2_000)), 'to app');
  t.equal(
    existence(side(archived, 1_000), side({ name: 'old' }, 9_000)),
    'to odoo',
    'a stamp that moved without an edit never wins',
  );
  t.equal(existence(side(archived, 1_000), side(archived, 2_000)), 'agreed');
});

t.test('judge: overlapping instants are a tie, an own stamp is no evidence', async (t) => {
  const at = (from: number, to: number, ours = false) => ({ from, to, ours });
  t.same(judge(at(2_001, 2_001), at(1_000, 2_000), 'odoo'), { winner: 'app', rule: 'later', close: false });
  t.same(judge(at(2_000, 2_000), at(1_000, 2_000), 'odoo'), { winner: 'odoo', rule: 'tie', close: true });
  t.same(judge(at(1_000, 1_000), at(1_000, 2_000), 'app'), { winner: 'app', rule: 'tie', close: true });
  t.same(judge(at(999, 999), at(1_000, 2_000), 'app'), { winner: 'odoo', rule: 'later', close: false });
  t.same(judge(at(1, 1), at(9_000, 9_999, true), 'odoo'), { winner: 'app', rule: 'own_stamp', close: true });
  t.same(judge(at(9_000, 9_000, true), at(1, 1), 'app'), { winner: 'odoo', rule: 'own_stamp', close: true });
  t.same(judge(at(9, 9, true), at(1, 1, true), 'odoo'), { winner: 'app', rule: 'later', close: false });
});

const values: fc.Arbitrary<CanonicalRecord> = fc.record({
  name: fc.constantFrom(null, 'a', 'b', 'c'),
  street: fc.constantFrom(null, 'x', 'y'),
  city: fc.constantFrom(null, 'x', 'y'),
  plan: fc.constantFrom(null, 'p', 'q'),
  stage: fc.constantFrom(null, 's', 't'),
  active: fc.boolean(),
});
const arbitrary = fc.record({
  base: fc.option(fc.record({ app: values, odoo: values })),
  app: values,
  odoo: values,
  appAt: fc.integer({ min: 0, max: 5 }),
  odooAt: fc.integer({ min: 0, max: 5 }),
  tie: fc.constantFrom('app' as const, 'odoo' as const),
  scope: fc.constantFrom('field' as const, 'record' as const),
});
type Case = typeof arbitrary extends fc.Arbitrary<infer T> ? T : never;

function toInput({ base, app, odoo, appAt, odooAt, tie, scope }: Case): MergeInput {
  return { entity: sample, base, app: side(app, appAt), odoo: side(odoo, odooAt), policy: { tie, scope } };
}

/** Both sides after the flows have been written. */
function apply({ app, odoo }: MergeInput, outcomes: readonly GroupOutcome[]) {
  const after = { app: { ...app.values }, odoo: { ...odoo.values } };
  for (const outcome of outcomes) {
    if (outcome.kind !== 'flow') continue;
    const from = outcome.to === 'app' ? odoo : app;
    for (const field of outcome.group.fields) after[outcome.to][field] = from.values[field] ?? null;
  }
  return after;
}

t.test('properties', async (t) => {
  fc.assert(
    fc.property(arbitrary, (given) => {
      const input = toInput(given);
      const outcomes = mergeFields(input);
      const after = apply(input, outcomes);
      for (const outcome of outcomes) {
        for (const field of outcome.group.fields) {
          const [app, odoo] = [after.app[field] ?? null, after.odoo[field] ?? null];
          // Either both sides agree now, or they kept a difference that both had agreed on.
          if (outcome.kind !== 'unchanged' && app !== odoo) return false;
          // Nothing is invented.
          if (app !== input.app.values[field] && app !== input.odoo.values[field]) return false;
        }
      }
      // What was agreed just now needs nothing more: no echo, no loop.
      const again = mergeFields({
        ...input,
        base: after,
        app: { ...input.app, values: after.app },
        odoo: { ...input.odoo, values: after.odoo },
      });
      return again.every(({ kind }) => kind !== 'flow');
    }),
    { numRuns: 2_000 },
  );
  t.pass('both sides agree afterwards, nothing is invented, a second pass does nothing');

  fc.assert(
    fc.property(arbitrary, (given) => {
      const mirrored: Case = {
        ...given,
        base: given.base && { app: given.base.odoo, odoo: given.base.app },
        app: given.odoo,
        odoo: given.app,
        appAt: given.odooAt,
        odooAt: given.appAt,
        tie: given.tie === 'app' ? 'odoo' : 'app',
      };
      const shared = (outcomes: readonly GroupOutcome[]) => outcomes.filter(({ group }) => group.owner === 'both');
      const turned = shared(mergeFields(toInput(mirrored))).map((outcome) =>
        outcome.kind === 'flow' ? (outcome.to === 'app' ? 'odoo' : 'app') : outcome.kind,
      );
      const straight = shared(mergeFields(toInput(given))).map((outcome) =>
        outcome.kind === 'flow' ? outcome.to : outcome.kind,
      );
      return straight.join() === turned.join();
    }),
    { numRuns: 2_000 },
  );
  t.pass('no side is favoured: with the sides exchanged the other one wins');
});

t.test('a value that a person restores is nobodys to win', async (t) => {
  const base = { app: record({ name: 'old' }), odoo: record({ name: 'old' }) };
  const sides = { app: side({ name: 'A', street: 'S' }, 9), odoo: side({ name: 'B' }, 8) };
  const outcomes = merge({ base, ...sides, restoring: { name: 'B', city: 'C' } });
  t.match(outcomeOf(outcomes, 'name'), { kind: 'restore', values: { name: 'B' } });
  t.same(outcomeOf(outcomes, 'place'), { kind: 'restore', group: sample.groups[1], values: { city: 'C' } });
  t.equal(read(outcomeOf(merge({ base, ...sides, restoring: null }), 'name')), 'to odoo (later)');
});
