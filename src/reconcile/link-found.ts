/** Tying a record to a counterpart that was there already: the next pass compares them field by field. */
import type { SideRecord } from '../backends/backend.ts';
import { type Entity, readField, type Side } from '../entities/define-entity.ts';
import { BridgeError } from '../errors.ts';
import type { Claim, ClaimedLink, CoveredEdit, Instants, Next, Settlement } from '../links/links.ts';
import type { ReconcileContext } from './context.ts';
import type { MatchVerdict } from './find-counterparts.ts';
import { isThere } from './fold-intents.ts';
import { type MadePair, namePartners } from './name-partners.ts';
import { onBridgeClock } from './read-both-sides.ts';
import { nextAfterError } from './settlement.ts';
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
  const found = verdicts.flatMap((verdict) => (verdict.kind === 'link' ? [verdict] : []));
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
    try {
      const key = createKey(context.instance, entity, link, target);
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
        ...(stamp !== null && record && { ownOdooStamp: stamp, edits: { app: null, odoo: edit } }),
        openIntents: plan.seen.pending,
      });
    } catch (error) {
      // One record that may not be touched must not hold the others up.
      if (!(error instanceof BridgeError)) throw error;
      const next = nextAfterError(context, link.attempts, error);
      settlements.push({ link, next, outcome: next.kind, logged: true, openIntents: plan.seen.pending });
    }
  }
  await namePartners(context, entity, tied);
  return settlements;
}

/** Null for a record of our own making as it was made: its stamp proves no edit. */
function lastEdit(
  entity: Entity,
  { intents }: ClaimedLink,
  { values }: SideRecord,
  stamped: Instants,
): CoveredEdit | null {
  const created = intents.find(({ kind }) => kind === 'create');
  if (!created) return { ...stamped, strayed: values };
  // What is empty may be what the side could not hold.
  const asMade = Object.entries(created.fields).every(
    ([field, sent]) => entity.isEmpty(field, readField(values, field)) || isThere(entity, values, field, sent),
  );
  return asMade ? null : { from: Math.min(created.sentAt, stamped.from), to: stamped.to, strayed: values };
}
