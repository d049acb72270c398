/** From what a pass did to what is remembered of it. Pure. */
import type { WriteResult } from '../backends/backend.ts';
import type { CanonicalRecord, FieldGroup, FieldValue, Side } from '../entities/define-entity.ts';
import { describeError, RetryableError, SetupError } from '../errors.ts';
import type { Base, ConflictEntry, Next, Settlement } from '../links/links.ts';
import { backoffMs } from './backoff.ts';
import type { ReconcileContext } from './context.ts';
import type { Merge } from './decide.ts';
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

/** True when a call of ours may still change Odoo: its intent must stay. */
export function mayStillLand(result: WriteResult | null): boolean {
  return result?.kind === 'failed' && result.error instanceof RetryableError && result.error.outcome === 'unknown';
}

/** An older call of ours, not answered then, may be what made this write stale: it is still to be recognised as ours. */
function earlierMayLand({ link }: Observation, results: SideResults): boolean {
  const stale = results.app?.kind === 'stale' || results.odoo?.kind === 'stale';
  return stale && link.intents.length > 0;
}

export function settleMerge(
  context: Pick<ReconcileContext, 'random'>,
  seen: Observation,
  merge: Merge,
  results: SideResults,
): Settlement {
  const base = agreedBase(seen, merge, results);
  const conflicts = merge.outcomes.flatMap((outcome) => {
    const written = outcome.kind === 'flow' && results[outcome.to]?.kind === 'ok';
    return written && outcome.conflict ? [describeConflict(seen, outcome.conflict)] : [];
  });
  const flows = merge.outcomes.filter((outcome) => outcome.kind === 'flow');
  const next = nextAfter(context, seen.link.attempts, [results.app, results.odoo]);
  const settled = { link: seen.link, next, ...(base && { base }), conflicts, logged: true };
  return {
    ...settled,
    warnings: [results.app, results.odoo].flatMap((result) => (result?.kind === 'ok' ? result.warnings : [])),
    outcome: outcomeOf(next, conflicts.length > 0, merge),
    direction: [...new Set(flows.map((flow) => (flow.to === 'app' ? 'odoo→app' : 'app→odoo')))].join(' '),
    fields: flows.map((flow) => flow.group.name),
    keepIntents: mayStillLand(results.app) || mayStillLand(results.odoo) || earlierMayLand(seen, results),
    wroteOdoo: stampOf(results.odoo) !== null,
    ownAppStamp: stampOf(results.app),
    ownOdooStamp: stampOf(results.odoo),
  };
}

/** Null unless something was written. */
function stampOf(result: WriteResult | null): string | null {
  return result?.kind === 'ok' ? result.stamp : null;
}

function outcomeOf(next: Next, contested: boolean, merge: Merge): string {
  if (next.kind === 'park' || next.kind === 'retry' || next.kind === 'again') return next.kind;
  if (contested) return 'conflict';
  const archived = merge.toApp.active === false || merge.toOdoo.active === false;
  return archived ? 'archive' : 'update';
}

/**
 * The new base. A group that flowed counts as agreed only if its write is known to be done, and then with what
 * the side held afterwards. Undefined when there is no base yet and a part is still open.
 */
export function agreedBase(seen: Observation, merge: Merge, results: SideResults): Base | undefined {
  const shadows = { app: { ...seen.base?.app }, odoo: { ...seen.base?.odoo } };
  let complete = true;
  for (const outcome of merge.outcomes) {
    for (const field of outcome.group.fields) {
      const pair = agreedField(seen, field, outcome.kind === 'flow' ? outcome.to : null, results);
      if (pair) [shadows.app[field], shadows.odoo[field]] = [pair.app, pair.odoo];
      else complete &&= seen.base !== null;
    }
  }
  return complete ? shadows : undefined;
}

function agreedField(
  seen: Observation,
  field: string,
  to: Side | null,
  results: SideResults,
): { app: FieldValue; odoo: FieldValue } | null {
  const now = { app: seen.app?.values[field] ?? null, odoo: seen.odoo?.values[field] ?? null };
  if (to === null) return now;
  const result = results[to];
  if (result?.kind !== 'ok') return null;
  const from = to === 'app' ? 'odoo' : 'app';
  if (result.deferred.includes(field)) {
    // Still to be written: the source must go on to differ from its shadow.
    return { ...now, [from]: seen.base ? (seen.base[from][field] ?? null) : now[to] };
  }
  if (result.warnings.some((warning) => warning.field === field)) return now;
  const written = result.values[field];
  // A field of the group that was the same already was not sent.
  return { ...now, [to]: written === undefined ? now[to] : written };
}

function describeConflict(
  seen: Observation,
  conflict: { group: FieldGroup; winner: Side; rule: string; close: boolean },
): ConflictEntry {
  const { group, winner, rule, close } = conflict;
  return {
    field: group.name,
    base: seen.base && { app: groupValue(group, seen.base.app), odoo: groupValue(group, seen.base.odoo) },
    app: { value: groupValue(group, seen.app?.values ?? {}), at: seen.app?.modified.from ?? 0 },
    odoo: { value: groupValue(group, seen.odoo?.values ?? {}), at: seen.odoo?.modified.from ?? 0 },
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
