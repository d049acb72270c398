/** The controller: workers that look for work whenever they are nudged, and every second anyway; it keeps their leases alive. */
import { describeError } from '../errors.ts';
import type { Claim } from '../links/links.ts';
import { createBell } from './bell.ts';
import type { ReconcileContext } from './context.ts';
import { createWork } from './work.ts';

export interface ControllerOptions {
  /** Batches in work at once. Odoo answers no faster beyond two callers. */
  readonly workers?: number;
  /** Links of the first worker's batches; those of each further one are smaller. */
  readonly batchSize?: number;
  /** How often the table is looked at when nobody nudges, in milliseconds. */
  readonly pollMs?: number;
  /** Entities that a person paused. */
  readonly paused?: () => Promise<ReadonlySet<string>>;
}

export interface Controller {
  /** There is work: look now. */
  nudge(): void;
  /** Ends after the batches in work; their links are settled or given back. */
  stop(): Promise<void>;
}

const HEARTBEAT_MS = 20_000;

export function startController(context: ReconcileContext, options: ControllerOptions = {}): Controller {
  const { workers = 2, batchSize = 400, pollMs = 1_000, paused = async () => new Set() } = options;
  const bell = createBell();
  let stopped = false;
  const workOnce = createWork(context, { batchSize, paused, isStopping: () => stopped, underLease });

  async function underLease(claim: Claim, pass: () => Promise<void>): Promise<void> {
    const heartbeat = setInterval(() => context.links.renewLease(claim).catch(() => null), HEARTBEAT_MS);
    try {
      await pass();
    } finally {
      clearInterval(heartbeat);
    }
  }

  async function work(limit: number): Promise<void> {
    while (!stopped) {
      const heard = bell.listen();
      try {
        if (!(await workOnce(limit))) await heard(pollMs);
      } catch (error) {
        // The store itself: without it there is nothing to do but wait.
        context.log.warn({ code: describeError(error).code, pauseMs: pollMs }, 'the database does not answer');
        await bell.sleep(pollMs);
      }
    }
  }

  // With batches of one size they would fall into step: all wait for Odoo at once, and then Odoo waits for all of them.
  const share = (worker: number) => Math.ceil((batchSize * (workers + 1 - worker)) / (workers + 1));
  const running = Array.from({ length: workers }, (_, worker) => work(share(worker)));
  return {
    nudge: () => bell.ring(),
    async stop() {
      stopped = true;
      bell.end();
      await Promise.all(running);
    },
  };
}
