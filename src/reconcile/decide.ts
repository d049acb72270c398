/** What to do about one link, from what both sides and the base say. Pure: no I/O, no clock, no library. */
import type { CanonicalChanges, CanonicalRecord, FieldValue, Side } from '../entities/define-entity.ts';
import { type GroupOutcome, type MergeInput, type MergeSide, mergeFields } from './merge-fields.ts';

/** How a side knows the record. `unlinked`: no id yet. `missing`: an id that the side did not return. */
export type AppExistence = 'unlinked' | 'missing' | 'archived' | 'active';
export type OdooExistence = AppExistence | 'out_of_scope';

export interface DecideInput extends Omit<MergeInput, 'app' | 'odoo'> {
  readonly app: { readonly existence: AppExistence; readonly side: MergeSide | null };
  readonly odoo: { readonly existence: OdooExistence; readonly side: MergeSide | null };
}

export type Decision =
  | { readonly kind: 'noop'; readonly reason: 'agreed' | 'gone' }
  /** The link ties nothing together and will not: it is dropped. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'out_of_scope' }
  | { readonly kind: 'create'; readonly in: Side; readonly values: CanonicalRecord }
  | { readonly kind: 'update'; readonly merge: Merge }
  | { readonly kind: 'hold'; readonly why: HoldReason };

export interface Merge {
  readonly toApp: CanonicalChanges;
  readonly toOdoo: CanonicalChanges;
  readonly outcomes: readonly GroupOutcome[];
}

export type HoldReason = 'missing_in_app' | 'deleted_in_odoo';

type Rule = 'forget' | 'gone' | 'merge' | 'create_in_app' | 'create_in_odoo' | 'out_of_scope' | HoldReason;

/** Existence on both sides: a missing cell does not compile. */
export const RULES: Readonly<Record<AppExistence, Readonly<Record<OdooExistence, Rule>>>> = {
  unlinked: {
    unlinked: 'forget',
    missing: 'forget',
    // Archived before the app ever knew it, or no member of the entity: nothing to bring over.
    archived: 'forget',
    active: 'create_in_app',
    out_of_scope: 'forget',
  },
  // An app id that was left out of the answer is neither a deletion nor a reason to create.
  missing: {
    // Nothing ties it to anything: an id that never existed, or not yet.
    unlinked: 'forget',
    missing: 'missing_in_app',
    archived: 'missing_in_app',
    active: 'missing_in_app',
    out_of_scope: 'out_of_scope',
  },
  archived: { unlinked: 'gone', missing: 'gone', archived: 'merge', active: 'merge', out_of_scope: 'out_of_scope' },
  active: {
    unlinked: 'create_in_odoo',
    // Never re-created by an edit, never archived unasked: a person decides.
    missing: 'deleted_in_odoo',
    archived: 'merge',
    active: 'merge',
    out_of_scope: 'out_of_scope',
  },
};

export function decide(input: DecideInput): Decision {
  const rule = RULES[input.app.existence][input.odoo.existence];
  switch (rule) {
    case 'forget':
    case 'out_of_scope':
      return { kind: rule };
    case 'gone':
      return { kind: 'noop', reason: 'gone' };
    case 'missing_in_app':
    case 'deleted_in_odoo':
      return { kind: 'hold', why: rule };
    case 'create_in_app':
      return { kind: 'create', in: 'app', values: present(input.odoo.side).values };
    case 'create_in_odoo':
      return { kind: 'create', in: 'odoo', values: present(input.app.side).values };
    case 'merge':
      return decideMerge({ ...input, app: present(input.app.side), odoo: present(input.odoo.side) });
  }
}

function decideMerge(input: MergeInput): Decision {
  const outcomes = mergeFields(input);
  const toApp: Record<string, CanonicalRecord[string]> = {};
  const toOdoo: Record<string, CanonicalRecord[string]> = {};
  for (const outcome of outcomes) {
    if (outcome.kind !== 'flow') continue;
    const [from, into, changes] =
      outcome.to === 'app' ? [input.odoo, input.app, toApp] : [input.app, input.odoo, toOdoo];
    for (const field of outcome.group.fields) {
      const [value, held] = [from, into].map(({ values }) => values[field] ?? null) as [FieldValue, FieldValue];
      // A field of the group that is the same already is not written again: it might have side effects there.
      if (!input.entity.same(field, value, held)) changes[field] = value;
    }
  }
  const merge = { toApp, toOdoo, outcomes };
  const agreed = outcomes.every(({ kind }) => kind !== 'flow');
  return agreed ? { kind: 'noop', reason: 'agreed' } : { kind: 'update', merge };
}

function present(side: MergeSide | null): MergeSide {
  if (side === null) throw new TypeError('a side that exists must have been read');
  return side;
}
