/** PostgreSQL, Odoo, the travel app and the bridge, each as it would run in earnest: its own process, real HTTP. */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { connectOdoo } from '../../src/backends/odoo/connect-odoo.ts';
import type { OdooTransport } from '../../src/backends/odoo/transport.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { type AppPerson, appPerson, type OdooPerson, odooPerson } from '../people/people.ts';
import type { Belongings } from './belongings.ts';
import { type Forwarder, startForwarder } from './forwarder.ts';
import { findFreePort, findQuietPort } from './free-port.ts';
import { type FrontDoor, startFrontDoor } from './front-door.ts';
import { makeDatabase } from './make-database.ts';
import { type Bridge, prepareBridge } from './prepare-bridge.ts';
import { type ProvidedOdoo, provideOdoo } from './provide-odoo.ts';
import { startApp, type WebhookTarget } from './start-app.ts';

export interface World {
  readonly odoo: ProvidedOdoo & {
    /** Its version in full, e.g. `19.0-20251231`. */
    readonly version: string;
  };
  readonly appUrl: string;
  /** The first of its processes. */
  readonly bridge: Bridge;
  /** All of its processes; they share one database. */
  readonly bridges: readonly Bridge[];
  /** What stands before several processes. */
  readonly door: FrontDoor | null;
  /** Of the bridge. */
  readonly databaseUrl: string;
  /** Its BRIDGE_INSTANCE. */
  readonly instance: string;
  /** Where and how the app's events are posted. */
  readonly webhook: WebhookTarget;
  readonly atApp: AppPerson;
  readonly atOdoo: OdooPerson;
  /** The way to Odoo that the person there uses. */
  readonly transport: OdooTransport;
  /** To Odoo and from Odoo, if the world is wired: people reach Odoo directly. */
  readonly wires: readonly Forwarder[];
}

export interface WorldOptions {
  /** Folder under DATA_DIR; its databases are made anew. */
  readonly name: string;
  readonly requireReal: boolean;
  readonly simulate: boolean;
  /** Puts forwarders between the bridge and Odoo, so that the one can be cut off from the other. */
  readonly wired: boolean;
  /** False leaves the app without webhooks: the bridge's polls find what changed. */
  readonly appWebhooks: boolean;
  /** How many processes of the bridge there are: one, if not said. */
  readonly processes?: number;
  /** Where there are several processes: whether the next event is lost on its way to them. */
  readonly isLost?: () => boolean;
  /** Further variables of the bridge. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
}

const USUAL_BRIDGE_PORT = 3000;

/** All but the bridge is up when it returns. */
export async function startWorld(options: WorldOptions, belongings: Belongings): Promise<World> {
  const { say } = options;
  const dataDir = resolve(process.env.DATA_DIR || '.data', options.name);
  const postgres = await startEmbeddedPostgres({ dataDir, log: say });
  await belongings.own(() => postgres.stop());
  const appDatabase = await makeDatabase(postgres.url, 'travel_app');
  const bridgeDatabase = await makeDatabase(postgres.url, 'odoo_bridge');
  say('PostgreSQL is up, with one database for the app and one for the bridge');

  const odoo = await provideOdoo(options, belongings);
  const { transport, version } = await connectOdoo({ ...odoo, transport: 'auto' });
  say(`Odoo is ${odoo.what}: ${version.full}`);

  const { processes = 1 } = options;
  const ports = processes === 1 ? [await findFreePort(USUAL_BRIDGE_PORT)] : [];
  while (ports.length < processes) ports.push(await findOtherPort(ports));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const door = urls.length > 1 ? await startFrontDoor(urls, options.isLost) : null;
  if (door) await belongings.own(() => door.close());
  const entrance = door?.url ?? urls[0] ?? '';
  const wires: Forwarder[] = [];
  for (const target of options.wired ? [odoo.url, entrance] : []) {
    const wire = await startForwarder(target);
    wires.push(wire);
    await belongings.own(() => wire.close());
  }

  const [appToken, bridgeToken, odooToken] = [makeSecret(), makeSecret(), makeSecret()];
  const webhook = { url: `${entrance}/webhooks/app`, secret: `whsec_${randomBytes(32).toString('base64')}` };
  const appUrl = await startApp(
    {
      databaseUrl: appDatabase,
      token: appToken,
      logFile: join(dataDir, 'app.log'),
      webhook: options.appWebhooks ? webhook : null,
    },
    belongings,
  );
  say(`the travel app is up at ${appUrl}`);

  const instance = `demo${odoo.mark}`;
  const environment = {
    ODOO_URL: wires[0]?.url ?? odoo.url,
    ODOO_DB: odoo.database,
    ODOO_USERNAME: odoo.username,
    ODOO_API_KEY: odoo.apiKey,
    ODOO_WEBHOOK_TOKENS: odooToken,
    APP_URL: appUrl,
    APP_API_TOKEN: appToken,
    APP_WEBHOOK_SECRETS: webhook.secret,
    BRIDGE_API_TOKENS: bridgeToken,
    BRIDGE_PUBLIC_URL: wires[1]?.url ?? entrance,
    BRIDGE_INSTANCE: instance,
    DATABASE_URL: bridgeDatabase,
    DATA_DIR: dataDir,
    ...options.environment,
  };
  const prepare = (port: number, index: number): Bridge => {
    const own = { PORT: String(port), LOG_FILE: join(dataDir, index === 0 ? 'bridge.log' : `bridge-${index + 1}.log`) };
    return prepareBridge({ url: `http://127.0.0.1:${port}`, token: bridgeToken, env: { ...environment, ...own } });
  };
  const bridge = prepare(ports[0] ?? 0, 0);
  const bridges = [bridge, ...ports.slice(1).map((port, index) => prepare(port, index + 1))];
  // An Odoo that stays must not go on calling a bridge that is gone.
  if (odoo.kind === 'named') await belongings.own(() => bridge.run('webhooks', 'remove'));
  for (const one of bridges) await belongings.own(() => one.stop());
  return {
    odoo: { ...odoo, version: version.full },
    appUrl,
    bridge,
    bridges,
    door,
    databaseUrl: bridgeDatabase,
    instance,
    webhook,
    wires,
    atApp: appPerson(appUrl),
    atOdoo: odooPerson(odoo, transport),
    transport,
  };
}

/** Nobody listens on them yet: the same port could be found twice. */
async function findOtherPort(taken: readonly number[]): Promise<number> {
  for (;;) {
    const port = await findQuietPort();
    if (!taken.includes(port)) return port;
  }
}

function makeSecret(): string {
  return randomBytes(24).toString('hex');
}
