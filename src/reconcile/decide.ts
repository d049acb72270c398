/** What to do about one link, from what both sides and the base say. Pure: no I/O, no clock, no library. */
import {
  type CanonicalChanges,
  type CanonicalRecord,
  EXISTENCE,
  type FieldValue,
  readField,
  type Side,
} from '../entities/define-entity.ts';
import { type GroupOutcome, type MergeInput, type MergeSide, mergeFields } from './merge-fields.ts';

/** How a side knows the record. `unlinked`: no id yet. `missing`: an id that the app did not return, which explains nothing. */
export type AppExistence = 'unlinked' | 'missing' | 'archived' | 'active';
/** `deleted`, `hidden`: why Odoo does not return it. `out_of_scope`: it lost the entity's tag. */
export type OdooExistence = 'unlinked' | 'deleted' | 'hidden' | 'archived' | 'active' | 'out_of_scope';

export interface DecideInput extends Omit<MergeInput, 'app' | 'odoo'> {
  readonly app: { readonly existence: AppExistence; readonly side: MergeSide | null };
  readonly odoo: { readonly existence: OdooExistence; readonly side: MergeSide | null };
  /** A person agreed to what was held. */
  readonly released: boolean;
}

export type Decision =
  | { readonly kind: 'noop'; readonly reason: 'agreed' | 'gone' }
  /** The link ties nothing together and will not: it is dropped. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'out_of_scope' }
  /** The app governs whether it exists, and Odoo has deleted it: another one takes its place. */
  | { readonly kind: 'renew' }
  | { readonly kind: 'create'; readonly in: Side; readonly values: CanonicalRecord }
  | { readonly kind: 'update'; readonly merge: Merge }
  | { readonly kind: 'hold'; readonly why: HoldReason };

export interface Merge {
  readonly toApp: CanonicalChanges;
  readonly toOdoo: CanonicalChanges;
  readonly outcomes: readonly GroupOutcome[];
}

export type HoldReason = 'missing_in_app' | 'deleted_in_odoo' | 'only_app_deletes' | 'hidden_in_odoo';

type Rule =
  | 'forget'
  | 'gone'
  | 'merge'
  | 'create_in_app'
  | 'create_in_odoo'
  | 'archive_in_app'
  | 'out_of_scope'
  | HoldReason;

/** Existence on both sides: a missing cell does not compile. */
export const RULES: Readonly<Record<AppExistence, Readonly<Record<OdooExistence, Rule>>>> = {
  unlinked: {
    unlinked: 'forget',
    deleted: 'forget',
    hidden: 'forget',
    // Archived before the app ever knew it, or no member of the entity: nothing to bring over.
    archived: 'forget',
    active: 'create_in_app',
    out_of_scope: 'forget',
  },
  // An app id that was left out of the answer is neither a deletion nor a reason to create.
  missing: {
    // Nothing ties it to anything: an id that never existed, or not yet.
    unlinked: 'forget',
    deleted: 'missing_in_app',
    hidden: 'missing_in_app',
    archived: 'missing_in_app',
    active: 'missing_in_app',
    out_of_scope: 'out_of_scope',
  },
  archived: {
    unlinked: 'gone',
    deleted: 'gone',
    hidden: 'hidden_in_odoo',
    archived: 'merge',
    active: 'merge',
    out_of_scope: 'out_of_scope',
  },
  active: {
    unlinked: 'create_in_odoo',
    deleted: 'archive_in_app',
    // Loss of access rights is no deletion.
    hidden: 'hidden_in_odoo',
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
    case 'only_app_deletes':
    case 'hidden_in_odoo':
      return { kind: 'hold', why: rule };
    case 'archive_in_app':
      return archiveInApp(input);
    case 'create_in_app':
      return { kind: 'create', in: 'app', values: present(input.odoo.side).values };
    case 'create_in_odoo':
      return { kind: 'create', in: 'odoo', values: present(input.app.side).values };
    case 'merge':
      return decideMerge({ ...input, app: present(input.app.side), odoo: present(input.odoo.side) });
  }
}

/** A deletion is an archive over there. But an edit that Odoo never had must not vanish with it: a person decides. */
function archiveInApp({ entity, base, app, released }: DecideInput): Decision {
  if (entity.groups.some(({ name, owner }) => name === EXISTENCE.name && owner === 'app')) {
    return entity.asksToRenew && !released ? { kind: 'hold', why: 'only_app_deletes' } : { kind: 'renew' };
  }
  const { values } = present(app.side);
  // A field that was never agreed on has nothing to differ from: whatever stands in it is an edit.
  const isEdited = (field: string, value: FieldValue) =>
    base !== null && field in base.app
      ? !entity.same(field, value, readField(base.app, field))
      : !entity.isEmpty(field, value);
  const edited = Object.entries(values).some(([field, value]) => isEdited(field, value));
  if (edited && !released) return { kind: 'hold', why: 'deleted_in_odoo' };
  const outcomes = [{ kind: 'flow', group: EXISTENCE, to: 'app', conflict: null }] as const;
  return { kind: 'update', merge: { toApp: { active: false }, toOdoo: {}, outcomes } };
}

function decideMerge(input: MergeInput): Decision {
  const outcomes = mergeFields(input);
  const toApp: Record<string, CanonicalRecord[string]> = {};
  const toOdoo: Record<string, CanonicalRecord[string]> = {};
  for (const outcome of outcomes) {
    if (outcome.kind === 'restore') {
      for (const [field, value] of Object.entries(outcome.values)) {
        if (!input.entity.same(field, value, readField(input.app.values, field))) toApp[field] = value;
        if (!input.entity.same(field, value, readField(input.odoo.values, field))) toOdoo[field] = value;
      }
    }
    if (outcome.kind !== 'flow') continue;
    const [from, into, changes] =
      outcome.to === 'app' ? [input.odoo, input.app, toApp] : [input.app, input.odoo, toOdoo];
    for (const field of outcome.group.fields) {
      const [value, held] = [readField(from.values, field), readField(into.values, field)];
      // A field of the group that is the same already is not written again: it might have side effects there. But what
      // an empty one stands for may not be enough for the new values: an amount needs its currency.
      if (!input.entity.same(field, value, held) || (held === null && value !== null)) changes[field] = value;
    }
  }
  const merge = { toApp, toOdoo, outcomes };
  const agreed = outcomes.every(({ kind }) => kind !== 'flow') && Object.keys({ ...toApp, ...toOdoo }).length === 0;
  return agreed ? { kind: 'noop', reason: 'agreed' } : { kind: 'update', merge };
}

function present(side: MergeSide | null): MergeSide {
  if (side === null) throw new TypeError('a side that exists must have been read');
  return side;
}
