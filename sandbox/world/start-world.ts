/** PostgreSQL, the travel app, Odoo and the bridge, each as it would run in earnest: its own process, real HTTP. */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { type RunningProgram, runProgram, startProgram } from './child-process.ts';
import { type Forwarder, startForwarder } from './forwarder.ts';
import { findFreePort } from './free-port.ts';
import { type ProvidedOdoo, provideOdoo } from './provide-odoo.ts';

export interface World {
  readonly odoo: ProvidedOdoo;
  /** Between the bridge and Odoo: people reach Odoo directly. */
  readonly wire: Forwarder;
  readonly appUrl: string;
  readonly bridgeUrl: string;
  readonly apiToken: string;
  readonly bridgeEnv: Readonly<Record<string, string>>;
  /** Starts the bridge; what happened before is found by its polls. */
  startBridge(): Promise<void>;
  stopBridge(): Promise<void>;
  /** A command line of the bridge, run to its end. */
  runBridge(...args: string[]): Promise<string>;
  /** GET of the bridge's own interface, as an operator. */
  ask(path: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Folder under DATA_DIR; its databases are made anew. */
  readonly name: string;
  readonly requireReal: boolean;
  readonly simulate?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
}

const SOURCE = join(import.meta.dirname, '..', '..');

export async function startWorld(options: WorldOptions): Promise<World> {
  const closers: (() => Promise<void>)[] = [];
  async function close(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) await closer().catch(() => {});
  }
  try {
    return await build(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  options: WorldOptions,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<World> {
  const { say } = options;
  const dataDir = resolve(process.env.DATA_DIR ?? '.data', options.name);
  const postgres = await startEmbeddedPostgres({ dataDir });
  closers.push(() => postgres.stop());
  const [appDatabase, bridgeDatabase] = await Promise.all(
    ['travel_app', 'odoo_bridge'].map((name) => makeDatabase(postgres.url, name)),
  );
  say('PostgreSQL is up');

  const odoo = await provideOdoo(options);
  closers.push(() => odoo.close());
  say(`Odoo is ${odoo.what}`);
  const wire = await startForwarder(odoo.url);
  closers.push(() => wire.close());

  const port = await findFreePort(3000);
  const bridgeUrl = `http://127.0.0.1:${port}`;
  const secret = () => randomBytes(24).toString('hex');
  const [appToken, apiToken, webhookSecret] = [secret(), secret(), `whsec_${randomBytes(32).toString('base64')}`];
  const app = startProgram(
    join(SOURCE, 'sandbox/app/main.ts'),
    {
      APP_DATABASE_URL: appDatabase ?? '',
      APP_API_TOKEN: appToken,
      BRIDGE_WEBHOOK_URL: `${bridgeUrl}/webhooks/app`,
      BRIDGE_WEBHOOK_SECRET: webhookSecret,
      PORT: String(await findFreePort(4000)),
    },
    /"url":"([^"]+)".*travel app is up/,
  );
  closers.push(() => app.stop());
  const appUrl = (await app.ready)[1] ?? '';
  say('the travel app is up');

  const bridgeEnv = {
    ODOO_URL: wire.url,
    ODOO_DB: odoo.database,
    ODOO_USERNAME: odoo.username,
    ODOO_API_KEY: odoo.apiKey,
    ODOO_WEBHOOK_TOKENS: secret(),
    APP_URL: appUrl,
    APP_API_TOKEN: appToken,
    APP_WEBHOOK_SECRETS: webhookSecret,
    BRIDGE_API_TOKENS: apiToken,
    BRIDGE_PUBLIC_URL: bridgeUrl,
    DATABASE_URL: bridgeDatabase ?? '',
    DATA_DIR: dataDir,
    PORT: String(port),
    ...options.environment,
  };
  let bridge: RunningProgram | null = null;
  closers.push(async () => bridge?.stop());
  return {
    odoo,
    wire,
    appUrl,
    bridgeUrl,
    apiToken,
    bridgeEnv,
    async startBridge() {
      bridge = startProgram(join(SOURCE, 'src/main.ts'), bridgeEnv, /bridge is running/);
      await bridge.ready;
    },
    async stopBridge() {
      await bridge?.stop();
      bridge = null;
    },
    runBridge: (...args) => runProgram([join(SOURCE, 'src/cli.ts'), ...args], bridgeEnv),
    async ask(path) {
      const response = await fetch(`${bridgeUrl}${path}`, { headers: { authorization: `Bearer ${apiToken}` } });
      return (await response.json()) as Record<string, unknown>;
    },
    close,
  };
}

/** Anew each time, so that the same story can be told again. */
async function makeDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`drop database if exists ${name} with (force)`);
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
