/** How both sides of a link are now, and what the next pass would decide: by the very functions that passes use. */
import type { Backend, SideRecord } from '../backends/backend.ts';
import { UNMEASURED } from '../backends/clock-offset.ts';
import { look } from '../backends/look.ts';
import type { Entity } from '../entities/define-entity.ts';
import { describeError, type ErrorDetail, RetryableError } from '../errors.ts';
import type { ClaimedLink } from '../links/links.ts';
import type { ReconcileContext } from '../reconcile/context.ts';
import { type Decision, decide } from '../reconcile/decide.ts';
import type { GroupOutcome } from '../reconcile/merge-fields.ts';
import { mergeFields } from '../reconcile/merge-fields.ts';
import { type Observation, observe, toDecideInput } from '../reconcile/read-both-sides.ts';

/** A side that says nothing for so long is away, for who waits at a screen. */
const PATIENCE_MS = 10_000;

export type SideNow =
  /** Null: no record of this side is known, or the side does not return it. */
  | { readonly reachable: true; readonly record: SideRecord | null }
  | { readonly reachable: false; readonly error: ErrorDetail };

export interface RecordNow {
  readonly app: SideNow;
  readonly odoo: SideNow;
  /** Null where a side is away: then nothing can be decided. */
  readonly next: {
    readonly seen: Observation;
    /** Null while a write of the bridge may still land: what it would do is not known before. */
    readonly decision: Decision | null;
    /** What would become of each field; empty where a record is missing. */
    readonly outcomes: readonly GroupOutcome[];
  } | null;
}

export async function lookAtRecord(context: ReconcileContext, entity: Entity, link: ClaimedLink): Promise<RecordNow> {
  const readAt = context.now();
  const [app, odoo] = await Promise.all([
    readSide(context.app, entity, link.appId),
    readSide(context.odoo, entity, link.odooId === null ? null : String(link.odooId)),
  ]);
  if (!app.reachable || !odoo.reachable) return { app, odoo, next: null };
  const records = { app: app.record ? [app.record] : [], odoo: odoo.record ? [odoo.record] : [], readAt };
  try {
    const claim = { entity: entity.name, token: '', links: [link] };
    const [seen] = await patiently(() => observe(context, entity, claim, records));
    if (!seen) return { app, odoo, next: null };
    const input = toDecideInput(context, entity, seen);
    const underWay = (seen.unsettledUntil ?? 0) > context.now();
    const sides = input.app.side && input.odoo.side ? { app: input.app.side, odoo: input.odoo.side } : null;
    const outcomes = sides ? mergeFields({ ...input, ...sides }) : [];
    return { app, odoo, next: { seen, decision: underWay ? null : decide(input), outcomes } };
  } catch (error) {
    // Odoo went away while it was asked why it does not return the record.
    return { app, odoo: { reachable: false, error: describeError(error) }, next: null };
  }
}

async function readSide(side: Backend, entity: Entity, id: string | null): Promise<SideNow> {
  try {
    const record = await patiently(async () => {
      // A process that has just begun does not know the clock yet, and without it nobody is later than the other.
      if (side.side === 'app' && side.clock() === UNMEASURED) await side.readChanged(entity, Date.now(), null);
      return id === null ? null : ((await side.read(entity, [id]))[0] ?? null);
    });
    return { reachable: true, record };
  } catch (error) {
    return { reachable: false, error: describeError(error) };
  }
}

/** Neither trips a breaker nor waits for one, and gives up before the person does. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const slow = {
    code: 'no_answer',
    message: `It did not answer within ${PATIENCE_MS / 1_000} s.`,
    remedy: 'Look at its load, and at the network and the proxy before it.',
  };
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new RetryableError(slow, 'not-applied')), PATIENCE_MS);
  });
  try {
    return await Promise.race([look(work), end]);
  } finally {
    clearTimeout(timer);
  }
}
