/** One record's full story: what is remembered, how both sides are now, and why each field is as it is. */
import type { ClockOffset } from '../backends/backend.ts';
import { type Entity, type FieldGroup, readField, type Side } from '../entities/define-entity.ts';
import { entityNamed } from '../entities/registry.ts';
import type { FieldDecision } from '../links/field-decision.ts';
import type { Stories, Story, StoryLog, StoryRequest } from '../links/stories.ts';
import { readClocks } from '../reconcile/bridge-clock.ts';
import type { ReconcileContext } from '../reconcile/context.ts';
import type { GroupOutcome } from '../reconcile/merge-fields.ts';
import { lookAtRecord, type RecordNow, type SideNow } from './look-at-record.ts';
import { tellDecision, tellSituation } from './tell-state.ts';
import { tellFlow, tellOutcome, tellWritten } from './tell-why.ts';
import { tellTimeline } from './timeline.ts';

export type Explanation = ReturnType<typeof compose>;

/** Reads both sides as they are at this moment; writes nothing. @returns null when the bridge knows no such record */
export async function explainRecord(
  context: ReconcileContext & { readonly stories: Stories },
  request: StoryRequest,
): Promise<Explanation | null> {
  const story = await context.stories.read(request);
  if (!story) return null;
  const entity = entityNamed(request.entity);
  const now = await lookAtRecord(context, entity, story.claimed);
  return compose(entity, story, now, readClocks(context));
}

function compose(entity: Entity, story: Story, now: RecordNow, clocks: Readonly<Record<Side, ClockOffset>>) {
  const { claimed, link } = story;
  const { base } = claimed;
  return {
    entity: entity.name,
    link_id: link.id,
    app_id: claimed.appId,
    odoo_model: link.odooModel,
    odoo_id: claimed.odooId,
    state: link.state,
    state_since: link.stateSince.toISOString(),
    situation: tellSituation(story, now),
    error: link.error,
    hold: link.hold,
    warnings: link.warnings,
    waits_for: link.waitsFor,
    paused: story.paused,
    attempts: link.attempts,
    base: base && { app: base.app, odoo: base.odoo, agreed_at: iso(link.agreedAt) },
    app: describeSide(now.app, now, 'app', clocks.app),
    odoo: describeSide(now.odoo, now, 'odoo', clocks.odoo),
    next: now.next && { decision: now.next.decision?.kind ?? 'wait', why: tellDecision(now.next.decision) },
    fields: entity.groups.flatMap((group) => explainGroup(entity, group, story, now)),
    timeline: tellTimeline(story),
  };
}

function describeSide(side: SideNow, { next }: RecordNow, name: Side, clock: ClockOffset) {
  if (!side.reachable) return { reachable: false as const, error: side.error };
  const modified = next?.seen.modified[name] ?? null;
  return {
    reachable: true as const,
    record: side.record && {
      id: side.record.id,
      stamp: side.record.stamp,
      // On the bridge's clock: this is what is compared.
      modified: modified && { from: iso(modified.from), to: iso(modified.to), by_bridge: modified.ours },
      values: side.record.values,
    },
    absence: name === 'odoo' ? (next?.seen.absence?.kind ?? null) : null,
    clock: { offset_ms: clock.offsetMs, uncertainty_ms: clock.uncertaintyMs },
  };
}

function explainGroup(entity: Entity, group: FieldGroup, story: Story, now: RecordNow) {
  // CONFLICT_SCOPE=record judges many groups as one.
  const covers = ({ group: judged }: GroupOutcome) => group.fields.every((field) => judged.fields.includes(field));
  const outcome = now.next?.outcomes.find(covers) ?? null;
  const pending = outcome && foresee(outcome, story, now);
  const last = findLast(group, story);
  return group.fields.map((field) => {
    const [app, odoo] = [valueNow(now.app, field), valueNow(now.odoo, field)];
    const isSame = pending !== null && app !== undefined && odoo !== undefined && entity.same(field, app, odoo);
    const why = isSame ? `Both sides hold the same, unlike other fields of ${group.name}.` : null;
    const to = isSame ? null : (pending?.to ?? null);
    return {
      field,
      group: group.name,
      owner: group.owner,
      signal: entity.odoo.signals?.includes(field) ?? false,
      base: valueIn(story.claimed.base, field),
      app,
      odoo,
      next: outcome && { to, rule: pending?.rule ?? outcome.kind, why: why ?? tellOutcome(outcome, pending) },
      last,
    };
  });
}

/** The decision that a pass would take now, in the form in which past ones are kept. */
function foresee(outcome: GroupOutcome, { claimed }: Story, { next }: RecordNow): FieldDecision | null {
  const { group } = outcome;
  const at = { app: next?.seen.modified.app?.from ?? null, odoo: next?.seen.modified.odoo?.from ?? null };
  const shared = { field: group.name, at, written: 'none' } as const;
  if (outcome.kind === 'restore') {
    const to = claimed.restoring && isHeld(outcome.values, next?.seen.app?.values ?? {}) ? 'odoo' : 'app';
    return { ...shared, to, rule: 'restored', close: false };
  }
  if (outcome.kind !== 'flow') return null;
  const base = next?.seen.base;
  const agreed = group.fields.every((field) => base && field in base.app && field in base.odoo);
  const { to, conflict } = outcome;
  return { ...shared, to, rule: conflict?.rule ?? (agreed ? 'edited' : 'empty'), close: conflict?.close ?? false };
}

function isHeld(wanted: Readonly<Record<string, unknown>>, held: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([field, value]) => value === (held[field] ?? null));
}

/** The last time the field, or the whole record, went anywhere: from the event to what became of the write. */
function findLast(group: FieldGroup, story: Story) {
  for (const [index, log] of story.logs.entries()) {
    const decided = decisionsOn(group, log);
    if (decided.length === 0) continue;
    // Passes that came to no end answered for the same event.
    const before = story.logs.slice(index + 1).find(({ outcome }) => !UNFINISHED.has(outcome))?.at ?? new Date(0);
    const conflict = story.conflicts.find(
      ({ field, decidedAt }) => [group.name, 'record'].includes(field) && decidedAt.getTime() === log.at.getTime(),
    );
    return {
      at: log.at.toISOString(),
      reconcile_id: log.reconcileId,
      conflict_id: conflict?.id ?? null,
      decisions: decided.map((decision) => ({
        to: decision.to,
        event: findEvent(story, decision, before, log.at),
        rule: decision.rule,
        close: decision.close,
        app_at: iso(decision.at.app),
        odoo_at: iso(decision.at.odoo),
        written: decision.written,
        confirmed_at: decision.written === 'ok' ? log.at.toISOString() : null,
        why: `${tellFlow(decision)} ${tellWritten(decision)}`,
      })),
    };
  }
  return null;
}

const UNFINISHED = new Set(['again', 'retry', 'wait']);

/** The webhook that told of it; what a poll, a sweep, a resync or a person at the bridge began has none. */
function findEvent({ deliveries }: Story, { to, rule }: FieldDecision, after: Date, until: Date) {
  if (rule === 'restored') return null;
  const event = deliveries.find(({ source, at }) => source !== to && at > after && at <= until);
  return event ? { source: event.source, at: event.at.toISOString() } : null;
}

/** Nothing was decided field by field where a record was made, nor kept before the bridge kept it. */
function decisionsOn(group: FieldGroup, log: StoryLog): readonly FieldDecision[] {
  const kept = log.decided?.filter(({ field }) => field === group.name || field === 'record') ?? [];
  if (kept.length > 0) return kept;
  const isMade = log.outcome === 'create';
  const isOfOld = log.decided === null && log.fields?.includes(group.name) === true;
  if (!isMade && !isOfOld) return [];
  return (log.direction ?? '').split(' ').flatMap((direction) => {
    const to: Side | null = direction === 'app→odoo' ? 'odoo' : direction === 'odoo→app' ? 'app' : null;
    const rule = isMade ? 'created' : 'not kept';
    const at = { app: null, odoo: null };
    return to
      ? [{ field: group.name, to, rule, close: false, at, written: isMade ? ('ok' as const) : ('none' as const) }]
      : [];
  });
}

function valueIn(base: Story['claimed']['base'], field: string) {
  if (!base || !(field in base.app) || !(field in base.odoo)) return null;
  return { app: readField(base.app, field), odoo: readField(base.odoo, field) };
}

/** Left out where the side is away or has no record. */
function valueNow(side: SideNow, field: string) {
  return side.reachable && side.record ? readField(side.record.values, field) : undefined;
}

function iso(at: Date | number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
