/** From what a pass did to what is remembered of it. Pure. */
import type { WriteResult } from '../backends/backend.ts';
import {
  type CanonicalChanges,
  type CanonicalRecord,
  type Entity,
  type FieldGroup,
  type FieldValue,
  readField,
  type Side,
} from '../entities/define-entity.ts';
import { describeError, isOutcomeUnknown, RetryableError, SetupError } from '../errors.ts';
import type { FieldDecision } from '../links/field-decision.ts';
import type { Base, ConflictEntry, CoveredEdit, Next, Settlement } from '../links/links.ts';
import { backoffMs } from './backoff.ts';
import { asPast } from './bridge-clock.ts';
import type { ReconcileContext } from './context.ts';
import type { Merge } from './decide.ts';
import { type GroupFlow, recordFlips } from './flapping.ts';
import { mappingHash } from './mapping-hash.ts';
import type { GroupOutcome } from './merge-fields.ts';
import type { Observation } from './read-both-sides.ts';

export interface SideResults {
  readonly app: WriteResult | null;
  readonly odoo: WriteResult | null;
}

/** What the queue does after these results: the worst of them decides. */
export function nextAfter(
  context: Pick<ReconcileContext, 'random'>,
  attempts: number,
  results: readonly (WriteResult | null)[],
): Next {
  const failed = results.find((result) => result?.kind === 'failed');
  if (failed?.kind === 'failed') return nextAfterError(context, attempts, failed.error);
  const refused = results.find((result) => result?.kind === 'refused');
  if (refused?.kind === 'refused') return { kind: 'park', error: refused.error };
  if (results.some((result) => result?.kind === 'spent')) return { kind: 'renew' };
  const unfinished = results.some(
    (result) =>
      result?.kind === 'stale' || result?.kind === 'missing' || (result?.kind === 'ok' && result.deferred.length > 0),
  );
  return unfinished ? { kind: 'again' } : { kind: 'done' };
}

/** A fault of the connection or the set-up is tried again; it says nothing about the record. */
export function nextAfterError(context: Pick<ReconcileContext, 'random'>, attempts: number, error: Error): Next {
  const detail = describeError(error);
  const atLeast = error instanceof RetryableError ? error.retryAfterMs : undefined;
  if (error instanceof RetryableError || error instanceof SetupError) {
    return { kind: 'retry', afterMs: backoffMs(attempts, context.random(), atLeast), error: detail };
  }
  return { kind: 'park', error: detail };
}

/** A call of ours may still change the other side: its intent must stay. */
export function openIntent(key: string | null, result: WriteResult | null): readonly string[] {
  const unknown = result?.kind === 'failed' && isOutcomeUnknown(result.error);
  return unknown && key !== null ? [key] : [];
}

export function settleMerge(
  context: Pick<ReconcileContext, 'random' | 'now'>,
  entity: Entity,
  seen: Observation,
  merge: Merge,
  results: SideResults,
  keys: { readonly app: string | null; readonly odoo: string | null },
): Settlement {
  const base = agreedBase(entity, seen, merge, results);
  const done = (side: Side) => results[side]?.kind === 'ok';
  const conflicts = [
    ...seen.losers,
    ...(['app', 'odoo'] as const).flatMap((side) => (done(side) ? describeConflicts(seen, merge, side) : [])),
  ];
  const flows = flowsOf(merge);
  const decided = flows.map((flow) => describeFlow(seen, merge, flow, results[flow.to]));
  const next = nextAfter(context, seen.link.attempts, [results.app, results.odoo]);
  const settled = { link: seen.link, next, base, conflicts, logged: true };
  return {
    ...settled,
    warnings: [results.app, results.odoo].flatMap((result) => (result?.kind === 'ok' ? result.warnings : [])),
    outcome: outcomeOf(next, conflicts.length > 0, merge),
    direction: [...new Set(flows.map(({ to }) => (to === 'app' ? 'odoo→app' : 'app→odoo')))].join(' '),
    fields: [...new Set(flows.map(({ group }) => group))],
    decided,
    edits: {
      app: editBehind(context, seen, 'app', results.app, base),
      odoo: editBehind(context, seen, 'odoo', results.odoo, base),
    },
    flips: recordFlips(seen.link.flips, decided, context.now()),
    openIntents: [
      ...seen.pending,
      ...(['app', 'odoo'] as const).flatMap((side) => openIntent(keys[side], results[side])),
    ],
    wroteOdoo: stampOf(results.odoo) !== null,
    ownAppStamp: stampOf(results.app) ?? landedStamp(seen, 'app', next),
    ownOdooStamp: stampOf(results.odoo) ?? landedStamp(seen, 'odoo', next),
  };
}

/** What flows where; a value that a person restores flows to both sides. */
export function flowsOf({ outcomes, toApp, toOdoo }: Merge): readonly GroupFlow[] {
  return outcomes.flatMap((outcome) => {
    const group = outcome.group.name;
    if (outcome.kind === 'flow') return [{ group, to: outcome.to }];
    if (outcome.kind !== 'restore') return [];
    const wanted = (changes: CanonicalChanges) => Object.keys(outcome.values).some((field) => field in changes);
    return [
      ...(wanted(toApp) ? [{ group, to: 'app' as const }] : []),
      ...(wanted(toOdoo) ? [{ group, to: 'odoo' as const }] : []),
    ];
  });
}

function describeFlow(
  seen: Observation,
  { outcomes, toApp, toOdoo }: Merge,
  { group: field, to }: GroupFlow,
  result: WriteResult | null,
): FieldDecision {
  const outcome = outcomes.find(({ group }) => group.name === field);
  const fields = outcome?.group.fields ?? [];
  const contested = outcome?.kind === 'flow' ? outcome.conflict : null;
  const agreedBefore = fields.every((name) => seen.base !== null && name in seen.base.app && name in seen.base.odoo);
  const uncontested = seen.odoo === null ? 'deleted' : agreedBefore ? 'edited' : 'empty';
  const isLater = result?.kind === 'ok' && fields.some((name) => result.deferred.includes(name));
  const isSent = fields.some((name) => name in (to === 'app' ? toApp : toOdoo));
  return {
    field,
    to,
    rule: outcome?.kind === 'restore' ? 'restored' : (contested?.rule ?? uncontested),
    close: contested?.close ?? false,
    at: { app: seen.modified.app?.from ?? null, odoo: seen.modified.odoo?.from ?? null },
    written: isLater ? 'later' : isSent && result ? result.kind : 'none',
  };
}

/** The person's edit that a stamp of our own covers: needed as long as something of the record is still undecided. */
function editBehind(
  context: Pick<ReconcileContext, 'now'>,
  seen: Observation,
  side: Side,
  result: WriteResult | null,
  base: Base,
): CoveredEdit | null {
  const now = seen.modified[side];
  const covered = stampOf(result) !== null;
  const before = now === null || (now.ours && !covered) ? null : seen.edits[side];
  const edit = now !== null && !now.ours && covered ? now : before;
  if (!edit) return null;
  const held = { ...seen[side]?.values, ...(result?.kind === 'ok' ? result.values : {}) };
  return { ...asPast(edit, context.now()), strayed: findStrayed(base[side], held) };
}

/** What a side holds that is not, or never was, agreed. */
export function findStrayed(shadow: CanonicalRecord, held: CanonicalRecord): CanonicalChanges {
  return Object.fromEntries(Object.entries(held).filter(([field, value]) => value !== readField(shadow, field)));
}

/**
 * The stamp of an earlier write of ours that turns out to have landed; null when none did. One that may be a person's
 * is taken for ours only as long as it is remembered when they edited, so not once all is done.
 */
export function landedStamp(seen: Observation, side: Side, next: Next): string | null {
  const isOurs = seen.landedOn[side] && !(seen.disturbed[side] && next.kind === 'done');
  return isOurs ? (seen[side]?.stamp ?? null) : null;
}

/** Null unless something was written. */
function stampOf(result: WriteResult | null): string | null {
  return result?.kind === 'ok' ? result.stamp : null;
}

function outcomeOf(next: Next, contested: boolean, merge: Merge): string {
  if (next.kind === 'park' || next.kind === 'retry' || next.kind === 'again' || next.kind === 'renew') return next.kind;
  if (contested) return 'conflict';
  const archived = merge.toApp.active === false || merge.toOdoo.active === false;
  return archived ? 'archive' : 'update';
}

/**
 * The new base. A group that flowed counts as agreed only if its write is known to be done, and then with what
 * the side held afterwards. A group that was never agreed on has no place in it.
 */
export function agreedBase(entity: Entity, seen: Observation, merge: Merge, results: SideResults): Base {
  const shadows = { app: { ...seen.base?.app }, odoo: { ...seen.base?.odoo } };
  // A side from which something still has to flow keeps its old stamp: its edit is not done with.
  const open = { app: false, odoo: false };
  for (const outcome of merge.outcomes) {
    for (const field of outcome.group.fields) {
      const pair = agreedOutcome(seen, merge, outcome, field, results);
      if (pair) [shadows.app[field], shadows.odoo[field]] = [pair.app, pair.odoo];
      else open[outcome.kind === 'flow' && outcome.to === 'app' ? 'odoo' : 'app'] = true;
    }
  }
  const stamp = (side: Side) =>
    open[side] ? (seen.base?.stamps[side] ?? null) : (stampOf(results[side]) ?? seen[side]?.stamp ?? null);
  return { ...shadows, stamps: { app: stamp('app'), odoo: stamp('odoo') }, mapping: mappingHash(entity) };
}

type AgreedPair = { app: FieldValue; odoo: FieldValue } | null;

function agreedOutcome(
  seen: Observation,
  { toApp, toOdoo }: Merge,
  outcome: GroupOutcome,
  field: string,
  results: SideResults,
): AgreedPair {
  if (outcome.kind !== 'restore') return agreedField(seen, field, outcome.kind === 'flow' ? outcome.to : null, results);
  const app = field in toApp ? agreedField(seen, field, 'app', results) : agreedField(seen, field, null, results);
  const odoo = field in toOdoo ? agreedField(seen, field, 'odoo', results) : agreedField(seen, field, null, results);
  return app && odoo && { app: app.app, odoo: odoo.odoo };
}

function agreedField(seen: Observation, field: string, to: Side | null, results: SideResults): AgreedPair {
  const now = { app: seen.app?.values[field] ?? null, odoo: seen.odoo?.values[field] ?? null };
  if (to === null) return now;
  const result = results[to];
  if (result?.kind !== 'ok') return null;
  const from = to === 'app' ? 'odoo' : 'app';
  if (result.deferred.includes(field)) {
    // Still to be written: the source must go on to differ from its shadow.
    return { ...now, [from]: now[to] };
  }
  const written = result.values[field];
  // A field of the group that was the same already was not sent.
  return { ...now, [to]: written === undefined ? now[to] : written };
}

/** What loses when this side is written. */
export function describeConflicts(seen: Observation, { outcomes }: Merge, to: Side): readonly ConflictEntry[] {
  return outcomes.flatMap((outcome) =>
    outcome.kind === 'flow' && outcome.to === to && outcome.conflict ? [describeConflict(seen, outcome.conflict)] : [],
  );
}

function describeConflict(
  seen: Observation,
  conflict: { group: FieldGroup; winner: Side; rule: string; close: boolean },
): ConflictEntry {
  const { group, winner, rule, close } = conflict;
  return {
    field: group.name,
    base: seen.base && { app: groupValue(group, seen.base.app), odoo: groupValue(group, seen.base.odoo) },
    app: { value: groupValue(group, seen.app?.values ?? {}), at: seen.modified.app?.from ?? 0 },
    odoo: { value: groupValue(group, seen.odoo?.values ?? {}), at: seen.modified.odoo?.from ?? 0 },
    winner,
    rule,
    close,
  };
}

function groupValue(group: FieldGroup, record: CanonicalRecord): unknown {
  const [only] = group.fields;
  if (group.fields.length === 1 && only !== undefined) return record[only] ?? null;
  return Object.fromEntries(group.fields.map((field) => [field, record[field] ?? null]));
}
