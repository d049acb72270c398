/** The running bridge: database, both sides, controller, schedule and HTTP, started in this order and ended backwards. */

import type { FastifyInstance } from 'fastify';
import manifest from '../package.json' with { type: 'json' };
import { type AlertWatch, startAlerts } from './alerts.ts';
import type { Config } from './config.ts';
import { type Context, createContext } from './context.ts';
import { listenOnChannel } from './db/listen.ts';
import { isMigrated } from './db/migrate.ts';
import { examine } from './doctor/examine.ts';
import { createDryRuns, type DryRuns } from './dry-runs.ts';
import { COLLECTIONS, ENTITY_NAMES } from './entities/registry.ts';
import { eraseRecord } from './erase-record.ts';
import { explainRecord } from './explain/explain-record.ts';
import { exportAccounting } from './export-accounting.ts';
import { reportHealth } from './health-report.ts';
import { buildServer } from './http/server.ts';
import { readKeyEnd } from './key-watch.ts';
import { createIdempotencyKeys } from './links/idempotency-keys.ts';
import type { Delivery } from './links/links.ts';
import { CHANNEL } from './links/mark.ts';
import { forgetOld } from './links/retention.ts';
import type { BridgeLogger } from './logger.ts';
import { createMetrics, type MetricSources, type Metrics } from './metrics.ts';
import { readLive, readOverview } from './overview.ts';
import { startController } from './reconcile/controller.ts';
import { reconcileContext } from './reconcile-context.ts';
import { refuseOthers } from './refuse-others.ts';
import { createGroupCommit } from './sources/group-commit.ts';
import { resumeResyncs } from './sources/resync.ts';
import { startRunWatch } from './sources/run-watch.ts';
import { type Schedule, startSchedule } from './sources/schedule.ts';

export interface RunningBridge {
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly context: Context;
  readonly schedule: Schedule;
  readonly alerts: AlertWatch;
  /** Finishes what is in work, then closes everything. */
  stop(): Promise<void>;
}

export async function serve(config: Config, logger: BridgeLogger): Promise<RunningBridge> {
  const metrics = createMetrics();
  const context = await createContext(config, logger, { time: metrics.time });
  const closers: (() => Promise<unknown>)[] = [() => context.close()];
  let stopping: Promise<void> | null = null;
  /** Whoever asks again waits for the same end. */
  function stop(): Promise<void> {
    stopping ??= closeAll();
    return stopping;
  }
  async function closeAll(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) await closer();
  }
  try {
    await refuseOthers(context);
    const controller = startController(reconcileContext({ ...context, links: metrics.watch(context.links) }), {
      paused: context.pauses.paused,
    });
    closers.push(() => controller.stop());
    const listener = listenOnChannel(context.databaseUrl, CHANNEL, () => controller.nudge());
    closers.push(() => listener.stop());
    const dryRuns = createDryRuns(context);
    closers.push(() => dryRuns.stop());
    const server = await buildHttp(context, metrics, dryRuns);
    closers.push(() => closeServer(server));
    const url = await server.listen({ host: config.HOST, port: config.PORT });
    const tidy = async () =>
      void (await forgetOld(context.db, {
        logDays: config.LOG_RETENTION_DAYS,
        auditDays: config.AUDIT_RETENTION_DAYS,
      }));
    const polling = { ...context, overlapMs: config.POLL_OVERLAP_SECONDS * 1000, now: Date.now, tidy };
    const schedule = startSchedule(polling, { poll: config.POLL_CRON, sweep: config.SWEEP_CRON });
    closers.push(() => schedule.stop());
    const alerts = startAlerts(context, { pollEveryMs: schedule.pollEveryMs() });
    closers.push(() => alerts.stop());
    const runWatch = startRunWatch({ ...context, now: Date.now });
    closers.push(() => runWatch.stop());
    void resumeResyncs(context).catch(() =>
      context.log.warn({}, 'the database does not answer; resyncs go on at the next start'),
    );
    context.log.info({ address: url, instance: config.BRIDGE_INSTANCE }, 'bridge is running');
    return { url, context, schedule, alerts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A connection that was busy when closing began is idle soon, and would else be kept for a minute. */
async function closeServer(server: FastifyInstance): Promise<void> {
  const timer = setInterval(() => server.server.closeIdleConnections(), 50);
  try {
    await server.close();
  } finally {
    clearInterval(timer);
  }
}

async function buildHttp(context: Context, metrics: Metrics, dryRuns: DryRuns) {
  const { config } = context;
  const receive = createGroupCommit((deliveries: readonly Delivery[]) => context.links.receive(deliveries));
  return buildServer({
    logger: context.log,
    about: { version: manifest.version, publicUrl: config.BRIDGE_PUBLIC_URL },
    apiTokens: config.BRIDGE_API_TOKENS,
    onRefused: metrics.refused,
    audit: context.audit,
    keys: createIdempotencyKeys(context.db),
    webhooks: {
      appSecrets: config.APP_WEBHOOK_SECRETS,
      odooTokens: config.ODOO_WEBHOOK_TOKENS,
      receive,
      now: Date.now,
      onDelivery: metrics.delivered,
    },
    health: {
      isReady: () => isMigrated(context.db).catch(() => false),
      health: () => reportHealth(context),
    },
    sync: {
      resync: context,
      plan: async (collection, scope) => (await dryRuns.start(collection, scope)).runId,
      changes: context.runChanges,
      collections: COLLECTIONS,
    },
    logs: context.logs,
    retries: context.retries,
    reports: context.reports,
    decisions: context.decisions,
    explain: {
      entities: ENTITY_NAMES,
      explain: (request) => explainRecord({ ...reconcileContext(context), stories: context.stories }, request),
    },
    erase: {
      entities: ENTITY_NAMES,
      erase: (request) => eraseRecord({ ...context, ...reconcileContext(context) }, request),
    },
    pause: { pauses: context.pauses, entities: ENTITY_NAMES },
    accounting: { exportAccounting: (request, signal) => exportAccounting(context, request, signal) },
    overview: { overview: () => readOverview(context), live: () => readLive(context) },
    metrics: { render: () => metrics.render(metricSources(context)) },
    doctor: {
      examine: () => examine({ inspected: { settings: config, faults: new Map() }, databaseUrl: context.databaseUrl }),
    },
  });
}

function metricSources({ reports, cursors, app, odoo, breakers }: Context): MetricSources {
  return {
    queue: () => reports.queue(),
    lastPoll: (side) => cursors.movedAt(`poll:${side}:`),
    keyEnd: () => readKeyEnd(cursors),
    clock: (side) => (side === 'app' ? app : odoo).clock(),
    isOpen: (side) => breakers[side].state() === 'open',
  };
}
