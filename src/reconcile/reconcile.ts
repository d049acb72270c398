/** The core: read both sides, decide, apply, settle, for a claimed batch of links of one entity. */
import type { CanonicalChanges, CanonicalRecord, Entity } from '../entities/define-entity.ts';
import { entitiesOfModel } from '../entities/registry.ts';
import { findUnstorable } from '../entities/storable-text.ts';
import type { ErrorDetail } from '../errors.ts';
import { type Base, type Claim, type Hold, type Intent, PRIORITY, type Settlement } from '../links/links.ts';
import { applyUpdates, type PlannedUpdate } from './apply-updates.ts';
import { awaitParents } from './await-parents.ts';
import { readClocks } from './bridge-clock.ts';
import type { PassContext, ReconcileContext } from './context.ts';
import { createCounterparts, type PlannedCreate } from './create-counterparts.ts';
import { type Decision, decide, type HoldReason } from './decide.ts';
import { findFlapping } from './flapping.ts';
import { followMerged } from './follow-merged.ts';
import { markLists } from './mark-lists.ts';
import { type Observation, readBothSides, toDecideInput } from './read-both-sides.ts';
import { clearForSending } from './sending.ts';
import { agreedBase, flowsOf, landedStamp } from './settlement.ts';

/**
 * One pass over a claim. Every link of it is settled, whatever becomes of it.
 * @throws BridgeError when a side cannot be read at all
 */
export async function reconcile(context: PassContext, entity: Entity, claim: Claim): Promise<void> {
  const observations = await readBothSides(context, entity, claim);
  const merged = await followMerged(context, entity, claim, observations);
  const plan = planBatch(
    context,
    entity,
    observations.filter(({ link }) => !merged.has(link.id)),
  );
  const cleared = await clearForSending(context, entity, plan);
  const waiting = await awaitParents(context, entity, [
    ...cleared.updates.map(({ seen, merge }) => ({ seen, values: merge.toOdoo })),
    // What is not to be made needs no parents.
    ...cleared.createsInOdoo.filter(({ otherwise }) => otherwise === undefined),
  ]);
  const isReady = ({ seen }: { readonly seen: Observation }) => !waiting.has(seen.link.id);
  const settlements = [
    ...merged.values(),
    ...plan.settled,
    ...cleared.settled,
    ...waiting.values(),
    ...(await applyUpdates(context, entity, claim, cleared.updates.filter(isReady))),
    // The app first: it may answer with a record that is among those to be created in Odoo, and takes it out of them.
    ...(await createCounterparts(context, entity, claim, 'app', plan.createsInApp)),
    ...(await createCounterparts(context, entity, claim, 'odoo', cleared.createsInOdoo.filter(isReady))),
  ];
  const clocks = readClocks(context);
  const refused = await context.links.settle(claim, settlements, { reconcileId: context.reconcileId, clocks });
  await markOtherMemberships(context, entity, observations, settlements);
  await markLists(context, entity, settlements);
  logBatch(context, entity, settlements, refused);
}

interface Plan {
  readonly settled: Settlement[];
  readonly updates: PlannedUpdate[];
  readonly createsInOdoo: PlannedCreate[];
  readonly createsInApp: PlannedCreate[];
}

function planBatch(context: ReconcileContext, entity: Entity, observations: readonly Observation[]): Plan {
  const plan: Plan = { settled: [], updates: [], createsInOdoo: [], createsInApp: [] };
  for (const seen of observations) {
    const waitMs = (seen.unsettledUntil ?? 0) - context.now();
    if (waitMs > 0) {
      plan.settled.push(waitForOwnWrite(seen, waitMs));
      continue;
    }
    if (seen.link.decision?.kind === 'ignore') {
      plan.settled.push(takeAsIs(entity, seen));
      continue;
    }
    const decision = decide(toDecideInput(context, entity, seen));
    const creating = findLostCreation(seen, decision);
    if (creating) {
      const target = creating.side === 'app' ? plan.createsInApp : plan.createsInOdoo;
      // The app answers a second try with the record of the first; Odoo can be asked.
      target.push({ seen, values: creating.fields, onlyIfCreated: creating.side === 'odoo' });
      continue;
    }
    const flapping =
      decision.kind === 'update' ? findFlapping(seen.link.flips, flowsOf(decision.merge), context.now()) : null;
    if (flapping !== null) {
      plan.settled.push(parkFlapping(seen, flapping));
      continue;
    }
    const unstorable = findUnstorable(valuesToWrite(decision));
    if (unstorable !== null) {
      plan.settled.push(parkUnstorable(seen, unstorable));
      continue;
    }
    if (decision.kind === 'update') plan.updates.push({ seen, merge: decision.merge });
    else if (decision.kind === 'create' && decision.in === 'odoo')
      plan.createsInOdoo.push({ seen, values: decision.values });
    else if (decision.kind === 'create') plan.createsInApp.push({ seen, values: firstTry(seen) ?? decision.values });
    else plan.settled.push(settleWithoutWriting(entity, seen, decision));
  }
  return plan;
}

/** Archived before the answer to its creation came: the counterpart may be there, and is then to be archived as well. */
function findLostCreation({ link }: Observation, decision: Decision): Intent | null {
  const halfway = link.appId === null || link.odooId === null;
  if (!halfway || (decision.kind !== 'noop' && decision.kind !== 'forget')) return null;
  return link.intents.find(({ kind }) => kind === 'create') ?? null;
}

/** The app answers a second try with the record of the first: then what was sent first is what both agreed on. */
function firstTry({ link }: Observation): CanonicalRecord | null {
  return link.intents.find(({ kind, side }) => kind === 'create' && side === 'app')?.fields ?? null;
}

/** A person said to leave both sides as they are: their differences count as agreed, and no counterpart is looked for. */
function takeAsIs(entity: Entity, seen: Observation): Settlement {
  const { link } = seen;
  const outcomes = entity.groups.map((group) => ({ kind: 'agreed' as const, group }));
  const both = seen.app !== null && seen.odoo !== null;
  const base = agreedBase(entity, seen, { toApp: {}, toOdoo: {}, outcomes }, { app: null, odoo: null });
  const next = { kind: 'done', outOfScope: !both } as const;
  const { losers: conflicts, pending: openIntents } = seen;
  return { link, next, outcome: 'ignored', logged: true, conflicts, openIntents, ...(both && { base }) };
}

function parkFlapping({ link, unsettled }: Observation, group: string): Settlement {
  const error = {
    code: 'flapping',
    message: `The bridge wrote "${group}" back and forth again and again within ten minutes.`,
    remedy:
      'Look what else changes this field on either side (an automation, an import), stop it, and retry the record.',
  };
  return { link, next: { kind: 'park', error }, outcome: 'park', logged: true, openIntents: unsettled };
}

/** Looked at before anything is stored or sent: neither our own database nor the other side could hold it. */
function valuesToWrite(decision: Decision): CanonicalChanges {
  if (decision.kind === 'create') return decision.values;
  return decision.kind === 'update' ? { ...decision.merge.toApp, ...decision.merge.toOdoo } : {};
}

function parkUnstorable({ link, unsettled }: Observation, error: ErrorDetail): Settlement {
  return { link, next: { kind: 'park', error }, outcome: 'park', logged: true, openIntents: unsettled };
}

function settleWithoutWriting(
  entity: Entity,
  seen: Observation,
  decision: Exclude<Decision, { kind: 'update' | 'create' }>,
): Settlement {
  const { link } = seen;
  switch (decision.kind) {
    case 'noop': {
      const outcomes = entity.groups.map((group) => ({ kind: 'agreed' as const, group }));
      const both = seen.app !== null && seen.odoo !== null;
      const nothing = { toApp: {}, toOdoo: {}, outcomes };
      const base = both ? agreedBase(entity, seen, nothing, { app: null, odoo: null }) : undefined;
      const news = base !== undefined && !sameBase(base, link.base);
      const landed = seen.losers.length > 0;
      const outcome = landed ? 'conflict' : 'noop';
      const { losers: conflicts, pending: openIntents } = seen;
      const next = { kind: 'done' } as const;
      const own = { ownAppStamp: landedStamp(seen, 'app', next), ownOdooStamp: landedStamp(seen, 'odoo', next) };
      return { link, next, outcome, logged: landed, conflicts, openIntents, ...own, ...(news && { base }) };
    }
    case 'forget':
      return { link, next: { kind: 'forget' }, outcome: 'noop', logged: false };
    case 'renew':
      return { link, next: { kind: 'renew' }, outcome: 'renew', logged: true };
    case 'out_of_scope':
      return { link, next: { kind: 'done', outOfScope: true }, outcome: 'out_of_scope', logged: true };
    case 'hold':
      return {
        link,
        next: { kind: 'hold', hold: HOLDS[decision.why] },
        outcome: 'hold',
        logged: true,
        openIntents: seen.unsettled,
      };
  }
}

/** Most passes after an echo find nothing new: then nothing is written. */
function sameBase(left: Base, right: Base | null): boolean {
  return (
    right !== null &&
    left.mapping === right.mapping &&
    sameValues(left.app, right.app) &&
    sameValues(left.odoo, right.odoo)
  );
}

function sameValues(left: CanonicalRecord, right: CanonicalRecord): boolean {
  const fields = Object.keys(left);
  return (
    fields.length === Object.keys(right).length &&
    fields.every((field) => field in right && left[field] === right[field])
  );
}

export const HOLDS: Readonly<Record<HoldReason, Hold>> = {
  missing_in_app: {
    kind: 'delete',
    detail: 'The app did not return this record. That is neither a deletion nor a reason to create it again.',
  },
  deleted_in_odoo: {
    kind: 'delete',
    detail:
      'Odoo deleted this record, but it was edited in the app meanwhile. Release it to archive it in the app as well.',
  },
  only_app_deletes: {
    kind: 'delete',
    detail:
      'Odoo deleted this record, but it is still valid in the app, which alone governs it. Cancel it in the app, or release it to make it anew in Odoo.',
  },
  hidden_in_odoo: {
    kind: 'delete',
    detail: "Odoo hides this record from the bridge's user. That is no deletion: give the user the right to see it.",
  },
};

function waitForOwnWrite(seen: Observation, waitMs: number): Settlement {
  const error = {
    code: 'outcome_unknown',
    message: 'A write to Odoo was not answered; it may still land.',
    remedy: 'Nothing to do: the record is looked at again once that call is surely over.',
  };
  return {
    link: seen.link,
    next: { kind: 'wait', afterMs: waitMs, error },
    outcome: 'wait',
    logged: true,
    openIntents: seen.unsettled,
  };
}

/**
 * A partner that got the tag of another entity as well becomes one of those, too. And what was marked on a link that
 * knew no more than the partner, and is forgotten now, is news for the links that have come to it meanwhile.
 */
async function markOtherMemberships(
  context: ReconcileContext,
  entity: Entity,
  observations: readonly Observation[],
  settlements: readonly Settlement[],
): Promise<void> {
  const { model } = entity.odoo;
  const others = entitiesOfModel(model).filter((other) => other !== entity);
  if (others.length === 0) return;
  const halves = settlements.filter(({ next, link }) => next.kind === 'forget' && link.appId === null);
  const members = observations.filter(
    ({ odoo }) => odoo?.values.active === true && others.some(({ name }) => odoo.memberOf.includes(name)),
  );
  const ids = new Set([...halves, ...members].flatMap(({ link }) => link.odooId ?? []));
  if (ids.size === 0) return;
  const occupants = await context.links.findOccupants('odoo', entity.name, model, [...ids].map(String));
  const heldBy = (id: number) => occupants.filter((held) => held.odooId === id).map((held) => held.entity);
  const news = halves.flatMap(({ link }) =>
    link.odooId !== null && heldBy(link.odooId).length > 0 ? link.odooId : [],
  );
  if (news.length > 0) await context.links.markOdoo(model, news, [], PRIORITY.live);
  for (const { name } of others) {
    const strangers = members.flatMap(({ link, odoo }) =>
      link.odooId !== null && odoo?.memberOf.includes(name) && !heldBy(link.odooId).includes(name) ? link.odooId : [],
    );
    if (strangers.length > 0) await context.links.markOdoo(model, strangers, [name], PRIORITY.live);
  }
}

/** Counts and codes only: no value of a record ever reaches the log. */
function logBatch(
  context: ReconcileContext,
  entity: Entity,
  settlements: readonly Settlement[],
  refused: number,
): void {
  const outcomes = Object.fromEntries(
    [...Map.groupBy(settlements, ({ outcome }) => outcome)].map(([outcome, group]) => [outcome, group.length]),
  );
  context.log.info({ entity: entity.name, links: settlements.length, outcomes, refused }, 'batch reconciled');
  for (const { link, next } of settlements) {
    if (!('error' in next) && next.kind !== 'hold') continue;
    const error = 'error' in next ? next.error : { code: `held_${next.hold.kind}`, message: next.hold.detail };
    const record = { linkId: link.id, appId: link.appId, odooId: link.odooId };
    const level = next.kind === 'wait' ? 'info' : 'warn';
    context.log[level]({ entity: entity.name, ...record, next: next.kind, code: error.code }, error.message);
  }
}
