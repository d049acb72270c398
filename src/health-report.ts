/** The full report of GET /healthz, as contract §4 shapes it. */
import type { Context } from './context.ts';
import { teacher } from './entities/teacher.ts';
import { BridgeError, describeError } from './errors.ts';
import type { HealthReport } from './http/health.ts';

/** Neither side may hold the report up. */
const PROBE_MS = 5_000;

export async function reportHealth(context: Context): Promise<HealthReport> {
  const [app, odoo, queue, appPoll, odooPoll] = await Promise.all([
    probe(() => context.app.readChanged(teacher, Date.now(), null).then(() => ({})), context.app.clock),
    probe(() => probeOdoo(context), context.odoo.clock),
    context.reports.queue().catch(() => null),
    context.cursors.movedAt('poll:app:').catch(() => null),
    context.cursors.movedAt('poll:odoo:').catch(() => null),
  ]);
  const calm = app.reachable && odoo.reachable && queue?.parked === 0 && queue.held === 0;
  return {
    status: queue === null ? 'fail' : calm ? 'ok' : 'warn',
    sides: { app, odoo },
    queue: { depth: queue?.depth ?? null, oldest_seconds: queue?.oldest_seconds ?? null },
    parked: queue?.parked ?? null,
    held: queue?.held ?? null,
    last_poll: { app: appPoll?.toISOString() ?? null, odoo: odooPoll?.toISOString() ?? null },
    certificate: null,
  };
}

async function probeOdoo(context: Context) {
  const odoo = await context.odoo.connected();
  // One small call that any user may make; the user's id is remembered and would say nothing of now.
  await odoo.transport.call({ model: 'res.users', method: 'context_get' });
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

async function probe(
  ask: () => Promise<Record<string, unknown>>,
  clock: () => { offsetMs: number; uncertaintyMs: number },
): Promise<{ reachable: boolean; [part: string]: unknown }> {
  try {
    const details = await Promise.race([ask(), timeout()]);
    const { offsetMs, uncertaintyMs } = clock();
    return { reachable: true, clock_offset_ms: offsetMs, uncertainty_ms: uncertaintyMs, ...details };
  } catch (error) {
    return { reachable: false, error: describeError(error) };
  }
}

function timeout(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('timeout')), PROBE_MS).unref();
  });
}
