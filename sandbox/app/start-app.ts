/** The reference travel app: what a user's own app would be, small, over real HTTP and a real database. */
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginCallback,
  LogController,
} from 'fastify';
import { registerBridgeRoutes } from './bridge/bridge-routes.ts';
import type { Store } from './data/apply-operations.ts';
import { forgetOldKeys } from './data/idempotency-keys.ts';
import { openDatabase } from './data/open-database.ts';
import { describeError } from './describe-error.ts';
import { registerApiRoutes } from './people/api-routes.ts';
import { registerPageRoutes } from './people/page-routes.ts';
import { refuseOtherSites } from './people/refuse-other-sites.ts';
import { answerNotFound, answerProblem } from './problem.ts';
import type { WebhookTarget } from './webhooks/deliver-event.ts';
import { startWebhookSender } from './webhooks/webhook-sender.ts';

/** 200 operations of 80 KiB each. */
const BODY_LIMIT = 16 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const FORGET_EVERY_MS = 3_600_000;

export interface TravelAppOptions {
  /** PostgreSQL; the app keeps to its own schema `travel_app`, which it creates. */
  readonly databaseUrl: string;
  /** 127.0.0.1 by default: people need no password here. */
  readonly host?: string;
  /** Any free one by default. */
  readonly port?: number;
  /** What the bridge must send as `Authorization: Bearer`. */
  readonly apiToken: string;
  readonly webhook?: WebhookTarget;
  readonly logger?: FastifyBaseLogger;
}

export interface TravelApp {
  /** Without a slash at its end. */
  readonly url: string;
  /** Null: no event is recorded or sent from now on; those recorded before wait for the next receiver. */
  setWebhook(target: WebhookTarget | null): void;
  /** Answers what has been asked, and ends; events not yet delivered stay in the database. */
  close(): Promise<void>;
}

/** @throws when the database cannot be reached, the port is taken or the webhook target is malformed */
export async function startTravelApp(options: TravelAppOptions): Promise<TravelApp> {
  const log = options.logger;
  // What has been opened is closed in reverse: at the end, or at once when a later step fails.
  await using opened = new AsyncDisposableStack();
  const onConnectionLost = (code: string) => log?.warn({ code }, 'database connection lost');
  const db = opened.adopt(await openDatabase(options.databaseUrl, onConnectionLost), (db) => db.destroy());
  const sender = opened.adopt(startWebhookSender(db, log), (sender) => sender.close());
  sender.setTarget(options.webhook ?? null);
  const forget = () =>
    forgetOldKeys(db).catch((error: unknown) => log?.error(describeError(error), 'old keys not forgotten'));
  opened.adopt(setInterval(forget, FORGET_EVERY_MS), clearInterval);
  const server = opened.adopt(createServer(log), (server) => server.close());
  registerRoutes(server, { db, outbox: sender }, options.apiToken);
  const url = await server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
  const running = opened.move();
  return { url, setWebhook: sender.setTarget, close: () => running.disposeAsync() };
}

function createServer(logger: FastifyBaseLogger | undefined): FastifyInstance {
  return fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Its lines would hold e-mail addresses, which stand in the query.
    logController: new LogController({ disableRequestLogging: true }),
  });
}

function registerRoutes(server: FastifyInstance, store: Store, apiToken: string): void {
  server.setErrorHandler(answerProblem);
  server.setNotFoundHandler(answerNotFound);
  server.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const ms = Math.round(reply.elapsedTime);
    request.log.info({ method, route: routeOptions.url, status: reply.statusCode, ms }, 'answered');
  });
  server.register(
    within((bridge) => registerBridgeRoutes(bridge, { store, apiToken })),
    { prefix: '/bridge' },
  );
  server.register(
    within((people) => {
      people.addHook('onRequest', refuseOtherSites);
      people.register(
        within((api) => registerApiRoutes(api, store)),
        { prefix: '/api' },
      );
      people.register(within((pages) => registerPageRoutes(pages, store)));
    }),
  );
}

/** Hooks and parsers added inside hold for the routes inside only. */
function within(add: (server: FastifyInstance) => void): FastifyPluginCallback {
  return (server, _options, done) => {
    add(server);
    done();
  };
}
