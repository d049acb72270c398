/** The HTTP face: limits against slow and large requests, problem+json, and the routes. */
import sensible from '@fastify/sensible';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Audit } from '../links/audit.ts';
import type { Decisions } from '../links/decisions.ts';
import type { IdempotencyKeys } from '../links/idempotency-keys.ts';
import type { Logs } from '../links/logs.ts';
import type { Reports } from '../links/reports.ts';
import type { Retries } from '../links/retries.ts';
import { type AccountingOptions, accountingRoutes } from './accounting-routes.ts';
import { installActions } from './actions.ts';
import { auditRoutes } from './audit-routes.ts';
import { type AuthorizeOptions, requireToken } from './authorize.ts';
import { decisionRoutes } from './decision-routes.ts';
import { docsPage, docsRoutes } from './docs-routes.ts';
import { type DoctorOptions, doctorRoutes } from './doctor-routes.ts';
import { type EraseOptions, eraseRoutes } from './erase-routes.ts';
import { type ExplainOptions, explainRoutes } from './explain-routes.ts';
import { type HealthOptions, healthRoutes, openHealthRoutes } from './health.ts';
import { logRoutes } from './log-routes.ts';
import { type MetricsOptions, metricsRoutes } from './metrics-routes.ts';
import type { AboutApi } from './openapi.ts';
import { collectOperations } from './operation.ts';
import { opsRoutes } from './ops-routes.ts';
import { type OverviewOptions, overviewRoutes } from './overview-routes.ts';
import { type PauseOptions, pauseRoutes } from './pause-routes.ts';
import { installProblems } from './problem.ts';
import { problemPages } from './problem-pages.ts';
import { reportRoutes } from './report-routes.ts';
import { retryRoutes } from './retry-routes.ts';
import { type SyncRouteOptions, syncRoutes } from './sync-routes.ts';
import { type WebhookOptions, webhookRoutes } from './webhooks.ts';

export interface ServerOptions extends Omit<AuthorizeOptions, 'audit'> {
  readonly logger: FastifyBaseLogger;
  readonly about: AboutApi;
  readonly audit: Audit;
  readonly keys: IdempotencyKeys;
  readonly webhooks: WebhookOptions;
  readonly health: HealthOptions;
  readonly sync: SyncRouteOptions;
  readonly logs: Logs;
  readonly retries: Retries;
  readonly reports: Reports;
  readonly decisions: Decisions;
  readonly explain: ExplainOptions;
  readonly erase: EraseOptions;
  readonly pause: PauseOptions;
  readonly accounting: AccountingOptions;
  readonly doctor: DoctorOptions;
  readonly metrics: MetricsOptions;
  readonly overview: OverviewOptions;
}

/** `curl -X POST -H 'content-type: application/json'` means no wishes, not bad ones. */
function acceptEmptyBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parse(request, body, done),
  );
}

export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const server = Fastify({
    loggerInstance: options.logger,
    // Fastify's own request log repeats the URL, and the URL of Odoo's webhook carries its token.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
    connectionTimeout: 15_000,
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 256 },
    // Only together do these end a request whose body stalls: see docs/odoo-facts.md.
    requestTimeout: 10_000,
    http: { headersTimeout: 8_000, connectionsCheckingInterval: 1_000 },
    genReqId: () => crypto.randomUUID(),
  });
  collectOperations(server);
  installProblems(server, options.about.publicUrl);
  await server.register(sensible);
  await server.register(webhookRoutes, options.webhooks);
  await server.register(openHealthRoutes, options.health);
  await server.register(docsPage);
  await server.register(problemPages);
  await server.register(opsRoutes);
  await server.register(async (operators) => {
    requireToken(operators, options);
    installActions(operators, options);
    acceptEmptyBodies(operators);
    await operators.register(healthRoutes, options.health);
    await operators.register(syncRoutes, options.sync);
    await operators.register(logRoutes, { logs: options.logs });
    await operators.register(retryRoutes, { retries: options.retries });
    await operators.register(reportRoutes, { reports: options.reports });
    await operators.register(decisionRoutes, { decisions: options.decisions });
    await operators.register(explainRoutes, options.explain);
    await operators.register(eraseRoutes, options.erase);
    await operators.register(pauseRoutes, options.pause);
    await operators.register(auditRoutes, { audit: options.audit });
    await operators.register(accountingRoutes, options.accounting);
    await operators.register(doctorRoutes, options.doctor);
    await operators.register(metricsRoutes, options.metrics);
    await operators.register(overviewRoutes, options.overview);
    await operators.register(docsRoutes, options.about);
  });
  return server;
}
