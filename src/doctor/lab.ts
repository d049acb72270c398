/** What the checks share: each connection is made once, by whoever needs it first, and closed when all are done. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type AppClient, createAppClient } from '../backends/app/app-client.ts';
import { type ClockEstimate, createClockEstimate } from '../backends/clock-offset.ts';
import type { Gate } from '../backends/gate.ts';
import { connectOdoo, fetchOdooVersion } from '../backends/odoo/connect-odoo.ts';
import { inCompany } from '../backends/odoo/in-company.ts';
import { ping } from '../backends/odoo/ping.ts';
import type { OdooTransport, OdooVersion } from '../backends/odoo/transport.ts';
import { createRateLimit } from '../backends/rate-limit.ts';
import type { Config, InspectedConfig } from '../config.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { type Db, openDatabase } from '../db/open-database.ts';
import { describeError } from '../errors.ts';
import { type Cursors, createCursors } from '../links/cursors.ts';
import { Unmet } from './check.ts';

export interface Connection {
  readonly transport: OdooTransport;
  readonly version: OdooVersion;
}

export interface Database {
  readonly db: Db;
  readonly url: string;
  readonly cursors: Cursors;
}

export interface LabOptions {
  readonly inspected: InspectedConfig;
  /** Of a bridge that runs already; else DATABASE_URL, or the embedded one if it was ever made. */
  readonly databaseUrl?: string | undefined;
  /** Deadline of one call. */
  readonly timeoutMs: number;
}

export interface Lab {
  readonly inspected: InspectedConfig;
  readonly timeoutMs: number;
  readonly clocks: { readonly app: ClockEstimate; readonly odoo: ClockEstimate };
  /** A variable that the check has named among its needs. */
  setting<Name extends keyof Config>(name: Name): NonNullable<Config[Name]>;
  version(): Promise<OdooVersion>;
  /** Whatever the first call with the key ended in. @throws BridgeError */
  signedIn(): Promise<Connection>;
  /** The same for checks that come after that. @throws Unmet */
  odoo(): Promise<Connection>;
  app: AppClient;
  /** Null when it is the embedded one and was never started. */
  openedDatabase(): Promise<Database | null>;
  /** @throws Unmet */
  database(): Promise<Database>;
  close(): Promise<void>;
}

export function createLab(options: LabOptions): Lab {
  const { inspected, timeoutMs } = options;
  const { settings } = inspected;
  const clocks = { app: createClockEstimate(), odoo: createClockEstimate() };
  const closers: (() => Promise<unknown>)[] = [];
  const gate: Gate = createRateLimit({ callsPerSecond: settings.ODOO_CALLS_PER_SECOND ?? 0 });

  function setting<Name extends keyof Config>(name: Name): NonNullable<Config[Name]> {
    const value = settings[name];
    if (value === undefined || value === null) throw new TypeError(`${name} is not among the needs of the check`);
    return value as NonNullable<Config[Name]>;
  }

  const version = once(() => fetchOdooVersion(setting('ODOO_URL'), { timeoutMs, gate }));

  const signedIn = once(async () => {
    await version().catch(() => unmet('odoo_url'));
    const { transport, version: told } = await connectOdoo({
      transport: settings.ODOO_TRANSPORT ?? 'auto',
      url: setting('ODOO_URL'),
      database: setting('ODOO_DB'),
      username: setting('ODOO_USERNAME'),
      apiKey: setting('ODOO_API_KEY'),
      timeoutMs,
      gate,
      onClockReading: ({ serverDate, sentAt, receivedAt }) =>
        clocks.odoo.observe({ from: serverDate, to: serverDate + 1_000, sentAt, receivedAt }),
    });
    closers.push(() => transport.close());
    await ping(transport);
    return { transport: inCompany(transport, settings.ODOO_COMPANY_ID), version: told };
  });

  const openedDatabase = once(async (): Promise<Database | null> => {
    const url = options.databaseUrl ?? settings.DATABASE_URL ?? (await joinEmbedded());
    if (url === null) return null;
    const db = openDatabase({ url, maxConnections: 4 });
    closers.push(() => db.destroy());
    await db.selectNoFrom(({ lit }) => lit(1).as('one')).execute();
    return { db, url, cursors: createCursors(db) };
  });

  /** To look at a database is no reason to make one. */
  async function joinEmbedded(): Promise<string | null> {
    const dataDir = settings.DATA_DIR ?? '.data';
    const made = await stat(join(dataDir, 'postgres')).catch(() => null);
    if (made === null) return null;
    const embedded = await startEmbeddedPostgres({ dataDir });
    closers.push(() => embedded.stop());
    return embedded.url;
  }

  return {
    inspected,
    timeoutMs,
    clocks,
    setting,
    version,
    signedIn,
    async odoo() {
      if (!isSet('ODOO_URL')) throw new Unmet('odoo_url');
      if (!['ODOO_DB', 'ODOO_USERNAME', 'ODOO_API_KEY'].every(isSet)) throw new Unmet('odoo_key');
      return signedIn().catch((error: unknown) => {
        if (error instanceof Unmet) throw error;
        const wrongDatabase = describeError(error).code === 'unknown_database';
        throw new Unmet(wrongDatabase ? 'odoo_database' : 'odoo_key');
      });
    },
    app: (method, path, body) =>
      createAppClient({ url: setting('APP_URL'), token: setting('APP_API_TOKEN'), timeoutMs })(method, path, body),
    openedDatabase,
    async database() {
      const opened = await openedDatabase().catch(() => null);
      return opened ?? unmet('database');
    },
    async close() {
      for (const closer of closers.splice(0).reverse()) await closer().catch(() => undefined);
    },
  };

  function isSet(name: string): boolean {
    return settings[name as keyof Config] !== undefined;
  }
}

function unmet(check: string): never {
  throw new Unmet(check);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
