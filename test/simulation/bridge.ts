/** Bridge processes as src/serve.ts starts them, with the clock of the simulation: doors, workers, polls. */
import type { Backend } from '../../src/backends/backend.ts';
import type { Entity } from '../../src/entities/define-entity.ts';
import type { Claim, Delivery } from '../../src/links/links.ts';
import type { Log, ReconcileContext } from '../../src/reconcile/context.ts';
import { createWork } from '../../src/reconcile/work.ts';
import { createGroupCommit } from '../../src/sources/group-commit.ts';
import { poll } from '../../src/sources/poller.ts';
import { sweep } from '../../src/sources/sweep.ts';
import type { Store } from './database.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import type { Receive } from './webhooks.ts';

export interface BridgeOptions extends Pick<ReconcileContext, 'policy' | 'instance' | 'callMaxMs'> {
  readonly scheduler: Scheduler;
  readonly entities: readonly Entity[];
  readonly workers: number;
  readonly batchSize: number;
  readonly overlapMs: number;
  readonly pollMs: number;
  readonly polls: boolean;
  /** Null for a bridge that never sweeps. */
  readonly sweepMs: number | null;
}

export interface Bridge {
  readonly process: Process;
  readonly receive: Receive;
  /** There is work: workers that rest look now. */
  nudge(): void;
}

const HEARTBEAT_MS = 20_000;
/**
 * The real workers look every second, and hear a nudge that comes while they look; that nothing depends on either, these
 * show by being slower and missing it.
 */
export const IDLE_MS = 60_000;
const NONE: ReadonlySet<string> = new Set();
const LOG: Log = { debug() {}, info() {}, warn() {}, error() {} };

export function startBridge(
  options: BridgeOptions,
  process: Process,
  store: Store,
  sides: { readonly app: Backend; readonly odoo: Backend },
): Bridge {
  const { scheduler, entities, workers, batchSize, overlapMs, pollMs, polls, sweepMs, policy, instance, callMaxMs } =
    options;
  const sleepers = new Set<() => void>();
  const context: ReconcileContext = {
    links: store.links,
    ...sides,
    log: LOG,
    now: scheduler.now,
    random: scheduler.random.next,
    policy,
    instance,
    callMaxMs,
  };
  const workOnce = createWork(context, { batchSize, paused: async () => NONE, isStopping: () => false, underLease });
  const names: ReadonlySet<string> = new Set(entities.map(({ name }) => name));
  const receive = createGroupCommit((deliveries: readonly Delivery[]) => store.links.receive(deliveries));

  function nap(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        sleepers.delete(wake);
        callOff();
        process.resume(resolve);
      };
      sleepers.add(wake);
      const callOff = scheduler.after(ms, wake);
    });
  }

  async function underLease(claim: Claim, pass: () => Promise<void>): Promise<void> {
    let over = false;
    async function beat(): Promise<void> {
      for (;;) {
        await process.sleep(HEARTBEAT_MS);
        if (over) return;
        await store.links.renewLease(claim).catch(() => null);
      }
    }
    void beat();
    try {
      await pass();
    } finally {
      over = true;
    }
  }

  async function work(): Promise<never> {
    for (;;) {
      const busy = await workOnce().catch(() => false);
      if (!busy) await nap(IDLE_MS);
    }
  }

  async function pollForEver(): Promise<void> {
    await process.sleep(scheduler.random.between(0, 3_000));
    for (;;) {
      for (const backend of [sides.app, sides.odoo]) {
        for (const entity of entities) {
          // A side that is away keeps its cursor: what it missed is in the window of the next poll.
          await poll(
            { links: store.links, cursors: store.cursors, overlapMs, now: scheduler.now },
            backend,
            entity,
          ).catch(() => null);
        }
      }
      if (!polls) return;
      await process.sleep(pollMs);
    }
  }

  async function sweepForEver(everyMs: number): Promise<void> {
    for (;;) {
      await process.sleep(scheduler.random.between(everyMs / 2, everyMs));
      const context = { links: store.links, cursors: store.cursors, ...sides, now: scheduler.now };
      await sweep(context, entities).catch(() => null);
    }
  }

  for (let index = 0; index < workers; index += 1) void work();
  void pollForEver();
  if (sweepMs !== null) void sweepForEver(sweepMs);
  return {
    process,
    receive: (delivery) =>
      delivery.entity === null || names.has(delivery.entity) ? receive(delivery) : Promise.resolve(),
    nudge() {
      if (sleepers.size === 0) return;
      scheduler.after(scheduler.random.between(1, 5), () => {
        for (const wake of [...sleepers]) wake();
      });
    },
  };
}
