/** A real Odoo for a test: a fresh database of its own in the lab of scripts/odoo-lab.sh, dropped when the test is over. */
import { execFile, spawn } from 'node:child_process';
import { pbkdf2, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { OdooAddress } from '../../sandbox/people/people.ts';
import { withBareRelations } from '../../src/backends/odoo/bare-relations.ts';
import { createJson2Transport } from '../../src/backends/odoo/json2-transport.ts';
import type { OdooTransport } from '../../src/backends/odoo/transport.ts';
import { createXmlrpcTransport } from '../../src/backends/odoo/xmlrpc-transport.ts';
import { isAlive, withFileLock } from '../../src/db/file-lock.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SCRIPT = join(ROOT, 'scripts', 'odoo-lab.sh');
/** Downloads, unpacking and the first template together, on a slow machine. */
const INSTALL_MS = 280_000;

interface Test {
  teardown(work: () => Promise<void>): unknown;
  comment(text: string): unknown;
}

export interface Lab {
  /** Runs SQL in the database; rows come as lines, columns separated by `|`. */
  psql(sql: string): Promise<string>;
  /** Runs Python in Odoo's shell (some seconds): `env` is there, commit yourself. Resolves with what it printed. */
  shell(python: string): Promise<string>;
  /** The same, running on: `line` resolves when the script has printed that line, `end` when it is over. */
  startShell(python: string): { line(text: string): Promise<void>; end(): Promise<void> };
}

export type LabVersion = 19 | 14;

export interface RealOdoo {
  readonly version: LabVersion;
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly apiKey: string;
  /** The administrator's own calls. */
  readonly transport: OdooTransport;
  readonly lab: Lab;
  /** @param user groups by external id: `['base.group_user']` */
  createUser(user: { login: string; groups: readonly string[] }): Promise<{ username: string; apiKey: string }>;
}

/** An Odoo that may be one of the lab; another one is as 19 is. */
export type TestOdoo = OdooAddress & Partial<Pick<RealOdoo, 'version' | 'transport'>>;

interface Wanted {
  readonly version?: LabVersion;
  /** Comma-separated; another list than the lab's own makes another template (a minute, once). */
  readonly modules?: string;
}

/**
 * @returns null where the lab cannot be had and REQUIRE_ODOO is not 1; the test's output says so
 */
export async function realOdoo(t: Test, { version = 19, modules }: Wanted = {}): Promise<RealOdoo | null> {
  const env = labEnvironment(version, modules);
  const folder = version === 19 ? env.ODOO_LAB_DIR : `${env.ODOO_LAB_DIR}${version}`;
  const run = (...args: string[]) => runScript(env, args);
  const database = `test_${process.pid}_${randomBytes(4).toString('hex')}`;

  const missing = await withLabLock(folder, async () => {
    // A running Odoo is left as it is: it may be somebody's.
    if (!(await isUp(run))) {
      try {
        await run('install');
      } catch (error) {
        return String(error);
      }
      await run('start');
    }
    await dropLeftBehind(run);
    await run('fresh', database);
    return null;
  });
  if (missing !== null) {
    if (process.env.REQUIRE_ODOO === '1') throw new Error(`No real Odoo here, but REQUIRE_ODOO=1: ${missing}`);
    t.comment(`No real Odoo here, so nothing was tested against one: ${missing}`);
    return null;
  }
  t.teardown(async () => {
    await run('drop', database);
  });

  const psql = async (sql: string) => (await run('psql', database, '-Atc', sql)).trim();
  const url = `http://127.0.0.1:${env.ODOO_LAB_PORT ?? (await readPort(run))}`;
  const address = { url, database, username: 'admin', apiKey: await createApiKey(psql, 'admin') };
  const transport =
    version === 19
      ? createJson2Transport(address)
      : withBareRelations(createXmlrpcTransport(address), { major: version, full: `${version}.0` });
  return {
    version,
    ...address,
    transport,
    lab: {
      psql,
      async shell(python) {
        const script = startScript(env, ['shell', database], python);
        await script.end();
        return script.printed();
      },
      startShell: (python) => startScript(env, ['shell', database], python),
    },
    async createUser({ login, groups }) {
      const names = groups.map((group) => `'${group}'`).join(',');
      const found = await psql(
        `select res_id from ir_model_data where model='res.groups' and module||'.'||name in (${names})`,
      );
      const ids = found.split('\n').map(Number);
      const vals_list = [{ name: login, login, [version === 19 ? 'group_ids' : 'groups_id']: [[6, 0, ids]] }];
      const context = { no_reset_password: true };
      const call = { model: 'res.users', method: 'create', args: { vals_list }, context };
      z.tuple([z.number()]).parse(await transport.call(call));
      return { username: login, apiKey: await createApiKey(psql, login) };
    },
  };
}

/** ODOO_LAB_PORT is that of Odoo 19: both may run at once. */
function labEnvironment(version: LabVersion, modules: string | undefined) {
  const { ODOO_LAB_PORT, ...env } = process.env;
  return {
    ...env,
    ODOO_LAB_VERSION: String(version),
    ODOO_LAB_DIR: env.ODOO_LAB_DIR || join(ROOT, '.odoo'),
    ...(version === 19 && ODOO_LAB_PORT && { ODOO_LAB_PORT }),
    ...(modules && { ODOO_LAB_MODULES: modules }),
  };
}

/** One process at a time installs and starts the lab: test files run in parallel. */
async function withLabLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  return withFileLock(join(folder, '.test-lock'), work, INSTALL_MS);
}

/** Databases of test processes that died before they could drop them. */
async function dropLeftBehind(run: (...args: string[]) => Promise<string>): Promise<void> {
  const names = (await run('psql', 'postgres', '-Atc', 'select datname from pg_database')).split('\n');
  for (const name of names) {
    const pid = Number(/^test_(\d+)_/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await run('drop', name);
  }
}

async function isUp(run: (...args: string[]) => Promise<string>): Promise<boolean> {
  return run('status').then(
    () => true,
    () => false,
  );
}

async function readPort(run: (...args: string[]) => Promise<string>): Promise<string> {
  const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(await run('status')) ?? [];
  if (!port) throw new Error('The lab does not say where its Odoo listens.');
  return port;
}

/** Straight into the table, as Odoo stores it: Odoo makes keys only in its shell (three seconds) or its own pages. */
async function createApiKey(psql: Lab['psql'], login: string): Promise<string> {
  const key = randomBytes(20).toString('hex');
  const salt = randomBytes(16);
  const rounds = 6000;
  const hash = await promisify(pbkdf2)(key, salt, rounds, 64, 'sha512');
  const stored = `$pbkdf2-sha512$${rounds}$${passlib64(salt)}$${passlib64(hash)}`;
  await psql(
    `insert into res_users_apikeys (name, user_id, scope, key, index)
     select 'test', id, 'rpc', '${stored}', '${key.slice(0, 8)}' from res_users where login = '${login}'`,
  );
  return key;
}

/** The base64 of Python's passlib: `.` instead of `+`, no padding. */
function passlib64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '.').replaceAll('=', '');
}

async function runScript(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<string> {
  // what the lab tells about itself comes on stderr
  const { stdout, stderr } = await promisify(execFile)(SCRIPT, args, { env, maxBuffer: 50_000_000 });
  return args[0] === 'status' ? stderr : stdout;
}

function startScript(env: NodeJS.ProcessEnv, args: readonly string[], input: string) {
  const child = spawn(SCRIPT, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  let printed = '';
  let notify = () => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    notify();
  });
  const over = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`Odoo's shell ended with ${code}`))));
  });
  return {
    printed: () => printed,
    end: () => over,
    async line(text: string): Promise<void> {
      const seen = new Promise<void>((resolve) => {
        notify = () => {
          if (printed.includes(`${text}\n`)) resolve();
        };
        notify();
      });
      await Promise.race([seen, over]);
      if (!printed.includes(`${text}\n`)) throw new Error(`Odoo's shell ended without printing ${text}`);
    },
  };
}
