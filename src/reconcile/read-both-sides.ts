/** Reading a claimed batch: both sides in bulk, and what each link then looks like to `decide`. */
import type { SideRecord } from '../backends/backend.ts';
import type { CanonicalRecord, Entity } from '../entities/define-entity.ts';
import type { Base, Claim, ClaimedLink, Intent } from '../links/links.ts';
import type { ReconcileContext } from './context.ts';
import type { AppExistence, DecideInput, OdooExistence } from './decide.ts';
import type { MergeSide, Modified } from './merge-fields.ts';

/** One link with what both sides hold now. */
export interface Observation {
  readonly link: ClaimedLink;
  readonly app: SideRecord | null;
  readonly odoo: SideRecord | null;
  /** The base, with finished writes of ours folded in. */
  readonly base: Base | null;
  /** A write of ours whose end is not known yet, in bridge milliseconds of its latest end; null when none. */
  readonly unsettledUntil: number | null;
}

export async function readBothSides(context: ReconcileContext, entity: Entity, claim: Claim): Promise<Observation[]> {
  const appIds = claim.links.flatMap(({ appId }) => (appId === null ? [] : [appId]));
  const odooIds = claim.links.flatMap(({ odooId }) => (odooId === null ? [] : [String(odooId)]));
  const [appRecords, odooRecords] = await Promise.all([
    appIds.length === 0 ? [] : context.app.read(entity, appIds),
    odooIds.length === 0 ? [] : context.odoo.read(entity, odooIds),
  ]);
  const app = new Map(appRecords.map((record) => [record.id, record]));
  const odoo = new Map(odooRecords.map((record) => [record.id, record]));
  return claim.links.map((link) => {
    const sides = {
      app: link.appId === null ? null : (app.get(link.appId) ?? null),
      odoo: link.odooId === null ? null : (odoo.get(String(link.odooId)) ?? null),
    };
    return { link, ...sides, ...foldIntents(link, sides, context.now()) };
  });
}

/**
 * After a crash or a lost answer: a value that equals what we were about to write is ours and becomes the base.
 * A value that does not may still be overwritten by the call on its way, so the link waits until that is over.
 */
function foldIntents(
  link: ClaimedLink,
  sides: { app: SideRecord | null; odoo: SideRecord | null },
  now: number,
): { base: Base | null; unsettledUntil: number | null } {
  const updates = link.intents.filter(({ kind }) => kind === 'update');
  const created = link.intents.find(({ kind }) => kind === 'create');
  // Both sides were equal to what was sent when our creation landed: edits since then are edits.
  if (link.base === null && created && sides.app && sides.odoo) {
    const values = { ...created.fields };
    return { base: { app: values, odoo: { ...values } }, unsettledUntil: null };
  }
  if (updates.length === 0 || link.base === null) return { base: link.base, unsettledUntil: null };
  const folded = { app: { ...link.base.app }, odoo: { ...link.base.odoo } };
  let unsettledUntil: number | null = null;
  for (const intent of updates) {
    const landed = foldIntent(intent, sides, folded);
    if (!landed && intent.side === 'odoo' && intent.overAt > now) {
      unsettledUntil = Math.max(unsettledUntil ?? 0, intent.overAt);
    }
  }
  return { base: folded, unsettledUntil };
}

function foldIntent(
  intent: Intent,
  sides: { app: SideRecord | null; odoo: SideRecord | null },
  folded: { app: Record<string, CanonicalRecord[string]>; odoo: Record<string, CanonicalRecord[string]> },
): boolean {
  const now = sides[intent.side]?.values ?? {};
  const source = sides[intent.side === 'app' ? 'odoo' : 'app']?.values ?? {};
  let landed = true;
  for (const [field, value] of Object.entries(intent.fields)) {
    if (now[field] !== value) {
      landed = false;
      continue;
    }
    folded[intent.side][field] = value;
    // What was sent is what the other side held then: it counts as agreed only if it still holds it.
    const from = intent.side === 'app' ? folded.odoo : folded.app;
    if (source[field] === value) from[field] = value;
  }
  return landed;
}

export function toDecideInput(context: ReconcileContext, entity: Entity, seen: Observation): DecideInput {
  const { link } = seen;
  return {
    entity,
    base: seen.base,
    policy: context.policy,
    app: {
      existence: appExistence(link.appId, seen.app),
      side: toMergeSide(seen.app, link.ownAppStamp, context.app.clock()),
    },
    odoo: {
      existence: odooExistence(link.odooId, seen.odoo, entity),
      side: toMergeSide(seen.odoo, link.ownOdooStamp, context.odoo.clock()),
    },
  };
}

function appExistence(id: string | null, record: SideRecord | null): AppExistence {
  if (id === null) return 'unlinked';
  if (record === null) return 'missing';
  return record.values.active === true ? 'active' : 'archived';
}

function odooExistence(id: number | null, record: SideRecord | null, entity: Entity): OdooExistence {
  if (id === null) return 'unlinked';
  if (record === null) return 'missing';
  if (!record.memberOf.includes(entity.name)) return 'out_of_scope';
  return record.values.active === true ? 'active' : 'archived';
}

function toMergeSide(
  record: SideRecord | null,
  ownStamp: string | null,
  clock: { offsetMs: number; uncertaintyMs: number },
): MergeSide | null {
  if (record === null) return null;
  return { values: record.values, modified: onBridgeClock(record, ownStamp, clock), ownedGroups: record.ownedGroups };
}

/** The stamp as an interval of bridge time: its own resolution, widened by how well the clock is known. */
export function onBridgeClock(
  record: SideRecord,
  ownStamp: string | null,
  clock: { offsetMs: number; uncertaintyMs: number },
): Modified {
  return {
    from: record.modified.from - clock.offsetMs - clock.uncertaintyMs,
    to: record.modified.to - clock.offsetMs + clock.uncertaintyMs,
    ours: ownStamp !== null && ownStamp === record.stamp,
  };
}
