/** One look at the queue: claims what is dirty, entity by entity, and reconciles it. Without timers: who calls it decides when. */
import { findEntity } from '../entities/registry.ts';
import { BridgeError, describeError, RetryableError, SetupError, TerminalError } from '../errors.ts';
import type { Claim } from '../links/links.ts';
import { backoffMs } from './backoff.ts';
import { readClocks } from './bridge-clock.ts';
import { beginPass, type PassContext, type ReconcileContext } from './context.ts';
import { reconcile } from './reconcile.ts';

export interface WorkOptions {
  /** Links of one batch. */
  readonly batchSize: number;
  /** Entities that a person paused. */
  readonly paused: () => Promise<ReadonlySet<string>>;
  /** Nothing more is claimed from then on. */
  readonly isStopping: () => boolean;
  /** Keeps the lease alive while the pass runs. */
  readonly underLease: (claim: Claim, pass: () => Promise<void>) => Promise<void>;
}

const LONGEST_PAUSE_MS = 15_000;

/**
 * @returns a function that looks once, for so many links of one batch, if not as many as the options say; it resolves with
 * whether there was anything to do, and rejects when the store is away
 */
export function createWork(context: ReconcileContext, options: WorkOptions): (batchSize?: number) => Promise<boolean> {
  const resting = new Map<string, { failures: number; until: number }>();
  // Claims that the store was not there to take back: without this their records would wait for the end of the lease.
  const unreleased: Claim[] = [];

  async function giveBack(claim: Claim, afterMs: number): Promise<void> {
    try {
      await context.links.release(claim, afterMs);
    } catch {
      unreleased.push(claim);
    }
  }

  function isResting(name: string): boolean {
    return (resting.get(name)?.until ?? 0) > context.now();
  }

  /**
   * A side that is away says by its breaker when to come again. What is wrong with one entity alone (a vanished tag, a
   * missing collection) its breaker does not see: only that entity rests, the others go on.
   */
  function rest({ log }: PassContext, name: string, error: unknown): void {
    const failures = (resting.get(name)?.failures ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, wishOf(error) ?? backoffMs(failures - 2, context.random()));
    resting.set(name, { failures, until: context.now() + pauseMs });
    const { code, message } = describeError(error);
    log.warn({ entity: name, code, pauseMs }, message);
  }

  return async function workOnce(batchSize = options.batchSize) {
    let busy = false;
    for (let claim = unreleased[0]; claim; claim = unreleased[0]) {
      await context.links.release(claim, 0);
      unreleased.shift();
    }
    await context.links.markDelivered();
    const paused = await options.paused();
    for (const name of await context.links.findDirty()) {
      const entity = findEntity(name);
      if (!entity || paused.has(name) || options.isStopping() || isResting(name)) continue;
      const claim = await context.links.claim(name, entity.odoo.model, batchSize);
      if (claim === null) continue;
      busy = true;
      const pass = beginPass(context);
      try {
        await options.underLease(claim, () => passOver(pass, claim, giveBack));
        resting.delete(name);
      } catch (error) {
        rest(pass, name, error);
      }
    }
    return busy;
  };
}

/**
 * One pass. A batch that fails as a whole for a reason of its own is halved until the bad record stands alone
 * and is parked; a side that is away gives the whole batch back untouched. How long that side is left alone its breaker
 * knows, and the rest of the entity: records that waited as well would come back long after it, a few at a time.
 */
async function passOver(
  context: PassContext,
  claim: Claim,
  giveBack: (claim: Claim, afterMs: number) => Promise<void>,
): Promise<void> {
  const entity = findEntity(claim.entity);
  if (!entity) return;
  try {
    await reconcile(context, entity, claim);
  } catch (error) {
    const aboutRecord = error instanceof TerminalError || !(error instanceof BridgeError || isDatabaseError(error));
    if (!aboutRecord) {
      await giveBack(claim, error instanceof SetupError ? 5_000 : 500);
      throw error;
    }
    if (claim.links.length > 1) {
      const middle = Math.ceil(claim.links.length / 2);
      await passOver(context, { ...claim, links: claim.links.slice(0, middle) }, giveBack);
      return passOver(context, { ...claim, links: claim.links.slice(middle) }, giveBack);
    }
    await park(context, claim, error);
  }
}

/** When the other side, or its breaker, wants to be asked again. */
function wishOf(error: unknown): number | undefined {
  return error instanceof RetryableError ? error.retryAfterMs : undefined;
}

async function park(context: PassContext, claim: Claim, error: unknown): Promise<void> {
  const settlements = claim.links.map((link) => ({
    link,
    next: { kind: 'park' as const, error: describeError(error) },
    outcome: 'park',
    logged: true,
  }));
  // The stack names files and lines of the bridge, never a record.
  const where =
    error instanceof Error ? error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')) : undefined;
  context.log.error(
    { entity: claim.entity, code: describeError(error).code, linkIds: claim.links.map(({ id }) => id), where },
    'record parked',
  );
  const clocks = readClocks(context);
  await context.links.settle(claim, settlements, { reconcileId: context.reconcileId, clocks });
}

/** Lost connections, deadlocks, lack of resources: about the store. Other errors of PostgreSQL are about the data. */
function isDatabaseError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^((08|40|53|55|57|58|XX)[0-9A-Z]{3}|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND)$/.test(code) ||
    /connection|timeout/i.test(error.message)
  );
}
