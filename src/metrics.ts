/**
 * What Prometheus may scrape, in base units. Counters and durations are of this process; what stands in the database
 * (queue, parked, held, polls) is the same from each. Labels have few values, and none is about a record.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ClockOffset } from './backends/backend.ts';
import { UNMEASURED } from './backends/clock-offset.ts';
import { BridgeError, RetryableError, SetupError } from './errors.ts';
import type { Delivery, Links, Settlement } from './links/links.ts';

export type DeliveryOutcome = 'accepted' | 'duplicate' | 'unauthorized' | 'unprocessable';

/** What is looked at when somebody scrapes. */
export interface MetricSources {
  queue(): Promise<{ depth: number; oldest_seconds: number; parked: number; held: number }>;
  /** When the cursor that is furthest behind was moved; null before the first poll. */
  lastPoll(side: Side): Promise<Date | null>;
  /** When the API key ends, in milliseconds since 1970; null when it never does, or is not known. */
  keyEnd(): Promise<number | null>;
  clock(side: Side): ClockOffset;
  isOpen(side: Side): boolean;
}

export interface Metrics {
  /** @param delivery null for one that was refused */
  delivered(source: Side, delivery: Delivery | null, outcome: DeliveryOutcome): void;
  /** A request of the interface: nobody knows its token, or it may not do that. */
  refused(reason: 'token_needed' | 'scope_missing'): void;
  /** Counts what is settled through it. */
  watch(links: Links): Links;
  /** Times the call, and tells what became of it. */
  time<T>(side: Side, call: () => Promise<T>): Promise<T>;
  render(sources: MetricSources): Promise<{ readonly mediaType: string; readonly body: string }>;
}

type Side = Delivery['source'];
const SIDES: readonly Side[] = ['app', 'odoo'];
/** From a quick look to the deadline of a call. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createMetrics(): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const deliveries = new Counter({
    name: 'bridge_deliveries_total',
    help: 'Webhooks received. Events of Odoo name a model, not an entity.',
    labelNames: ['source', 'entity', 'outcome'] as const,
    registers,
  });
  const refusals = new Counter({
    name: 'bridge_requests_refused_total',
    help: 'Requests without a known token (token_needed), or whose token lacks the scope (scope_missing).',
    labelNames: ['reason'] as const,
    registers,
  });
  const reconciled = new Counter({
    name: 'bridge_reconciled_total',
    help: 'Records settled, by what was decided.',
    labelNames: ['entity', 'decision'] as const,
    registers,
  });
  const conflicts = new Counter({
    name: 'bridge_conflicts_total',
    help: 'Fields that both sides had changed, by the side that won.',
    labelNames: ['winner'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'bridge_rpc_duration_seconds',
    help: 'Calls to a side, from sending to the answer.',
    labelNames: ['side', 'outcome'] as const,
    buckets: BUCKETS,
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const sideGauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['side'] as const, registers });
  const databaseUp = gauge('bridge_database_up', '1 when the database answered this scrape, else 0.');
  const lag = gauge('bridge_sync_lag_seconds', 'How long the oldest change waits to be reconciled; 0 when none does.');
  const depth = gauge('bridge_queue_depth', 'Records that wait to be reconciled, and events to be looked at.');
  const parked = gauge('bridge_parked', 'Records that were set aside with an error.');
  const held = gauge('bridge_held', 'Records that wait for a person.');
  const keyEnd = gauge('bridge_api_key_expiry_timestamp_seconds', 'When the API key of Odoo ends; absent when never.');
  const lastPoll = sideGauge(
    'bridge_last_poll_timestamp_seconds',
    'When the poll that is furthest behind was finished.',
  );
  const offset = sideGauge('bridge_clock_offset_seconds', "How far a side's clock is ahead of ours.");
  const open = sideGauge('bridge_breaker_open', '1 while a side is left alone because it failed, else 0.');

  async function readDatabase(sources: MetricSources): Promise<void> {
    try {
      const queue = await sources.queue();
      lag.set(queue.oldest_seconds);
      depth.set(queue.depth);
      parked.set(queue.parked);
      held.set(queue.held);
      setOrRemove(keyEnd, {}, toSeconds(await sources.keyEnd()));
      for (const side of SIDES) {
        setOrRemove(lastPoll, { side }, toSeconds((await sources.lastPoll(side))?.getTime() ?? null));
      }
      databaseUp.set(1);
    } catch {
      databaseUp.set(0);
      // A figure of before would look like one of now.
      for (const stale of [lag, depth, parked, held, keyEnd]) stale.remove();
      for (const side of SIDES) lastPoll.remove({ side });
    }
  }

  return {
    delivered(source, delivery, outcome) {
      deliveries.inc({ source, entity: delivery?.entity ?? delivery?.odooModel ?? 'unknown', outcome });
    },
    refused: (reason) => refusals.inc({ reason }),
    watch: (links) => ({
      ...links,
      async settle(claim, settlements, info) {
        const refused = await links.settle(claim, settlements, info);
        for (const { outcome } of settlements) reconciled.inc({ entity: claim.entity, decision: outcome });
        for (const { winner } of settlements.flatMap(lost)) conflicts.inc({ winner });
        return refused;
      },
    }),
    async time(side, call) {
      const end = durations.startTimer({ side });
      try {
        const value = await call();
        end({ outcome: 'ok' });
        return value;
      } catch (error) {
        end({ outcome: outcomeOf(error) });
        throw error;
      }
    },
    async render(sources) {
      await readDatabase(sources);
      for (const side of SIDES) {
        const clock = sources.clock(side);
        const known = clock.uncertaintyMs < UNMEASURED.uncertaintyMs;
        setOrRemove(offset, { side }, known ? clock.offsetMs / 1_000 : null);
        open.set({ side }, sources.isOpen(side) ? 1 : 0);
      }
      // Between two scrapes in quick succession nothing was measured; the library writes that otherwise than the format.
      const body = (await register.metrics()).replaceAll(/ Nan$/gm, ' NaN');
      return { mediaType: register.contentType, body };
    },
  };
}

function lost({ conflicts }: Settlement) {
  return conflicts ?? [];
}

function toSeconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1_000;
}

function setOrRemove<Label extends string>(
  gauge: Gauge<Label>,
  labels: Partial<Record<Label, string>>,
  value: number | null,
) {
  if (value === null) gauge.remove(labels);
  else gauge.set(labels, value);
}

/** What is to be done about it, as the classes of errors say. */
function outcomeOf(error: unknown): string {
  if (error instanceof RetryableError) return 'retryable';
  if (error instanceof SetupError) return 'setup';
  return error instanceof BridgeError ? 'terminal' : 'internal';
}
