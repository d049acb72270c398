/** Tying a record to a counterpart that was there already: the next pass compares them field by field. */
import type { SideRecord } from '../backends/backend.ts';
import { type Entity, readField, type Side } from '../entities/define-entity.ts';
import { BridgeError } from '../errors.ts';
import type { Claim, CoveredEdit, Intent, Next, Settlement } from '../links/links.ts';
import { asPast, onBridgeClock } from './bridge-clock.ts';
import type { ReconcileContext } from './context.ts';
import type { MatchVerdict } from './find-counterparts.ts';
import { findCreation, isAsMade } from './fold-intents.ts';
import { type MadePair, namePartners } from './name-partners.ts';
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

type Match = MatchVerdict & { readonly kind: 'link' };

interface Found extends Match {
  /** As it is before it is adopted. */
  readonly record: SideRecord | null;
}

export async function linkFound(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  target: Side,
  verdicts: readonly MatchVerdict[],
): Promise<readonly Settlement[]> {
  const matches = verdicts.flatMap((verdict) => (verdict.kind === 'link' ? [verdict] : []));
  if (matches.length === 0) return [];
  const ids = matches.map(({ id }) => id);
  const before = new Map((await context[target].read(entity, ids)).map((record) => [record.id, record]));
  const all = matches.map((match): Found => ({ ...match, record: before.get(match.id) ?? null }));
  const found = target === 'app' ? all : await announceAdoptions(context, entity, claim, all);
  const settlements: Settlement[] = [];
  const tied: MadePair[] = [];
  for (const one of found) {
    const { plan, id, record } = one;
    const { link } = plan.seen;
    const key = createKey(context.instance, entity, link, target);
    try {
      const isWhole = target === 'odoo' && isMadeWhole(entity, one);
      const stamp = isWhole ? record?.stamp : (await context[target].adopt(entity, [{ id, key }])).get(id);
      // Adopting it moves its stamp: who edited it last is remembered from before.
      const edit = lastEdit(context, entity, target, one);
      const counterpart = { side: target, id, odooModel: entity.odoo.model };
      const attached = await context.links.attach(claim, link.id, counterpart);
      if (attached && target === 'app') tied.push({ appId: id, odooId: link.odooId });
      settlements.push({
        link,
        next: attached ? { kind: 'again' } : TAKEN,
        outcome: attached ? 'link' : 'wait',
        logged: true,
        wroteOdoo: target === 'odoo',
        ...(stamp && record && ownStamp(edit, stamp, isWhole)),
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
async function announceAdoptions(
  context: ReconcileContext,
  entity: Entity,
  claim: Claim,
  found: readonly Found[],
): Promise<readonly Found[]> {
  const sentAt = context.now();
  const intents = found
    // What our own creation made has the name already, and what was sent for it must not be forgotten.
    .filter((one) => creationOf(one) === undefined)
    .map((one): Intent => {
      const { link } = one.plan.seen;
      const edit = lastEdit(context, entity, 'odoo', one);
      return {
        linkId: link.id,
        side: 'odoo',
        kind: 'create',
        key: createKey(context.instance, entity, link, 'odoo'),
        fields: {},
        conflicts: [],
        edited: edit && { from: edit.from, to: edit.to },
        strayed: edit?.strayed ?? {},
        onStamp: null,
        sentAt,
        overAt: sentAt + context.callMaxMs,
      };
    });
  if (intents.length === 0) return found;
  const { ours } = await context.links.recordIntents(claim, intents);
  return found.filter(({ plan }) => ours.has(plan.seen.link.id));
}

/**
 * What was sent to make this very record. A creation that is over and has made nothing is replaced by the announcement
 * of the adoption: taken for what both sides agreed on, it would have the app's own values overwritten as old ones.
 */
function creationOf({ plan, isNamed }: Found): Intent | undefined {
  return isNamed ? findCreation(plan.seen.link) : undefined;
}

/** Our own creation has its name, and its tag: another write would move its stamp, as if somebody had edited it. */
function isMadeWhole({ name }: Entity, found: Found): boolean {
  return creationOf(found) !== undefined && found.record?.memberOf.includes(name) === true;
}

/**
 * A record of our own making is not written again: if somebody has edited it since, its stamp is theirs. Remembered as
 * ours, it would hide another edit that comes to bear the very same once the clock is set back.
 */
function ownStamp(edit: CoveredEdit | null, stamp: string, isWhole: boolean) {
  const edits = { app: null, odoo: edit };
  return isWhole && edit !== null ? { edits } : { edits, ownOdooStamp: stamp };
}

/**
 * Null for a record of our own making as it was made: its stamp proves no edit. Nor does it where an earlier adoption
 * may have moved it, as long as all is as it was before that.
 */
function lastEdit(context: ReconcileContext, entity: Entity, side: Side, found: Found): CoveredEdit | null {
  const { plan, record } = found;
  if (record === null) return null;
  const stamped = asPast(onBridgeClock(record, context[side].clock()), context.now());
  const strayed = record.values;
  const created = creationOf(found);
  if (created) {
    // What the creation left out may have been edited as well: then it was written after it was made.
    const isTouched = record.created !== undefined && record.modified.from > record.created.to;
    if (isAsMade(entity, created, record) && !isTouched) return null;
    return { from: Math.min(created.sentAt, stamped.from), to: stamped.to, strayed };
  }
  const adoption = plan.seen.link.intents.find(({ kind }) => kind === 'create');
  if (!adoption?.edited) return { ...stamped, strayed };
  const asBefore = Object.entries(adoption.strayed).every(([field, value]) => value === readField(strayed, field));
  return { from: adoption.edited.from, to: asBefore ? adoption.edited.to : stamped.to, strayed };
}
