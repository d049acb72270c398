/** A whole set-up in this process: travel app, Odoo (simulator or real), bridge, each with a database of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTravelApp, type TravelApp } from '../../sandbox/app/start-app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { createContext } from '../../src/context.ts';
import { createLogger } from '../../src/logger.ts';
import { type RunningBridge, serve } from '../../src/serve.ts';
import { runSetup } from '../../src/setup-odoo.ts';
import type { TestOdoo } from './odoo-lab.ts';
import { createTestDatabase } from './postgres.ts';

export interface BridgeOptions {
  readonly odoo: TestOdoo;
  /** Further variables of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** False leaves Odoo without automations and actions. */
  readonly install?: boolean;
  /** False leaves the app without the bridge's address. */
  readonly webhooks?: boolean;
}

export interface TestSetup {
  readonly app: TravelApp;
  readonly appDatabaseUrl: string;
  readonly bridge: RunningBridge;
  readonly config: Config;
  /** What the bridge is started with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: {
    readonly api: string;
    readonly webhook: string;
    readonly odooToken: string;
    readonly app: string;
  };
  /** Ends the bridge and starts it again on the same database. */
  restart(environment?: Readonly<Record<string, string>>): Promise<void>;
}

interface Teardown {
  teardown(work: () => unknown): unknown;
}

export async function startBridge(t: Teardown, options: BridgeOptions): Promise<TestSetup> {
  const [appDatabase, bridgeDatabase] = await Promise.all([
    createTestDatabase(t, { empty: true }),
    createTestDatabase(t),
  ]);
  const dataDir = await mkdtemp(join(tmpdir(), 'bridge-test-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const secrets = {
    api: randomBytes(16).toString('hex'),
    webhook: `whsec_${randomBytes(24).toString('base64')}`,
    odooToken: randomBytes(16).toString('hex'),
    app: randomBytes(16).toString('hex'),
  };
  const app = await startTravelApp({ databaseUrl: appDatabase.url, apiToken: secrets.app });
  t.teardown(() => app.close());
  const environment: Record<string, string> = {
    ODOO_URL: options.odoo.url,
    ODOO_DB: options.odoo.database,
    ODOO_USERNAME: options.odoo.username,
    ODOO_API_KEY: options.odoo.apiKey,
    ODOO_WEBHOOK_TOKENS: secrets.odooToken,
    APP_URL: app.url,
    APP_API_TOKEN: secrets.app,
    APP_WEBHOOK_SECRETS: secrets.webhook,
    BRIDGE_API_TOKENS: secrets.api,
    DATABASE_URL: bridgeDatabase.url,
    DATA_DIR: dataDir,
    // Rarely, so that a test tells when: schedule.pollNow().
    POLL_CRON: '0 0 1 1 *',
    PORT: '0',
    ...options.environment,
  };
  const alone = options.odoo.version === 14;
  if (options.install !== false && alone) await installAlone(environment);
  const started = await start(environment);
  t.teardown(() => setup.bridge.stop());
  environment.PORT = new URL(started.bridge.url).port;
  environment.BRIDGE_PUBLIC_URL = started.bridge.url;
  const setup = {
    app,
    appDatabaseUrl: appDatabase.url,
    ...started,
    environment,
    secrets,
    async restart(more: Readonly<Record<string, string>> = {}) {
      await setup.bridge.stop();
      Object.assign(setup, await start({ ...environment, ...more }));
    },
  };
  if (options.install !== false && !alone) {
    const config = { ...started.config, BRIDGE_PUBLIC_URL: started.bridge.url };
    await runSetup({ ...started.bridge.context, config }, 'install');
  }
  if (options.webhooks !== false) {
    app.setWebhook({ url: `${started.bridge.url}/webhooks/app`, secret: secrets.webhook });
  }
  return setup;
}

/** As `bridge webhooks install` does, before the bridge runs: in threads Odoo 14 may fail whoever calls while it adds fields. */
async function installAlone(environment: Readonly<Record<string, string>>): Promise<void> {
  const config = readConfig(environment);
  const context = await createContext(
    config,
    createLogger({ level: config.LOG_LEVEL, file: config.LOG_FILE, stdout: false }),
  );
  await runSetup(context, 'install');
  await context.close();
}

async function start(
  environment: Readonly<Record<string, string>>,
): Promise<{ bridge: RunningBridge; config: Config }> {
  const config = readConfig(environment);
  const logger = createLogger({ level: config.LOG_LEVEL, file: config.LOG_FILE, stdout: false });
  return { bridge: await serve(config, logger), config };
}
