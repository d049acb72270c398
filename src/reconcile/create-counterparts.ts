/**
 * Giving a record its counterpart: found if it exists, made if it does not. Lookup, creation and link happen
 * under one lock per match key, so that two workers, or two sides, never make the same person twice.
 */
import type { WriteResult } from '../backends/backend.ts';
import type { CanonicalRecord, Entity, Side } from '../entities/define-entity.ts';
import { describeError } from '../errors.ts';
import { type Base, type Claim, type Hold, type Next, PRIORITY, type Settlement } from '../links/links.ts';
import { ensureReferences } from './apply-updates.ts';
import { lookAgainMs } from './backoff.ts';
import type { ReconcileContext } from './context.ts';
import { HELD_AS_ANOTHER, isOfAnother, isOfLongAgo } from './earlier-answer.ts';
import { findCounterparts, type MatchVerdict } from './find-counterparts.ts';
import { linkFound } from './link-found.ts';
import { mappingHash } from './mapping-hash.ts';
import { type MadePair, namePartners } from './name-partners.ts';
import type { Observation } from './read-both-sides.ts';
import { nextAfter, openIntent } from './settlement.ts';
import { createKey } from './write-keys.ts';

/** So many tries of a creation may stay without an answer. */
const UNANSWERED_CREATIONS = 10;

export interface PlannedCreate {
  readonly seen: Observation;
  readonly values: CanonicalRecord;
  /** The record is archived by now: a creation whose answer was lost is looked for, but none is made any more. */
  readonly onlyIfCreated?: boolean;
  /** What becomes of it then, when there is none; left out: nothing. */
  readonly otherwise?: Settlement;
}

export async function createCounterparts(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  target: Side,
  planned: readonly PlannedCreate[],
): Promise<readonly Settlement[]> {
  if (planned.length === 0) return [];
  const { first, later } = onePerMatchKey(entity, planned);
  const keys = first.flatMap(({ values }) => entity.matchKey(values) ?? []);
  const locks = keys.map((key) => `match:${entity.odoo.model}:${key}`);
  const settlements = await context.links.withMatchLocks(locks, async () => {
    const source = target === 'app' ? 'odoo' : 'app';
    const linkIds = first.map(({ seen }) => seen.link.id);
    const uncertain = await context.links.findMaybeOurs(source, linkIds);
    // After the question, not before: a creation that was settled in between has folded its half link away.
    const ours = await context.links.renewLease(claim);
    const clear = first.filter(({ seen }) => ours.has(seen.link.id) && !uncertain.has(seen.link.id));
    const verdicts = await findCounterparts(context, entity, target, clear);
    const before = verdicts.flatMap((verdict) => (verdict.kind === 'wait' ? (verdict.mark ?? []) : []));
    if (before.length > 0) {
      const keys = before.map((id) => ({ entity: entity.name, id }));
      await context.links.markApp(keys, entity.odoo.model, PRIORITY.live);
    }
    const linked = await linkFound(context, entity, claim, target, verdicts);
    const missing = verdicts.flatMap((verdict) => (verdict.kind === 'create' ? [verdict.plan] : []));
    const held = verdicts.flatMap((verdict) => (verdict.kind === 'hold' ? [hold(verdict, target)] : []));
    const underWay = first
      .filter(({ seen }) => uncertain.has(seen.link.id))
      .map(({ seen }) => waitForCreation(seen, lookAgainMs(context.now() - seen.link.dirtyAt)));
    const gone = verdicts.flatMap((verdict) => (verdict.kind === 'gone' ? [leaveAlone(verdict.plan)] : []));
    const unanswered = verdicts.flatMap((verdict) =>
      verdict.kind === 'wait' ? [waitForCreation(verdict.plan.seen, verdict.afterMs)] : [],
    );
    return [
      ...linked,
      ...held,
      ...gone,
      ...underWay,
      ...unanswered,
      ...(await createAll(context, entity, claim, target, missing)),
    ];
  });
  // A namesake in the same batch is looked at again once the first one is settled.
  return [...settlements, ...later.map(({ seen }) => again(seen))];
}

function onePerMatchKey(entity: Entity, planned: readonly PlannedCreate[]) {
  const keys = new Set<string>();
  const [first, later]: [PlannedCreate[], PlannedCreate[]] = [[], []];
  for (const plan of planned) {
    const key = entity.matchKey(plan.values);
    (key !== null && keys.has(key) ? later : first).push(plan);
    if (key !== null) keys.add(key);
  }
  return { first, later };
}

async function createAll(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  target: Side,
  missing: readonly PlannedCreate[],
): Promise<readonly Settlement[]> {
  if (missing.length === 0) return [];
  const wanted = missing.map(({ values }) => values);
  if (target === 'odoo') await ensureReferences(context, entity, wanted);
  const sentAt = context.now();
  // What the other side alone governs is not for us to fill in.
  const governed = fieldsOf(entity, target === 'app' ? 'app' : 'odoo');
  const values = wanted.map((each) => withoutFields(each, governed));
  const leftOut = await context[target].leftOut(entity, values);
  const planned = missing.map((plan, index) => ({
    plan,
    key: nameCreation(context, entity, plan, target),
    values: values[index] ?? plan.values,
    fields: withoutFields(values[index] ?? plan.values, leftOut[index] ?? []),
  }));
  const { ours } = await context.links.recordIntents(
    claim,
    planned.map(({ plan, key, fields }) => ({
      linkId: plan.seen.link.id,
      side: target,
      kind: 'create',
      key,
      // Only what the creation brings: should its answer be lost, the rest was never agreed on.
      fields,
      conflicts: [],
      edited: null,
      strayed: {},
      onStamp: null,
      sentAt,
      overAt: sentAt + context.callMaxMs,
    })),
  );
  const mine = planned.filter(({ plan }) => ours.has(plan.seen.link.id));
  const settlements: Settlement[] = [];
  const made: MadePair[] = [];
  for (const quiet of [false, true]) {
    const batch = mine.filter(({ plan }) => plan.seen.link.priority >= PRIORITY.resync === quiet);
    if (batch.length === 0) continue;
    const operations = batch.map(({ key, values }) => ({ key, values }));
    const results = await context[target].create(entity, operations, { quiet });
    for (const [index, { plan, key }] of batch.entries()) {
      const result = results[index] ?? { kind: 'failed' as const, error: new TypeError('a write was left unanswered') };
      const settlement = await settleCreate(context, entity, claim, target, plan, key, result);
      settlements.push(settlement);
      const attached = settlement.base !== undefined || settlement.outcome === 'link';
      if (target === 'app' && result.kind === 'ok' && attached) {
        made.push({ appId: result.id, odooId: plan.seen.link.odooId });
      }
    }
  }
  await namePartners(context, entity, made);
  return settlements;
}

/** The fields that this side alone governs. */
function fieldsOf({ groups }: Entity, owner: Side): readonly string[] {
  return groups.flatMap((group) => (group.owner === owner ? group.fields : []));
}

/** A second try goes by the name of the first. Where that one's answer was another record, a person may want a new one. */
function nameCreation(
  context: ReconcileContext,
  entity: Entity,
  { seen: { link } }: PlannedCreate,
  target: Side,
): string {
  const begun = link.intents.find(({ kind, side }) => kind === 'create' && side === target);
  const key = createKey(context.instance, entity, link, target);
  return begun?.key ?? (target === 'app' && link.decision?.kind === 'create' ? `${key}:decided` : key);
}

function withoutFields(values: CanonicalRecord, left: readonly string[]): CanonicalRecord {
  return Object.fromEntries(Object.entries(values).filter(([field]) => !left.includes(field)));
}

async function settleCreate(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  target: Side,
  { seen, values }: PlannedCreate,
  key: string,
  result: WriteResult,
): Promise<Settlement> {
  const { link } = seen;
  const direction = target === 'odoo' ? 'app→odoo' : 'odoo→app';
  if (result.kind === 'refused' && target === 'app' && values !== seen.odoo?.values) {
    // What the app refuses now it never took: the first try is done with, and the record as it is now gets its own.
    return { link, next: { kind: 'again' }, outcome: 'again', logged: true, direction, openIntents: [] };
  }
  if (result.kind !== 'ok') {
    // The app may have an earlier try still under way, whatever became of this one. One to Odoo was waited for.
    const underWay = target === 'app' && seen.pending.includes(key);
    const openIntents = underWay ? [key] : openIntent(key, result);
    const hopeless = result.kind === 'failed' && openIntents.length > 0 && link.attempts + 1 >= UNANSWERED_CREATIONS;
    const next = hopeless ? unanswered(result) : nextAfter(context, link.attempts, [result]);
    return { link, next, outcome: next.kind, logged: true, direction, openIntents };
  }
  const counterpart = { side: target, id: result.id, odooModel: entity.odoo.model };
  const earlier = target === 'app' && isOfLongAgo(context, entity, seen, values, result);
  if (earlier && isOfAnother(context, seen, result)) {
    const next = { kind: 'hold', hold: { ...HELD_AS_ANOTHER, candidates: [result.id] } } as const;
    return { link, next, outcome: 'hold', logged: true, direction };
  }
  const attached = await context.links.attach(claim, link.id, counterpart);
  const written = {
    link,
    outcome: 'create',
    logged: true,
    direction,
    warnings: result.warnings,
    wroteOdoo: target === 'odoo',
    ...(target === 'odoo' ? { ownOdooStamp: result.stamp } : { ownAppStamp: result.stamp }),
  };
  if (!attached) {
    const taken = await findTaken(context, entity, target, result.id, link.id);
    return { ...written, next: taken ? { kind: 'hold', hold: taken } : { kind: 'again' } };
  }
  // What both agreed on since is not known any more: the next pass compares them field by field.
  if (earlier) return { link, next: { kind: 'again' }, outcome: 'link', logged: true, direction };
  const next = nextAfter(context, link.attempts, [result]);
  // What Odoo made of it by itself is still to be told.
  const untold = target === 'odoo' && fieldsOf(entity, 'odoo').length > 0;
  const base = baseAfterCreate(entity, seen, target, values, result);
  return { ...written, next: untold && next.kind === 'done' ? { kind: 'again' } : next, base };
}

/** Null when it is only the lease that was lost. */
async function findTaken(
  context: ReconcileContext,
  entity: Entity,
  side: Side,
  id: string,
  linkId: string,
): Promise<Hold | null> {
  const occupants = await context.links.findOccupants(side, entity.name, entity.odoo.model, [id]);
  const others = occupants.filter((held) => held.entity === entity.name && held.linkId !== linkId);
  if (!others.some(({ appId, odooId }) => appId !== null && odooId !== null)) return null;
  return { kind: 'match', detail: 'The record that was made for it is linked to another one.', candidates: [id] };
}

/** Other new records wait until it is known what became of this creation: they shall not wait for ever. */
function unanswered(result: WriteResult & { kind: 'failed' }): Next {
  const { message } = describeError(result.error);
  const remedy =
    'Look what the other side does with this record, then retry it: the bridge looks for it before it creates it again.';
  return {
    kind: 'park',
    error: { code: 'creation_unanswered', message: `Its creation was never answered: ${message}`, remedy },
  };
}

function baseAfterCreate(
  entity: Entity,
  seen: Observation,
  target: Side,
  values: CanonicalRecord,
  result: WriteResult & { kind: 'ok' },
): Base {
  const held: Record<string, CanonicalRecord[string]> = { ...values, ...result.values };
  const source: Record<string, CanonicalRecord[string]> = { ...values };
  // A field that is still to be written must differ from its shadow on the side it comes from.
  for (const field of result.deferred) source[field] = held[field] = result.values[field] ?? null;
  // Never agreed on: it flows from Odoo in the next pass.
  for (const field of target === 'odoo' ? fieldsOf(entity, 'odoo') : []) {
    delete source[field];
    delete held[field];
  }
  const mapping = mappingHash(entity);
  const [app, odoo] = [seen.app?.stamp ?? null, seen.odoo?.stamp ?? null];
  if (target === 'odoo') return { app: source, odoo: held, stamps: { app, odoo: result.stamp }, mapping };
  return { app: held, odoo: source, stamps: { app: result.stamp, odoo }, mapping };
}

function hold({ plan, detail, candidates }: MatchVerdict & { kind: 'hold' }, target: Side): Settlement {
  return {
    link: plan.seen.link,
    next: { kind: 'hold', hold: { kind: 'match', detail, candidates } },
    outcome: 'hold',
    logged: true,
    // What was tried in Odoo is over, and was looked for: kept, it would keep others from this record for ever.
    openIntents: target === 'odoo' ? [] : plan.seen.pending,
  };
}

function waitForCreation({ link, pending }: Observation, afterMs: number): Settlement {
  const error = {
    code: 'creation_under_way',
    message: 'A creation that may be of this very record is not settled yet.',
    remedy: 'Nothing to do: it is looked at again once that creation is settled.',
  };
  return { link, next: { kind: 'wait', afterMs, error }, outcome: 'wait', logged: false, openIntents: pending };
}

function again({ link, pending }: Observation): Settlement {
  return { link, next: { kind: 'again' }, outcome: 'again', logged: false, openIntents: pending };
}

function leaveAlone({ seen: { link }, otherwise }: PlannedCreate): Settlement {
  return otherwise ?? { link, next: { kind: 'done' }, outcome: 'noop', logged: false };
}
