/**
 * The three-way merge of one record, group by group: the rules of "last modification wins" (docs/rules.md).
 * Pure: no I/O, no clock, no library.
 */
import type {
  CanonicalChanges,
  CanonicalRecord,
  Entity,
  FieldGroup,
  FieldValue,
  Side,
} from '../entities/define-entity.ts';

/** When a side was last modified, on the bridge's clock, as the earliest and latest instant it may have been. */
export interface Modified {
  readonly from: number;
  readonly to: number;
  /** True when the stamp is that of our own write: no evidence of a person's edit. */
  readonly ours: boolean;
}

export interface MergeSide {
  readonly values: CanonicalRecord;
  readonly modified: Modified;
  /** Groups that this side alone governs on this record. */
  readonly ownedGroups: readonly string[];
}

export interface MergeInput {
  readonly entity: Entity;
  readonly base: { readonly app: CanonicalRecord; readonly odoo: CanonicalRecord } | null;
  readonly app: MergeSide;
  readonly odoo: MergeSide;
  readonly policy: MergePolicy;
  /** Values that a person wants on both sides, whoever edited last. */
  readonly restoring?: CanonicalChanges | null;
}

export interface MergePolicy {
  readonly tie: Side;
  readonly scope: 'field' | 'record';
}

export type WinRule = 'later' | 'tie' | 'own_stamp' | 'owner';

export interface Verdict {
  readonly winner: Side;
  readonly rule: WinRule;
  /** True when the clocks do not prove the order. */
  readonly close: boolean;
}

export interface Conflict extends Verdict {
  readonly group: FieldGroup;
}

/** What happens to one group: where its value flows, and against what, if it was contested. */
export type GroupOutcome =
  | { readonly kind: 'unchanged' | 'agreed'; readonly group: FieldGroup }
  | { readonly kind: 'restore'; readonly group: FieldGroup; readonly values: CanonicalChanges }
  | { readonly kind: 'flow'; readonly group: FieldGroup; readonly to: Side; readonly conflict: Conflict | null };

/** What is known of a group before anybody wins. */
export type GroupState = 'same' | 'settled' | 'app_changed' | 'odoo_changed' | 'both_changed';
type Action = 'agree' | 'leave' | 'take_app' | 'take_odoo' | 'contest';

/** The truth table: a missing cell does not compile. */
const ACTIONS: Readonly<Record<FieldGroup['owner'], Readonly<Record<GroupState, Action>>>> = {
  both: {
    same: 'agree',
    settled: 'leave',
    app_changed: 'take_app',
    odoo_changed: 'take_odoo',
    both_changed: 'contest',
  },
  app: { same: 'agree', settled: 'leave', app_changed: 'take_app', odoo_changed: 'take_app', both_changed: 'take_app' },
  odoo: {
    same: 'agree',
    settled: 'leave',
    app_changed: 'take_odoo',
    odoo_changed: 'take_odoo',
    both_changed: 'take_odoo',
  },
};

export function mergeFields(input: MergeInput): readonly GroupOutcome[] {
  const verdict = judge(input.app.modified, input.odoo.modified, input.policy.tie);
  const groups = groupsOf(input);
  const states = groups.map((group) => ({ group, state: groupState(input, group) }));
  return states.map(({ group, state }) => {
    const values = restored(group, input.restoring ?? {});
    if (values !== null) return { kind: 'restore', group, values };
    const owner = ownerOf(input, group);
    if (group.name === 'active' && owner === 'both') return mergeExistence(group, state, states, verdict);
    return resolve(group, state, ACTIONS[owner][state], verdict);
  });
}

function restored(group: FieldGroup, restoring: CanonicalChanges): CanonicalChanges | null {
  const wanted = Object.entries(restoring).filter(([field]) => group.fields.includes(field));
  return wanted.length === 0 ? null : Object.fromEntries(wanted);
}

/** CONFLICT_SCOPE=record makes one group of all that both sides may edit, but for existence. */
function groupsOf(input: MergeInput): readonly FieldGroup[] {
  const { entity, policy } = input;
  if (policy.scope === 'field') return entity.groups;
  const shared = entity.groups.filter((group) => ownerOf(input, group) === 'both' && group.name !== 'active');
  const record: FieldGroup = { name: 'record', fields: shared.flatMap(({ fields }) => fields), owner: 'both' };
  return [record, ...entity.groups.filter((group) => !shared.includes(group))];
}

function ownerOf(input: MergeInput, group: FieldGroup): FieldGroup['owner'] {
  if (input.odoo.ownedGroups.includes(group.name)) return 'odoo';
  if (input.app.ownedGroups.includes(group.name)) return 'app';
  return group.owner;
}

function groupState({ entity, base, app, odoo }: MergeInput, group: FieldGroup): GroupState {
  const value = (record: CanonicalRecord, field: string): FieldValue => record[field] ?? null;
  const every = (test: (field: string) => boolean) => group.fields.every(test);
  if (every((field) => entity.same(field, value(app.values, field), value(odoo.values, field)))) return 'same';
  if (base === null || !every((field) => field in base.app && field in base.odoo)) {
    if (every((field) => entity.isEmpty(field, value(app.values, field)))) return 'odoo_changed';
    if (every((field) => entity.isEmpty(field, value(odoo.values, field)))) return 'app_changed';
    return 'both_changed';
  }
  // Each side is compared with its own shadow: a value that a side rewrote by itself is no edit.
  const appKept = every((field) => value(app.values, field) === value(base.app, field));
  const odooKept = every((field) => value(odoo.values, field) === value(base.odoo, field));
  if (appKept && odooKept) return 'settled';
  if (odooKept) return 'app_changed';
  return appKept ? 'odoo_changed' : 'both_changed';
}

function resolve(group: FieldGroup, state: GroupState, action: Action, verdict: Verdict): GroupOutcome {
  switch (action) {
    case 'agree':
      return { kind: 'agreed', group };
    case 'leave':
      return { kind: 'unchanged', group };
    case 'take_app':
    case 'take_odoo': {
      const winner = action === 'take_app' ? 'app' : 'odoo';
      const lost = state === 'both_changed' || state === `${other(winner)}_changed`;
      return flow(group, winner, lost ? { group, winner, rule: 'owner', close: false } : null);
    }
    case 'contest':
      return flow(group, verdict.winner, { group, ...verdict });
  }
}

/** An edit that is later than the other side's archiving brings the record back; an earlier one does not. */
function mergeExistence(
  group: FieldGroup,
  state: GroupState,
  states: readonly { group: FieldGroup; state: GroupState }[],
  verdict: Verdict,
): GroupOutcome {
  if (state === 'app_changed' || state === 'odoo_changed') {
    const changer: Side = state === 'app_changed' ? 'app' : 'odoo';
    const rival = other(changer);
    const edited = states.some(
      (entry) => entry.group !== group && (entry.state === `${rival}_changed` || entry.state === 'both_changed'),
    );
    if (edited && verdict.winner === rival) return flow(group, rival, { group, ...verdict });
  }
  return resolve(group, state, ACTIONS.both[state], verdict);
}

/**
 * The side that was modified last. Instants that overlap are a tie; a stamp of our own write proves
 * no edit, so the other side wins, flagged close.
 */
export function judge(app: Modified, odoo: Modified, tie: Side): Verdict {
  if (app.ours !== odoo.ours) return { winner: app.ours ? 'odoo' : 'app', rule: 'own_stamp', close: true };
  if (app.from > odoo.to) return { winner: 'app', rule: 'later', close: false };
  if (odoo.from > app.to) return { winner: 'odoo', rule: 'later', close: false };
  return { winner: tie, rule: 'tie', close: true };
}

function flow(group: FieldGroup, winner: Side, conflict: Conflict | null): GroupOutcome {
  return { kind: 'flow', group, to: other(winner), conflict };
}

function other(side: Side): Side {
  return side === 'app' ? 'odoo' : 'app';
}
