/** The controller: claims work while there is any, keeps the leases alive, slows down when a side is away. */
import { findEntity } from '../entities/registry.ts';
import { BridgeError, describeError, RetryableError, SetupError, TerminalError } from '../errors.ts';
import type { Claim } from '../links/links.ts';
import { backoffMs } from './backoff.ts';
import type { ReconcileContext } from './context.ts';
import { reconcile } from './reconcile.ts';

export interface ControllerOptions {
  /** Batches in work at once. Odoo answers no faster beyond two callers. */
  readonly workers?: number;
  /** Links of one batch. */
  readonly batchSize?: number;
  /** How often the table is looked at when nobody nudges, in milliseconds. */
  readonly pollMs?: number;
  /** Entities that a person paused. */
  readonly isPaused?: (entity: string) => boolean;
}

export interface Controller {
  /** There is work: look now. */
  nudge(): void;
  /** Ends after the batches in work; their links are settled or given back. */
  stop(): Promise<void>;
}

const HEARTBEAT_MS = 20_000;
const LONGEST_PAUSE_MS = 15_000;

export function startController(context: ReconcileContext, options: ControllerOptions = {}): Controller {
  const { workers = 2, batchSize = 400, pollMs = 1_000 } = options;
  const bell = createBell();
  let stopped = false;
  const resting = new Map<string, { failures: number; until: number }>();

  async function work(): Promise<void> {
    while (!stopped) {
      const heard = bell.listen();
      try {
        if (!(await workOnce())) await heard(pollMs);
      } catch (error) {
        // The store itself: without it there is nothing to do but wait.
        context.log.warn({ code: describeError(error).code, pauseMs: pollMs }, 'the database does not answer');
        await bell.sleep(pollMs);
      }
    }
  }

  async function workOnce(): Promise<boolean> {
    let busy = false;
    for (const name of await context.links.findDirty()) {
      const entity = findEntity(name);
      if (!entity || stopped || options.isPaused?.(name) || isResting(name)) continue;
      const claim = await context.links.claim(name, entity.odoo.model, batchSize);
      if (claim === null) continue;
      busy = true;
      try {
        await underLease(claim, () => passOver(context, claim));
        resting.delete(name);
      } catch (error) {
        rest(name, error);
      }
    }
    return busy;
  }

  function isResting(name: string): boolean {
    return (resting.get(name)?.until ?? 0) > context.now();
  }

  /** Hammering a side that is away does not bring it back. The other entities go on: their collection may be well. */
  function rest(name: string, error: unknown): void {
    const failures = (resting.get(name)?.failures ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, backoffMs(failures - 2, context.random()));
    resting.set(name, { failures, until: context.now() + pauseMs });
    const { code, message } = describeError(error);
    context.log.warn({ entity: name, code, pauseMs }, message);
  }

  async function underLease(claim: Claim, pass: () => Promise<void>): Promise<void> {
    const heartbeat = setInterval(() => context.links.renewLease(claim).catch(() => null), HEARTBEAT_MS);
    try {
      await pass();
    } finally {
      clearInterval(heartbeat);
    }
  }

  const running = Array.from({ length: workers }, () => work());
  return {
    nudge: () => bell.ring(),
    async stop() {
      stopped = true;
      bell.end();
      await Promise.all(running);
    },
  };
}

/**
 * One pass. A batch that fails as a whole for a reason of its own is halved until the bad record stands alone
 * and is parked; a side that is away gives the whole batch back untouched.
 */
async function passOver(context: ReconcileContext, claim: Claim): Promise<void> {
  const entity = findEntity(claim.entity);
  if (!entity) return;
  try {
    await reconcile(context, entity, claim);
  } catch (error) {
    const aboutRecord = error instanceof TerminalError || !(error instanceof BridgeError || isDatabaseError(error));
    if (!aboutRecord) {
      const atLeast = error instanceof RetryableError ? error.retryAfterMs : undefined;
      await context.links.release(claim, atLeast ?? (error instanceof SetupError ? 5_000 : 500));
      throw error;
    }
    if (claim.links.length > 1) {
      const middle = Math.ceil(claim.links.length / 2);
      await passOver(context, { ...claim, links: claim.links.slice(0, middle) });
      return passOver(context, { ...claim, links: claim.links.slice(middle) });
    }
    await park(context, claim, error);
  }
}

async function park(context: ReconcileContext, claim: Claim, error: unknown): Promise<void> {
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
    { code: describeError(error).code, linkIds: claim.links.map(({ id }) => id), where },
    'record parked',
  );
  const clocks = { app: context.app.clock(), odoo: context.odoo.clock() };
  await context.links.settle(claim, settlements, { reconcileId: crypto.randomUUID(), clocks });
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

/** Wakes sleepers. `listen` before looking, so that a ring between the look and the sleep is not missed. */
function createBell() {
  let rings = 0;
  let ended = false;
  const wakers = new Set<() => void>();
  const sleepers = new Set<() => void>();
  function rest(ms: number, set: Set<() => void>): Promise<void> {
    if (ended) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        set.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      set.add(wake);
    });
  }
  function ring(): void {
    rings += 1;
    for (const wake of [...wakers]) wake();
  }
  return {
    ring,
    listen() {
      const heard = rings;
      return (ms: number) => (rings === heard ? rest(ms, wakers) : Promise.resolve());
    },
    sleep: (ms: number) => rest(ms, sleepers),
    end() {
      ended = true;
      ring();
      for (const wake of [...sleepers]) wake();
    },
  };
}
