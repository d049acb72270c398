/**
 * An Odoo 19 in this process, for tests and for the demo where no real one is to be had: both RPC protocols,
 * the models that the bridge uses, its rules for partners, webhooks, and faults on demand. What it does is proved
 * against a real Odoo by the contract suite; what that does not cover, it refuses and notes in `unknownCalls`.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Environment, User, Values, World } from './environment.ts';
import type { Answer, Backstage } from './face.ts';
import { Faults, type SimulatedCall, seededRandom } from './faults.ts';
import { type HttpRequest, startHttpServer } from './http-server.ts';
import { answerJson2 } from './json2-face.ts';
import { NO_DATABASE_PAGE } from './no-database.ts';
import { userError } from './odoo-errors.ts';
import { operations } from './operations.ts';
import { readRows } from './records.ts';
import { type CallSettings, runAsPerson, runCall, runSlowly } from './run-call.ts';
import { addUser, type SimulatedUser, seedDatabase } from './seed-data.ts';
import { type Row, Tables, Transaction } from './tables.ts';
import { type WhatsappModule, whatsappApp } from './whatsapp-modules.ts';
import { answerXmlrpc, VERSION } from './xmlrpc-face.ts';

export interface SimulatorOptions {
  readonly port?: number;
  readonly database?: string;
  /** The administrator. */
  readonly username?: string;
  readonly apiKey?: string;
  /** When that key ends, in milliseconds since 1970; never, by default. */
  readonly keyExpires?: number;
  /** Milliseconds since 1970; may have a fraction. */
  readonly now?: () => number;
  /** Connections serve many calls, as behind a proxy; by default each serves one, as with Odoo itself. */
  readonly keepAlive?: boolean;
  /** For faults with a probability. */
  readonly seed?: number;
  readonly users?: readonly SimulatedUser[];
  /** Told of each request when it has arrived whole, whatever becomes of it. */
  readonly onRequest?: (path: string) => void;
  /** Which module that sends WhatsApp messages is installed; left out: none. */
  readonly whatsapp?: WhatsappModule;
  /** Installed languages, besides en_US. */
  readonly languages?: readonly string[];
}

/** Somebody at Odoo's own screens: the same rules and webhooks, but no faults. Done when the call returns its promise; the promise waits for the webhooks. */
export interface Person {
  create(model: string, values: Values): Promise<number>;
  write(model: string, ids: number | readonly number[], values: Values): Promise<void>;
  unlink(model: string, ids: number | readonly number[]): Promise<void>;
  /** Begins now and commits so many milliseconds later (or when the promise settles). */
  writeSlowly(
    model: string,
    ids: number | readonly number[],
    values: Values,
    until: number | Promise<void>,
  ): Promise<void>;
  read(model: string, id: number): Readonly<Record<string, unknown>> | undefined;
}

export interface OdooSimulator {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly apiKey: string;
  readonly faults: Faults;
  /** What Odoo's two clocks show beside the given one. Change them at will: a jump is a new number. */
  readonly clock: { databaseOffsetMs: number; webOffsetMs: number };
  /** Runs before each commit that comes over RPC; edits made in it are concurrent ones. */
  beforeCommit: ((call: SimulatedCall) => Promise<void> | undefined) | undefined;
  /** `model.method`, or what else was asked for that the contract suite does not cover. */
  readonly unknownCalls: readonly string[];
  /** How often each `model.method` was called over RPC. */
  readonly calls: ReadonlyMap<string, number>;
  /** Partners that a record rule hides from everybody who calls: put ids in and take them out at will. */
  readonly hidden: Set<number>;
  readonly webhooks: { readonly sent: number; readonly failed: number };
  /** Stored rows as they are: null for nothing, stamps in microseconds. */
  table(model: string): ReadonlyMap<number, Row>;
  asPerson(uid?: number): Person;
  addUser(user: SimulatedUser): User;
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

const ADMINISTRATOR_GROUPS = ['base.group_system', 'sales_team.group_sale_manager', 'account.group_account_invoice'];

export async function startOdooSimulator(options: SimulatorOptions = {}): Promise<OdooSimulator> {
  const database = options.database ?? 'sim';
  const username = options.username ?? 'admin';
  const apiKey = options.apiKey ?? randomBytes(20).toString('hex');
  const now = options.now ?? (() => performance.timeOrigin + performance.now());
  const clock = { databaseOffsetMs: 0, webOffsetMs: 0 };
  const unknownCalls: string[] = [];
  const calls = new Map<string, number>();
  const hidden = new Set<number>();
  const webhooks = { sent: 0, failed: 0 };
  const closing = new AbortController();
  const faults = new Faults(seededRandom(options.seed ?? 1));

  const world: World = {
    tables: new Tables(),
    added: whatsappApp(options.whatsapp),
    users: new Map(),
    hidden,
    operations,
    async postWebhook({ url, body }) {
      webhooks.sent += 1;
      const signal = AbortSignal.any([AbortSignal.timeout(1000), closing.signal]);
      try {
        const { address, authorization } = splitUserInfo(url);
        const headers = { 'content-type': 'application/json', ...authorization };
        const response = await fetch(address, { method: 'POST', headers, body, signal, redirect: 'follow' });
        await response.arrayBuffer();
        if (!response.ok) webhooks.failed += 1;
      } catch {
        webhooks.failed += 1;
      }
    },
    notCovered(what) {
      unknownCalls.push(what);
      return userError(`simulator: ${what} is not in the contract suite`);
    },
  };

  const settings: CallSettings = {
    world,
    databaseNow: () => Math.floor((now() + clock.databaseOffsetMs) * 1000),
    beforeCommit: (call) => simulator.beforeCommit?.(call),
  };
  const systemEnvironment = (): Environment => {
    const transaction = new Transaction(settings.databaseNow());
    return { world, transaction, uid: 1, su: true, context: {} };
  };
  const keyExpires = options.keyExpires === undefined ? {} : { keyExpires: options.keyExpires };
  const languages = ['en_US', ...(options.languages ?? [])];
  seedDatabase({ world, transaction: systemEnvironment().transaction, languages });
  addUser(systemEnvironment(), { username, apiKey, groups: ADMINISTRATOR_GROUPS, ...keyExpires }, 'Administrator');
  for (const user of options.users ?? []) addUser(systemEnvironment(), user, user.username);

  const backstage: Backstage = {
    database,
    world,
    strike(call) {
      const name = `${call.model}.${call.method}`;
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return faults.strike(call);
    },
    run: (call, method, fault) =>
      runCall(simulator.beforeCommit ? settings : { ...settings, beforeCommit: noHook }, call, method, fault),
  };

  const server = await startHttpServer(
    { port: options.port ?? 0, keepAlive: options.keepAlive ?? false, webNow: () => now() + clock.webOffsetMs },
    (request) => {
      options.onRequest?.(request.path);
      return route(backstage, request);
    },
  );

  const idList = (ids: number | readonly number[]) => (typeof ids === 'number' ? [ids] : ids);
  const simulator: OdooSimulator = {
    url: `http://127.0.0.1:${server.port}`,
    database,
    username,
    apiKey,
    faults,
    clock,
    beforeCommit: undefined,
    unknownCalls,
    calls,
    hidden,
    webhooks,
    table: (model) => world.tables.of(model).rows,
    asPerson: (uid = 2) => ({
      create: (model, values) =>
        runAsPerson(settings, uid, (env) => world.operations.create(env, model, [values])[0] as number),
      write: (model, ids, values) =>
        runAsPerson(settings, uid, (env) => world.operations.write(env, model, idList(ids), values)),
      unlink: (model, ids) => runAsPerson(settings, uid, (env) => world.operations.unlink(env, model, idList(ids))),
      writeSlowly: (model, ids, values, until) =>
        runSlowly(settings, uid, typeof until === 'number' ? setTimeout(until) : until, (env) =>
          world.operations.write(env, model, idList(ids), values),
        ),
      read: (model, id) => readRows({ ...systemEnvironment(), uid }, model, [id], [], null)[0],
    }),
    addUser: (user) => addUser(systemEnvironment(), user, user.username),
    pause: server.pause,
    resume: server.resume,
    async close() {
      closing.abort();
      await server.pause();
    },
  };
  return simulator;
}

const noHook = () => undefined;

async function route(backstage: Backstage, request: HttpRequest): Promise<Answer> {
  const { path } = request;
  const json = { 'content-type': 'application/json; charset=utf-8' };
  if (path === '/web/health') return { status: 200, headers: json, body: '{"status": "pass"}' };
  if (path === '/web/version' || path === '/json/version') {
    const body = JSON.stringify({ version_info: VERSION.server_version_info, version: VERSION.server_version });
    return { status: 200, headers: json, body };
  }
  const [, service] = /^\/xmlrpc\/2\/(common|object)$/.exec(path) ?? [];
  if (service && request.method === 'POST') return answerXmlrpc(backstage, service, request.body);
  if (path.startsWith('/json/2')) return answerJson2(backstage, { ...request, httpMethod: request.method });
  return { status: 404, headers: { 'content-type': 'text/html; charset=utf-8' }, body: NO_DATABASE_PAGE };
}

/** As Python's requests does it: user and password of the URL travel as Basic authorization. */
function splitUserInfo(url: string): { address: string; authorization: Record<string, string> } {
  const address = new URL(url);
  const { username, password } = address;
  if (username === '' && password === '') return { address: url, authorization: {} };
  address.username = address.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address: address.href, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}
