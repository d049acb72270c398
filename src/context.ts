/** The composition root: builds everything from the configuration and closes it last-in first-out. */
import { APP_ANSWERS, createAppBackend } from './backends/app/app-backend.ts';
import { createReadContent } from './backends/app/read-content.ts';
import type { Backend } from './backends/backend.ts';
import { type Breaker, createBreaker } from './backends/breaker.ts';
import { createGate, type Gate } from './backends/gate.ts';
import { connectOdoo, type OdooConnection } from './backends/odoo/connect-odoo.ts';
import type { LinkDirectory } from './backends/odoo/counterparts.ts';
import { deferOdoo } from './backends/odoo/defer-odoo.ts';
import { ODOO_ANSWERS } from './backends/odoo/guard-transport.ts';
import { inCompany } from './backends/odoo/in-company.ts';
import { createOdooBackend, type OdooBackend, type OdooBackendOptions } from './backends/odoo/odoo-backend.ts';
import { recordUrl } from './backends/odoo/record-url.ts';
import type { ClockReading, OdooTransport } from './backends/odoo/transport.ts';
import { createRateLimit } from './backends/rate-limit.ts';
import type { Config } from './config.ts';
import { startEmbeddedPostgres } from './db/embedded-postgres.ts';
import { migrateToLatest } from './db/migrate.ts';
import { type Db, openDatabase } from './db/open-database.ts';
import { entities, entitiesOfModel, entityNamed } from './entities/registry.ts';
import { createIdentity, type Identity } from './identity.ts';
import { type Audit, createAudit } from './links/audit.ts';
import { type Cursors, createCursors } from './links/cursors.ts';
import { createDecisions, type Decisions } from './links/decisions.ts';
import { createErasures, type Erasures } from './links/erasures.ts';
import type { Links } from './links/links.ts';
import { createLogs, type Logs } from './links/logs.ts';
import { createPauses, type Pauses } from './links/pauses.ts';
import { createPostgresLinks, type LinksSettings } from './links/postgres-links.ts';
import { createReports, type Reports } from './links/reports.ts';
import { createRetries, type Retries } from './links/retries.ts';
import { createRunChanges, type RunChanges } from './links/run-changes.ts';
import { createRuns, type Runs } from './links/runs.ts';
import { createStories, type Stories } from './links/stories.ts';
import { createTies, type Ties } from './links/ties.ts';
import type { BridgeLogger } from './logger.ts';

export interface Context {
  readonly config: Config;
  readonly log: BridgeLogger['log'];
  readonly databaseUrl: string;
  readonly db: Db;
  readonly links: Links;
  readonly linksSettings: LinksSettings;
  readonly cursors: Cursors;
  readonly runs: Runs;
  readonly runChanges: RunChanges;
  readonly logs: Logs;
  readonly retries: Retries;
  readonly reports: Reports;
  readonly audit: Audit;
  readonly decisions: Decisions;
  readonly pauses: Pauses;
  readonly stories: Stories;
  readonly erasures: Erasures;
  readonly ties: Ties;
  readonly identity: Identity;
  readonly app: Backend;
  /** Connects on first use, and again after a failure: Odoo may be away when the bridge starts. */
  readonly odoo: Backend & { connected(): Promise<OdooBackend> };
  /** Where a person sees a record in Odoo. */
  readonly odooRecordUrl: (model: string, id: number) => Promise<string>;
  /** One per side: whether it is left alone for a while. */
  readonly breakers: { readonly app: Breaker; readonly odoo: Breaker };
  close(): Promise<void>;
}

export interface ContextOptions {
  /** False reaches other sides than the bound ones, too: for who is to look at them and to say that they are meant. */
  readonly bound?: boolean;
  /** What each call to a side runs in, once it may be made. */
  readonly time?: <T>(side: 'app' | 'odoo', call: () => Promise<T>) => Promise<T>;
}

export async function createContext(
  config: Config,
  logger: BridgeLogger,
  { bound = true, time = (_side, call) => call() }: ContextOptions = {},
): Promise<Context> {
  const closers: (() => Promise<void>)[] = [() => logger.close()];
  async function close(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) await closer();
  }
  try {
    const databaseUrl = await provideDatabase(config, logger, closers);
    const db = openDatabase({
      url: databaseUrl,
      onConnectionLost: (code) => logger.log.warn({ code }, 'a database connection was lost; the pool makes a new one'),
    });
    closers.push(() => db.destroy());
    const cursors = createCursors(db);
    const identity = createIdentity(cursors, config);
    const { breakers, gates } = createGates(config, time);
    const check = bound ? identity.checkOdoo : () => Promise.resolve();
    const ties = createTies(db);
    const erasures = createErasures(db);
    const directory = createDirectory(() => links, ties);
    const odoo = deferOdoo((observe) => connectBackend(config, cursors, { directory, check }, gates.odoo, observe));
    closers.push(() => odoo.close());
    const linksSettings: LinksSettings = {
      // One of them is enough for a record that nobody knows: its pass marks what else the record is.
      entitiesOf: (model) =>
        entitiesOfModel(model)
          .filter(({ odoo: { membership } }) => membership.kind === 'tag')
          .slice(0, 1)
          .map(({ name }) => name),
      guardPercent: config.DELETE_GUARD_PERCENT,
      looksAgain: odoo.postsBeforeCommit,
    };
    const links: Links = createPostgresLinks(db, linksSettings);
    return {
      config,
      log: logger.log,
      databaseUrl,
      db,
      links,
      linksSettings,
      cursors,
      runs: createRuns(db),
      runChanges: createRunChanges(db),
      logs: createLogs(db),
      retries: createRetries(db),
      reports: createReports(db),
      audit: createAudit(db),
      decisions: createDecisions(db),
      pauses: createPauses(db),
      stories: createStories(db),
      erasures,
      ties,
      identity,
      app: createAppBackend(
        { url: config.APP_URL, token: config.APP_API_TOKEN },
        bound ? boundGate(identity, gates.app) : gates.app,
        erasures.findErased,
      ),
      odoo,
      odooRecordUrl: async (model, id) => recordUrl(config.ODOO_URL, (await odoo.connected()).version, model, id),
      breakers,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function provideDatabase(
  config: Config,
  { log }: BridgeLogger,
  closers: (() => Promise<void>)[],
): Promise<string> {
  let url = config.DATABASE_URL;
  if (url === undefined) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.DATA_DIR });
    closers.push(() => embedded.stop());
    url = embedded.url;
  }
  const migrations = await migrateToLatest(url);
  log.info({ migrations, database: config.DATABASE_URL === undefined ? 'embedded' : 'configured' }, 'database ready');
  return url;
}

/** What stands in front of each side, for all who call it in this process. */
function createGates({ ODOO_CALLS_PER_SECOND: callsPerSecond }: Config, time: NonNullable<ContextOptions['time']>) {
  const clockwork = { now: Date.now, random: Math.random };
  const app = createBreaker({ ...clockwork, answers: APP_ANSWERS });
  const odoo = createBreaker({ ...clockwork, answers: ODOO_ANSWERS });
  const limit = createRateLimit({ callsPerSecond });
  const timed =
    (side: 'app' | 'odoo', gate: Gate): Gate =>
    (call) =>
      gate(() => time(side, call));
  return {
    breakers: { app, odoo },
    gates: { app: timed('app', createGate(app)), odoo: timed('odoo', createGate(odoo, limit)) },
  };
}

/** By entity: the tag that makes an Odoo record one of it. */
function tagsOf(config: Config) {
  const names: Readonly<Record<string, string>> = {
    teacher: config.ODOO_TAG_TEACHER,
    tenant: config.ODOO_TAG_TENANT,
    guest: config.ODOO_TAG_GUEST,
    apartment: config.ODOO_TAG_APARTMENT,
  };
  return Object.fromEntries(
    entities.flatMap(({ name, odoo: { membership } }) =>
      membership.kind === 'tag' ? [[name, { name: names[name] ?? name, model: membership.tagModel }]] : [],
    ),
  );
}

/** What the Odoo side may ask the memory; made before it, so asked for only when it is needed. */
export function createDirectory(links: () => Links, ties: Ties): LinkDirectory {
  return {
    odooIds: (keys) => links().findLinked(keys),
    async appIds(entities, ids) {
      const found: { entity: string; appId: string; odooId: number }[] = [];
      for (const [model, names] of Map.groupBy(entities, (name) => entityNamed(name).odoo.model)) {
        const occupants = await links().findOccupants('odoo', names[0] ?? '', model, ids.map(String));
        for (const { entity, appId, odooId } of occupants) {
          if (names.includes(entity) && appId !== null && odooId !== null) found.push({ entity, appId, odooId });
        }
      }
      return found;
    },
    async known(entity, odooModel, ids) {
      const found = await ties.find(entity, odooModel, { app: [], odoo: ids });
      return new Set(found.flatMap(({ odooId }) => odooId ?? []));
    },
  };
}

/** Outside the breaker: that it is another app says nothing about how that app is. */
function boundGate(identity: Identity, gate: Gate): Gate {
  return async (call) => {
    await identity.checkApp();
    const answer = await gate(call);
    await identity.keepApp();
    return answer;
  };
}

/** @param check of which Odoo it is, before anything else is asked of it */
async function connectBackend(
  config: Config,
  cursors: Cursors,
  { directory, check }: { directory: LinkDirectory; check: (transport: OdooTransport) => Promise<void> },
  gate: Gate,
  observe: (reading: ClockReading) => void,
): Promise<OdooBackend> {
  const { transport, version } = await connectOdoo({
    transport: config.ODOO_TRANSPORT,
    url: config.ODOO_URL,
    database: config.ODOO_DB,
    username: config.ODOO_USERNAME,
    apiKey: config.ODOO_API_KEY,
    gate,
    onClockReading: observe,
  });
  await check(transport);
  const inBooks = inCompany(transport, config.ODOO_COMPANY_ID);
  return createOdooBackend(odooOptions(config, cursors, directory, { transport: inBooks, version }));
}

/** @param connection acting in the company that is configured */
export function odooOptions(
  config: Config,
  cursors: Cursors,
  directory: LinkDirectory,
  { transport, version }: OdooConnection,
): OdooBackendOptions {
  const recallNumber = async (name: string) => {
    const value = await cursors.read(name);
    return value === null ? null : Number(value);
  };
  return {
    transport,
    version,
    instance: config.BRIDGE_INSTANCE,
    tags: {
      names: tagsOf(config),
      recall: (entity) => recallNumber(`odoo:tag:${entity}`),
      exclusively: (work) => cursors.withLock('odoo:tags', work),
      remember: (entity, id) => cursors.write(`odoo:tag:${entity}`, String(id)),
    },
    recallAction: (name) => recallNumber(`odoo:action:${name}`),
    directory,
    readContent: createReadContent({
      url: config.APP_URL,
      token: config.APP_API_TOKEN,
      maxBytes: config.DOCUMENT_MAX_MIB * 1_048_576,
    }),
    username: config.ODOO_USERNAME,
    companyId: config.ODOO_COMPANY_ID,
    salesJournal: config.ODOO_SALES_JOURNAL,
  };
}
