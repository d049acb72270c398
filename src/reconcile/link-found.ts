/** Tying a record to a counterpart that was there already: the next pass compares them field by field. */
import type { SideRecord } from '../backends/backend.ts';
import type { Entity, Side } from '../entities/define-entity.ts';
import { BridgeError } from '../errors.ts';
import type { Claim, ClaimedLink, CoveredEdit, Instants, Intent, Next, Settlement } from '../links/links.ts';
import type { ReconcileContext } from './context.ts';
import type { MatchVerdict } from './find-counterparts.ts';
import { findCreation, isThere } from './fold-intents.ts';
import { type MadePair, namePartners } from './name-partners.ts';
import { onBridgeClock } from './read-both-sides.ts';
import { nextAfterError, openIntent } from './settlement.ts';
import { createKey } from './write-keys.ts';

/** Another link has the record, or is making its own counterpart: once that is over, it is decided anew. */
export const TAKEN: Next = {
  kind: 'wait',
  afterMs: 1_000,
  error: {
    code: 'counterpart_taken',
    message: 'Its counterpart is being linked to another record.',
    remedy: 'Nothing to do: it is looked at again once that is settled.',
  },
};

export async function linkFound(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  target: Side,
  verdicts: readonly MatchVerdict[],
): Promise<readonly Settlement[]> {
  const all = verdicts.flatMap((verdict) => (verdict.kind === 'link' ? [verdict] : []));
  const found = target === 'app' ? all : await announceAdoptions(context, entity, claim, all);
  if (found.length === 0) return [];
  const settlements: Settlement[] = [];
  const tied: MadePair[] = [];
  const before = new Map(
    (
      await context[target].read(
        entity,
        found.map(({ id }) => id),
      )
    ).map((record) => [record.id, record]),
  );
  for (const { plan, id } of found) {
    const { link } = plan.seen;
    const key = createKey(context.instance, entity, link, target);
    try {
      const stamp = (await context[target].adopt(entity, [{ id, key }])).get(id) ?? null;
      const record = before.get(id);
      // Adopting it moves its stamp: who edited it last is remembered from before.
      const edit = record ? lastEdit(entity, link, record, onBridgeClock(record, context[target].clock())) : null;
      const counterpart = { side: target, id, odooModel: entity.odoo.model };
      const attached = await context.links.attach(claim, link.id, counterpart);
      if (attached && target === 'app') tied.push({ appId: id, odooId: link.odooId });
      settlements.push({
        link,
        next: attached ? { kind: 'again' } : TAKEN,
        outcome: attached ? 'link' : 'wait',
        logged: true,
        wroteOdoo: target === 'odoo',
        ...(stamp !== null && record && ownStamp(record, edit, stamp)),
        openIntents: plan.seen.pending,
      });
    } catch (error) {
      // One record that may not be touched must not hold the others up.
      if (!(error instanceof BridgeError)) throw error;
      const next = nextAfterError(context, link.attempts, error);
      const open = [...plan.seen.pending, ...openIntent(key, { kind: 'failed', error })];
      const openIntents = [...new Set(open)];
      settlements.push({ link, next, outcome: next.kind, logged: true, openIntents });
    }
  }
  await namePartners(context, entity, tied);
  return settlements;
}

/**
 * An adoption gives a record the name that a creation would have. One that lands late must find no other record being
 * made under that name: `load()` would write over this one. So it is announced, and waited for, as a creation is.
 * @returns those that are still this worker's
 */
async function announceAdoptions<Found extends MatchVerdict & { kind: 'link' }>(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  found: readonly Found[],
): Promise<readonly Found[]> {
  // What our own creation made has the name already, and what was sent for it must not be forgotten.
  const isOurs = ({ plan }: Found) => findCreation(plan.seen.link) !== undefined;
  const sentAt = context.now();
  const intents = found
    .filter((one) => !isOurs(one))
    .map(
      ({ plan: { seen } }): Intent => ({
        linkId: seen.link.id,
        side: 'odoo',
        kind: 'create',
        key: createKey(context.instance, entity, seen.link, 'odoo'),
        fields: {},
        conflicts: [],
        edited: null,
        strayed: {},
        onStamp: null,
        sentAt,
        overAt: sentAt + context.callMaxMs,
      }),
    );
  if (intents.length === 0) return found;
  const { ours } = await context.links.recordIntents(claim, intents);
  return found.filter(({ plan }) => ours.has(plan.seen.link.id));
}

/**
 * A record of our own making has its name and its tag already: adopting it writes nothing, and a stamp that is not that
 * of the creation any more is somebody's who edited it since.
 */
function ownStamp(record: SideRecord, edit: CoveredEdit | null, adopted: string) {
  return { ownOdooStamp: edit === null ? record.stamp : adopted, edits: { app: null, odoo: edit } };
}

/** Null for a record of our own making as it was made: its stamp proves no edit. */
function lastEdit(entity: Entity, link: ClaimedLink, record: SideRecord, stamped: Instants): CoveredEdit | null {
  const created = findCreation(link);
  if (!created) return { ...stamped, strayed: record.values };
  const asMade = Object.entries(created.fields).every(([field, sent]) =>
    isThere(entity, created.side, record, field, sent),
  );
  return asMade ? null : { from: Math.min(created.sentAt, stamped.from), to: stamped.to, strayed: record.values };
}
