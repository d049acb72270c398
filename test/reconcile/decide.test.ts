import t from 'tap';
import { type AppExistence, type Decision, decide, type OdooExistence } from '../../src/reconcile/decide.ts';
import { sample, side } from '../support/merge-cases.ts';

const policy = { tie: 'odoo', scope: 'field' } as const;
const released = false;

/** What is to be done for every way in which both sides may know the record: a missing cell does not compile. */
const TABLE: Readonly<Record<AppExistence, Readonly<Record<OdooExistence, string>>>> = {
  unlinked: {
    unlinked: 'forget',
    deleted: 'forget',
    hidden: 'forget',
    archived: 'forget',
    active: 'create in app',
    out_of_scope: 'forget',
  },
  missing: {
    unlinked: 'forget',
    deleted: 'hold missing_in_app',
    hidden: 'hold missing_in_app',
    archived: 'hold missing_in_app',
    active: 'hold missing_in_app',
    out_of_scope: 'out_of_scope',
  },
  archived: {
    unlinked: 'noop gone',
    deleted: 'noop gone',
    hidden: 'hold hidden_in_odoo',
    archived: 'noop agreed',
    active: 'update',
    out_of_scope: 'out_of_scope',
  },
  active: {
    unlinked: 'create in odoo',
    deleted: 'hold deleted_in_odoo',
    hidden: 'hold hidden_in_odoo',
    archived: 'update',
    active: 'noop agreed',
    out_of_scope: 'out_of_scope',
  },
};

function read(decision: Decision): string {
  switch (decision.kind) {
    case 'noop':
      return `noop ${decision.reason}`;
    case 'create':
      return `create in ${decision.in}`;
    case 'hold':
      return `hold ${decision.why}`;
    default:
      return decision.kind;
  }
}

function sideFor(existence: AppExistence | OdooExistence) {
  if (['unlinked', 'missing', 'deleted', 'hidden'].includes(existence)) return null;
  return side({ name: 'Anna', active: existence !== 'archived' }, 1_000);
}

t.test('every pair of existences has its decision', async (t) => {
  for (const app of Object.keys(TABLE) as AppExistence[]) {
    for (const odoo of Object.keys(TABLE[app]) as OdooExistence[]) {
      const decision = decide({
        entity: sample,
        base: null,
        released,
        policy,
        app: { existence: app, side: sideFor(app) },
        odoo: { existence: odoo, side: sideFor(odoo) },
      });
      t.equal(read(decision), TABLE[app][odoo], `app ${app}, Odoo ${odoo}`);
    }
  }
});

t.test('a creation carries the values of the side that has the record', async (t) => {
  const values = side({ name: 'Anna' }, 1).values;
  const decision = decide({
    entity: sample,
    base: null,
    released,
    policy,
    app: { existence: 'unlinked', side: null },
    odoo: { existence: 'active', side: side({ name: 'Anna' }, 1) },
  });
  t.match(decision, { kind: 'create', in: 'app', values });
});

t.test('an update carries what flows to each side', async (t) => {
  const old = side({ name: 'old', street: 'old', city: 'old' }, 0).values;
  const decision = decide({
    entity: sample,
    base: { app: old, odoo: old },
    released,
    policy,
    app: { existence: 'active', side: side({ name: 'A', street: 'old', city: 'old' }, 1) },
    odoo: { existence: 'active', side: side({ name: 'old', street: 'O', city: 'old' }, 1) },
  });
  t.match(decision, { kind: 'update', merge: { toOdoo: { name: 'A' }, toApp: { street: 'O' } } });
  const empty = { ...side({}, 2), values: { active: true } };
  const cleared = decide({
    entity: sample,
    base: { app: old, odoo: old },
    released,
    policy,
    app: { existence: 'active', side: empty },
    odoo: { existence: 'active', side: { ...side({}, 1), values: old } },
  });
  t.match(
    cleared,
    { merge: { toOdoo: { name: null, street: null, city: null } } },
    'a field that is left out is empty',
  );
});

t.test('an empty field that stands for the same is filled in with the others of its group', async (t) => {
  const same = (field: string, left: unknown, right: unknown) =>
    left === right || (field === 'city' && (left === null || right === null));
  const old = { app: side({ name: 'A' }, 0).values, odoo: side({ name: 'A', city: 'Lyon' }, 0).values };
  const decideOn = (street: string | null) =>
    decide({
      entity: { ...sample, same },
      base: old,
      released,
      policy,
      app: { existence: 'active', side: side({ name: 'A' }, 1) },
      odoo: { existence: 'active', side: side({ name: 'A', street, city: 'Lyon' }, 1) },
    });
  t.match(decideOn('1 Rue'), { merge: { toApp: { street: '1 Rue', city: 'Lyon' }, toOdoo: {} } });
  t.match(decideOn(null), { kind: 'noop' }, 'but not by itself');
});

t.test('a side that is said to exist must have been read', async (t) => {
  const broken = {
    entity: sample,
    base: null,
    released,
    policy,
    app: { existence: 'active', side: null },
    odoo: { existence: 'unlinked', side: null },
  } as const;
  t.throws(() => decide(broken), TypeError);
});

t.test('what Odoo deleted is archived in the app, unless the app has an edit that Odoo never had', async (t) => {
  const old = side({ name: 'old' }, 0).values;
  const deleted = { entity: sample, policy, odoo: { existence: 'deleted', side: null } } as const;
  const app = (name: string) => ({ existence: 'active', side: side({ name }, 1) }) as const;
  const base = { app: old, odoo: old };
  const archived = { kind: 'update', merge: { toApp: { active: false }, toOdoo: {} } };
  t.match(decide({ ...deleted, base, released, app: app('old') }), archived);
  t.match(decide({ ...deleted, base, released, app: app('new') }), { kind: 'hold', why: 'deleted_in_odoo' });
  t.match(decide({ ...deleted, base, released: true, app: app('new') }), archived, 'a person agreed');
  const { name: _unknown, ...older } = old;
  const without = { app: older, odoo: older };
  t.match(
    decide({ ...deleted, base: without, released, app: app('old') }),
    { kind: 'hold', why: 'deleted_in_odoo' },
    'what was never agreed on may never have come to Odoo',
  );
  const empty = { existence: 'active', side: { ...side({}, 1), values: { ...older, name: null } } } as const;
  t.match(decide({ ...deleted, base: without, released, app: empty }), archived, 'but there is nothing in it');
});

t.test('of what the app alone governs, a deletion in Odoo is never carried over', async (t) => {
  const groups = sample.groups.map((group) => (group.name === 'active' ? { ...group, owner: 'app' as const } : group));
  const entity = { ...sample, groups };
  const old = side({ name: 'old' }, 0).values;
  const app = { existence: 'active', side: side({ name: 'old' }, 1) } as const;
  const deleted = {
    entity,
    policy,
    app,
    odoo: { existence: 'deleted', side: null },
    base: { app: old, odoo: old },
  } as const;
  t.same(decide({ ...deleted, released }), { kind: 'renew' });
  const asking = { ...deleted, entity: { ...entity, asksToRenew: true as const } };
  t.same(decide({ ...asking, released }), { kind: 'hold', why: 'only_app_deletes' });
  t.same(decide({ ...asking, released: true }), { kind: 'renew' }, 'a person wants it there');
});

t.test('what a person restores goes to both sides, whoever edited last', async (t) => {
  const old = side({ name: 'old', street: 'old' }, 0).values;
  const both = {
    entity: sample,
    policy,
    released,
    base: { app: old, odoo: old },
    app: { existence: 'active', side: side({ name: 'A', street: 'S' }, 9) },
    odoo: { existence: 'active', side: side({ name: 'B', street: 'old' }, 8) },
  } as const;
  const restored = decide({ ...both, restoring: { name: 'B' } });
  t.match(restored, { kind: 'update', merge: { toApp: { name: 'B' }, toOdoo: { street: 'S' } } });
  t.notOk(restored.kind === 'update' && 'name' in restored.merge.toOdoo, 'Odoo holds it already');
  const third = decide({ ...both, restoring: { name: 'C' } });
  t.match(third, { merge: { toApp: { name: 'C' }, toOdoo: { name: 'C' } } });
  const there = side({ name: 'B' }, 1);
  const done = decide({
    ...both,
    app: { existence: 'active', side: there },
    odoo: { existence: 'active', side: there },
    restoring: { name: 'B' },
  });
  t.match(done, { kind: 'noop' }, 'nothing is left to do');
});
