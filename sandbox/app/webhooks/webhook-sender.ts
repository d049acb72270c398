/** Empties the outbox: at once when woken after a commit, later for what has to be tried again. */
import type { FastifyBaseLogger } from 'fastify';
import type { Db } from '../data/open-database.ts';
import { describeError } from '../describe-error.ts';
import { deliverEvent, type Endpoint, openEndpoint, retryDelay, type WebhookTarget } from './deliver-event.ts';
import { claimEvents, type OutboxEvent, postponeEvents, readNextDelay, removeEvents } from './outbox.ts';

/** Deliveries at the same time: `LANES` times `CHUNK`. */
const LANES = 2;
const CHUNK = 4;
const DATABASE_RETRY_MS = 1_000;
const CLOSE_GRACE_MS = 1_000;

/** What the writers of records know of it. */
export interface Outbox {
  /** Without a receiver no event is recorded. */
  isWanted(): boolean;
  wake(): void;
}

export interface WebhookSender extends Outbox {
  /** Null: nothing is sent or recorded from now on; what is already recorded waits for the next receiver. */
  setTarget(target: WebhookTarget | null): void;
  /** Ends within about a second; what was under way is sent again by the next process. */
  close(): Promise<void>;
}

/** Idle until it is given a target. */
export function startWebhookSender(db: Db, logger: FastifyBaseLogger | undefined): WebhookSender {
  const abort = new AbortController();
  const lanes = new Set<Promise<void>>();
  let endpoint: Endpoint | null = null;
  let closed = false;
  let running = 0;
  let again = false;
  let timer: { readonly at: number; readonly handle: NodeJS.Timeout } | undefined;

  function wake(): void {
    if (closed || endpoint === null) return;
    again = true;
    while (running < LANES) {
      running += 1;
      const lane = runLane();
      lanes.add(lane);
      void lane.then(() => lanes.delete(lane));
    }
  }

  async function runLane(): Promise<void> {
    let delay: number | null = null;
    try {
      while (!closed && endpoint !== null) {
        again = false;
        const events = await claimEvents(db, CHUNK);
        if (events.length === CHUNK) wake();
        if (events.length > 0) await deliverChunk(endpoint, events);
        // A wake-up during the claim may have been for an event that the claim did not see.
        else if (!again) break;
      }
      running -= 1;
    } catch (error) {
      running -= 1;
      delay = reportTrouble(error);
    }
    if (closed) return;
    delay ??= await readNextDelay(db).catch(reportTrouble);
    if (delay !== null) wakeLater(delay);
  }

  function reportTrouble(error: unknown): number {
    logger?.error(describeError(error), 'the outbox cannot be read');
    return DATABASE_RETRY_MS;
  }

  async function deliverChunk(to: Endpoint | null, events: readonly OutboxEvent[]): Promise<void> {
    const accepted: string[] = [];
    const failed: { id: string; delayMs: number }[] = [];
    const deliverOne = async (event: OutboxEvent): Promise<void> => {
      if (to === null || closed) {
        failed.push({ id: event.id, delayMs: 0 });
        return;
      }
      const delivery = await deliverEvent(to, event, abort.signal);
      if (delivery.kind === 'accepted') {
        accepted.push(event.id);
        return;
      }
      const delayMs = Math.max(retryDelay(event.attempts, Math.random()), delivery.retryAfterMs ?? 0);
      failed.push({ id: event.id, delayMs: closed ? 0 : delayMs });
      logger?.warn({ webhookId: event.id, reason: delivery.reason, attempts: event.attempts }, 'webhook not delivered');
    };
    await Promise.all(events.map(deliverOne));
    await Promise.all([removeEvents(db, accepted), postponeEvents(db, failed)]);
  }

  /** Only ever earlier: a timer that comes too soon finds nothing and does no harm. */
  function wakeLater(delayMs: number): void {
    if (closed || endpoint === null) return;
    const at = Date.now() + Math.max(delayMs, 10);
    if (timer !== undefined && timer.at <= at) return;
    clearTimeout(timer?.handle);
    const handle = setTimeout(() => {
      timer = undefined;
      wake();
    }, at - Date.now());
    timer = { at, handle };
  }

  function setTarget(next: WebhookTarget | null): void {
    endpoint = next === null ? null : openEndpoint(next);
    wake();
  }

  async function close(): Promise<void> {
    closed = true;
    clearTimeout(timer?.handle);
    const grace = setTimeout(() => abort.abort(), CLOSE_GRACE_MS);
    await Promise.all(lanes);
    clearTimeout(grace);
  }

  return { isWanted: () => endpoint !== null, wake, setTarget, close };
}
