/** The full report of GET /healthz, as contract §4 shapes it. */
import type { ClockOffset } from './backends/backend.ts';
import type { Breaker } from './backends/breaker.ts';
import { look } from './backends/look.ts';
import { ping } from './backends/odoo/ping.ts';
import type { Context } from './context.ts';
import { teacher } from './entities/teacher.ts';
import { BridgeError, describeError, RetryableError } from './errors.ts';
import type { HealthReport } from './http/health.ts';
import { readCertificate } from './sources/sweep.ts';

/** Neither side may hold the report up, besides the turns that its calls (three at most) wait for under the rate limit. */
const PROBE_MS = 5_000;
const PROBE_CALLS = 3;

export async function reportHealth(context: Context): Promise<HealthReport> {
  const { breakers, config } = context;
  const callsPerSecond = config.ODOO_CALLS_PER_SECOND;
  const turnsMs = callsPerSecond === 0 ? 0 : PROBE_CALLS * (1_000 / callsPerSecond);
  const [app, odoo, queue, paused, appPoll, odooPoll, certificate] = await Promise.all([
    probe(() => probeApp(context), PROBE_MS, context.app.clock, breakers.app),
    probe(() => probeOdoo(context), PROBE_MS + turnsMs, context.odoo.clock, breakers.odoo),
    context.reports.queue().catch(() => null),
    context.pauses.paused().catch(() => null),
    context.cursors.movedAt('polled:app:').catch(() => null),
    context.cursors.movedAt('polled:odoo:').catch(() => null),
    readCertificate(context.cursors).catch(() => null),
  ]);
  const calm = app.reachable && odoo.reachable && queue?.parked === 0 && queue.held === 0 && paused?.size === 0;
  return {
    status: queue === null ? 'fail' : calm ? 'ok' : 'warn',
    sides: { app, odoo },
    queue: { depth: queue?.depth ?? null, oldest_seconds: queue?.oldest_seconds ?? null },
    parked: queue?.parked ?? null,
    held: queue?.held ?? null,
    paused: paused && [...paused].sort(),
    last_poll: { app: appPoll?.toISOString() ?? null, odoo: odooPoll?.toISOString() ?? null },
    certificate,
  };
}

async function probeApp({ app }: Context) {
  await app.readChanged(teacher, Date.now(), null);
  return {};
}

async function probeOdoo(context: Context) {
  const odoo = await context.odoo.connected();
  await ping(odoo.transport);
  return {
    version: odoo.version.full,
    transport: odoo.transport.kind,
    compare_and_set: await odoo.hasCompareAndSet().catch(unknownWithoutDatabase),
  };
}

/** Which action it is stands in our own database: that being away says nothing of Odoo. */
function unknownWithoutDatabase(error: unknown): null {
  if (error instanceof BridgeError) throw error;
  return null;
}

/**
 * Asks in truth, even while the breaker is open, so that what is shown is of now; an answer closes it. Only a side that
 * asked for a pause, or refused the key, is not disturbed: its last words are shown, which nothing here can change.
 * A side that is away is not tripped by this: being looked at often says nothing about it.
 */
async function probe(
  ask: () => Promise<Record<string, unknown>>,
  patienceMs: number,
  clock: () => ClockOffset,
  breaker: Breaker,
): Promise<{ reachable: boolean; [part: string]: unknown }> {
  try {
    const details = await Promise.race([look(ask), giveUp(patienceMs)]);
    const { offsetMs, uncertaintyMs } = clock();
    const measured = { clock_offset_ms: offsetMs, uncertainty_ms: uncertaintyMs };
    return { reachable: true, breaker: breaker.state(), ...measured, ...details };
  } catch (error) {
    return { reachable: false, breaker: breaker.state(), error: describeError(error) };
  }
}

function giveUp(afterMs: number): Promise<never> {
  const error = new RetryableError(
    {
      code: 'no_answer',
      message: `It did not answer within ${Math.ceil(afterMs / 1_000)} s.`,
      remedy: 'Look at its load, and at the network and the proxy before it.',
    },
    'unknown',
  );
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(error), afterMs).unref();
  });
}
