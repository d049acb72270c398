/** A small entity and short spellings for tests of the merge. */
import { type CanonicalRecord, defineEntity, type Entity, EXISTENCE } from '../../src/entities/define-entity.ts';
import type { MergeSide, Modified } from '../../src/reconcile/merge-fields.ts';

export const sample: Entity = defineEntity({
  name: 'sample',
  collection: 'samples',
  revision: 1,
  groups: [
    { name: 'name', fields: ['name'], owner: 'both' },
    { name: 'place', fields: ['street', 'city'], owner: 'both' },
    { name: 'plan', fields: ['plan'], owner: 'app' },
    { name: 'stage', fields: ['stage'], owner: 'odoo' },
    EXISTENCE,
  ],
  parents: () => [],
  app: { matchBy: 'reading', decode: () => ({}), encode: (changes) => changes },
  odoo: {
    model: 'x.sample',
    membership: { kind: 'linked' },
    matchField: null,
    fields: [],
    sources: {},
    decode: () => ({}),
    encode: () => ({ values: {}, deferred: [], unheld: [] }),
    onCreate: () => ({}),
    isCompany: () => false,
    ownedByOdoo: () => [],
    companies: () => [],
  },
  same: (_field, left, right) => left === right,
  isEmpty: (_field, value) => value === null,
  matchKey: () => null,
  matchName: (record) => String(record.name),
});

export const blank: CanonicalRecord = { name: null, street: null, city: null, plan: null, stage: null, active: true };

export function record(values: CanonicalRecord): CanonicalRecord {
  return { ...blank, ...values };
}

/** A side that was modified at `at`, exactly known unless `within` says otherwise. */
export function side(
  values: CanonicalRecord,
  at: number,
  more: { within?: number; ours?: boolean; owns?: string[] } = {},
): MergeSide {
  const { within = 0, ours = false, owns = [] } = more;
  const modified: Modified = { from: at - within, to: at + within, ours };
  return { values: record(values), modified, ownedGroups: owns };
}
