import t from 'tap';
import { type AppExistence, type Decision, decide, type OdooExistence } from '../../src/reconcile/decide.ts';
import { sample, side } from '../support/merge-cases.ts';

const policy = { tie: 'odoo', scope: 'field' } as const;

/** What is to be done for every way in which both sides may know the record: a missing cell does not compile. */
const TABLE: Readonly<Record<AppExistence, Readonly<Record<OdooExistence, string>>>> = {
  unlinked: {
    unlinked: 'forget',
    missing: 'forget',
    archived: 'forget',
    active: 'create in app',
    out_of_scope: 'forget',
  },
  missing: {
    unlinked: 'forget',
    missing: 'hold missing_in_app',
    archived: 'hold missing_in_app',
    active: 'hold missing_in_app',
    out_of_scope: 'out_of_scope',
  },
  archived: {
    unlinked: 'noop gone',
    missing: 'noop gone',
    archived: 'noop agreed',
    active: 'update',
    out_of_scope: 'out_of_scope',
  },
  active: {
    unlinked: 'create in odoo',
    missing: 'hold deleted_in_odoo',
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

function sideFor(existence: OdooExistence) {
  if (existence === 'unlinked' || existence === 'missing') return null;
  return side({ name: 'Anna', active: existence !== 'archived' }, 1_000);
}

t.test('every pair of existences has its decision', async (t) => {
  for (const app of Object.keys(TABLE) as AppExistence[]) {
    for (const odoo of Object.keys(TABLE[app]) as OdooExistence[]) {
      const decision = decide({
        entity: sample,
        base: null,
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
    policy,
    app: { existence: 'active', side: side({ name: 'A', street: 'old', city: 'old' }, 1) },
    odoo: { existence: 'active', side: side({ name: 'old', street: 'O', city: 'old' }, 1) },
  });
  t.match(decision, { kind: 'update', merge: { toOdoo: { name: 'A' }, toApp: { street: 'O' } } });
  const empty = { ...side({}, 2), values: { active: true } };
  const cleared = decide({
    entity: sample,
    base: { app: old, odoo: old },
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

t.test('a side that is said to exist must have been read', async (t) => {
  const broken = {
    entity: sample,
    base: null,
    policy,
    app: { existence: 'active', side: null },
    odoo: { existence: 'unlinked', side: null },
  } as const;
  t.throws(() => decide(broken), TypeError);
});
