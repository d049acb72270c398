/**
 * What makes Odoo write to people passes here first: only what is new is sent, not at night, and only to lists that are
 * complete (docs/adr/0012). What is old is noted: the memory keeps that it was there before, and nothing comes of it.
 */
import type { CanonicalChanges, Entity, Sending } from '../entities/define-entity.ts';
import { entityNamed } from '../entities/registry.ts';
import { digestRecord } from '../links/digest.ts';
import { type Base, linkedKey, PRIORITY, type Settlement } from '../links/links.ts';
import type { PlannedUpdate } from './apply-updates.ts';
import type { ReconcileContext } from './context.ts';
import type { PlannedCreate } from './create-counterparts.ts';
import { mappingHash } from './mapping-hash.ts';
import type { Observation } from './read-both-sides.ts';

export interface Cleared {
  readonly updates: readonly PlannedUpdate[];
  readonly createsInOdoo: readonly PlannedCreate[];
  readonly settled: readonly Settlement[];
}

/** What a resync alone finds is new only if a poll or a webhook tells of it too; so long is waited for them. */
const TOLD_WITHIN_MS = 600_000;
/** Settings may change meanwhile. */
const LONGEST_WAIT_MS = 900_000;
const LOOK_AGAIN_MS = 3_000;

export async function clearForSending(
  context: ReconcileContext,
  entity: Entity,
  { updates, createsInOdoo }: Pick<Cleared, 'updates' | 'createsInOdoo'>,
): Promise<Cleared> {
  const { sends } = entity;
  if (!sends) return { updates, createsInOdoo, settled: [] };
  const settled: Settlement[] = [];
  const since = (await context.mailing?.newSince(entity.name)) ?? null;
  const creates = createsInOdoo.flatMap((plan) => {
    const stop = stopCreation(context, entity, sends, plan, since);
    if (stop === null) return [plan];
    // What Odoo has of it already is linked all the same.
    if (plan.seen.link.base === null) return [{ ...plan, onlyIfCreated: true, otherwise: stop }];
    settled.push(stop);
    return [];
  });
  if (sends.byCreation) return { updates, createsInOdoo: creates, settled };
  const known = updates.map((plan) => (isFirstLook(sends, plan) ? withoutSending(sends, plan) : plan));
  const due = known.filter(({ merge }) => sends.isDue(merge.toOdoo));
  const incomplete = await findIncomplete(context, sends, due);
  const stopped = new Set<PlannedUpdate>();
  for (const plan of due) {
    const stop = incomplete(plan) ? waitForList(plan.seen) : stopByNight(context, sends, plan.seen);
    if (!stop) continue;
    stopped.add(plan);
    settled.push(stop);
  }
  return { updates: known.filter((plan) => !stopped.has(plan)), createsInOdoo: creates, settled };
}

function stopCreation(
  context: ReconcileContext,
  entity: Entity,
  sends: Sending,
  { seen, values, onlyIfCreated }: PlannedCreate,
  since: number | null,
): Settlement | null {
  if (!sends.isDue(values) || onlyIfCreated) return null;
  const begun = seen.link.intents.some(({ kind }) => kind === 'create');
  if (begun) return sends.byCreation ? neverAgain(seen) : null;
  const verdict = judge(context, sends, seen, since);
  if (verdict === 'old') return note(entity, seen);
  if (verdict === 'new') return sends.byCreation ? stopByNight(context, sends, seen) : null;
  return wait(seen, verdict, {
    code: 'not_known_to_be_new',
    message: 'It is not known yet whether it is new: only what is new is sent.',
    remedy: 'Nothing to do: it is looked at again as soon as a poll of the app has seen it.',
  });
}

/** It may have been sent: nobody can tell, and nobody gets it twice. */
function neverAgain({ link, pending }: Observation): Settlement {
  const error = {
    code: 'sending_unanswered',
    message: 'Odoo was asked to send it and did not answer: it may have been sent, and is not sent again.',
    remedy: 'Look in Odoo whether it was sent. If it was not, enter it in the app once more.',
  };
  return { link, next: { kind: 'park', error }, outcome: 'park', logged: true, openIntents: pending };
}

/** @returns milliseconds where it cannot be told yet */
function judge(
  context: ReconcileContext,
  sends: Sending,
  { link, app }: Observation,
  since: number | null,
): 'new' | 'old' | number {
  // Noted before; its counterpart is gone; it was one of too many at once; or the app says that Odoo has had it.
  if (link.base !== null || link.renewals > 0 || link.released) return 'old';
  if (!app || sends.wasHandedOver(app.values)) return 'old';
  // Before the app was listed for the first time, all that is there counts as old.
  if (since === null) return LOOK_AGAIN_MS;
  if (Date.parse(app.stamp) < since) return 'old';
  if (link.priority < PRIORITY.resync) return 'new';
  return context.now() - link.dirtyAt < TOLD_WITHIN_MS ? 60_000 : 'old';
}

/** The base of a link without a counterpart is what tells that it was noted. */
function note(entity: Entity, seen: Observation): Settlement {
  const { link, app } = seen;
  const done = { link, next: { kind: 'done' }, openIntents: seen.pending } as const;
  if (link.base !== null) return { ...done, outcome: 'noop', logged: false };
  const stamps = { app: app?.stamp ?? null, odoo: null };
  const base: Base = { app: app?.values ?? {}, odoo: {}, stamps, mapping: mappingHash(entity) };
  return { ...done, base, outcome: 'noted', logged: true, warnings: [{ field: 'status', reason: OLD }] };
}

const OLD =
  'It was ready before the bridge came to know of it, or was found by a resync: it is not sent. Make a new one to send it.';

/** Linked, and nothing is known of what both sides agreed on: the links were rebuilt. */
function isFirstLook(sends: Sending, { seen, merge }: PlannedUpdate): boolean {
  return seen.base === null && sends.isDue(merge.toOdoo);
}

/** What would send counts as agreed; all else goes on. */
function withoutSending(sends: Sending, { seen, merge }: PlannedUpdate): PlannedUpdate {
  const isSending = (changes: CanonicalChanges) => sends.isDue(changes);
  const pick = (fields: readonly string[]) =>
    Object.fromEntries(Object.entries(merge.toOdoo).filter(([field]) => fields.includes(field)));
  const outcomes = merge.outcomes.map((outcome) =>
    outcome.kind === 'flow' && outcome.to === 'odoo' && isSending(pick(outcome.group.fields))
      ? ({ kind: 'agreed', group: outcome.group } as const)
      : outcome,
  );
  const flowing = outcomes.flatMap(({ kind, group }) => (kind === 'flow' ? group.fields : []));
  return { seen, merge: { ...merge, outcomes, toOdoo: pick(flowing) } };
}

/** Whether a list that it goes to is not as the app has it: marked, in case nobody told. */
async function findIncomplete(
  context: ReconcileContext,
  sends: Sending,
  due: readonly PlannedUpdate[],
): Promise<(plan: PlannedUpdate) => boolean> {
  const listsOf = ({ seen }: PlannedUpdate) => sends.lists(seen.app?.values ?? {});
  const behind = new Set<string>();
  for (const [name, lists] of Map.groupBy(due.flatMap(listsOf), ({ entity }) => entity)) {
    const entity = entityNamed(name);
    const records = await context.app.read(entity, [...new Set(lists.map(({ id }) => id))]);
    const rows = records.map(({ id, values }) => ({ id, digest: digestRecord(values), member: true }));
    const { changed, unlinked } = await context.links.filterChanged('app', name, entity.odoo.model, rows);
    const keys = [...changed, ...unlinked].map((id) => ({ entity: name, id }));
    for (const key of keys) behind.add(linkedKey(key));
    await context.links.markApp(keys, entity.odoo.model, PRIORITY.live);
  }
  return (plan) => listsOf(plan).some((list) => behind.has(linkedKey(list)));
}

function waitForList(seen: Observation): Settlement {
  return wait(seen, LOOK_AGAIN_MS, {
    code: 'list_incomplete',
    message: 'A mailing list that it goes to is not complete in Odoo yet.',
    remedy: 'Nothing to do if the list follows soon; else look why that one is parked or held.',
  });
}

function stopByNight(context: ReconcileContext, sends: Sending, seen: Observation): Settlement | null {
  const now = context.now();
  const leaves = Math.max(now, sends.leavesAt(seen.app?.values ?? {}) ?? 0);
  const quietMs = context.mailing?.quietMs(leaves) ?? 0;
  if (quietMs === 0) return null;
  return wait(seen, Math.min(LONGEST_WAIT_MS, leaves + quietMs - now), {
    code: 'quiet_hours',
    message: 'It would leave within the quiet hours.',
    remedy: 'Nothing to do: it is launched when they are over. QUIET_HOURS says when they are.',
  });
}

function wait(
  seen: Observation,
  afterMs: number,
  error: { code: string; message: string; remedy: string },
): Settlement {
  return {
    link: seen.link,
    next: { kind: 'wait', afterMs, error },
    outcome: 'wait',
    logged: true,
    openIntents: seen.unsettled,
  };
}
