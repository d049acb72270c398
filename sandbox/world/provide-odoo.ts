/** An Odoo to work with: the one that is named, a real one brought up here, or else the simulator. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startOdooSimulator } from '../odoo-simulator/start-simulator.ts';
import type { OdooAddress } from '../people/people.ts';
import { findFreePort } from './free-port.ts';

export interface ProvidedOdoo extends OdooAddress {
  /** In words: which one, and why. */
  readonly what: string;
  readonly isReal: boolean;
  close(): Promise<void>;
}

export interface ProvideOptions {
  /** Fails instead of falling back to the simulator. */
  readonly requireReal: boolean;
  /** Takes the simulator at once. */
  readonly simulate?: boolean;
  readonly say: (text: string) => void;
}

const ROOT = join(import.meta.dirname, '..', '..');
const LAB_SCRIPT = join(ROOT, 'scripts', 'odoo-lab.sh');

export async function provideOdoo(options: ProvideOptions): Promise<ProvidedOdoo> {
  const { ODOO_URL, ODOO_DB = '', ODOO_USERNAME = '', ODOO_API_KEY = '' } = process.env;
  if (ODOO_URL && !options.simulate) {
    const named = { url: ODOO_URL, database: ODOO_DB, username: ODOO_USERNAME, apiKey: ODOO_API_KEY };
    return {
      ...named,
      what: `the Odoo that ODOO_URL names (${ODOO_URL})`,
      isReal: true,
      close: () => Promise.resolve(),
    };
  }
  if (options.simulate) return provideSimulator('the Odoo simulator, as asked for');
  try {
    return await provideLab(options.say);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    if (options.requireReal) throw new Error(`No real Odoo could be brought up, and one is required: ${why}`);
    return provideSimulator(`the Odoo simulator, since no real Odoo could be brought up here (${why})`);
  }
}

async function provideSimulator(what: string): Promise<ProvidedOdoo> {
  const simulator = await startOdooSimulator();
  const { url, database, username, apiKey } = simulator;
  return { url, database, username, apiKey, what, isReal: false, close: () => simulator.close() };
}

/** A fresh database in the lab; a lab that runs already is used and left running. */
async function provideLab(say: ProvideOptions['say']): Promise<ProvidedOdoo> {
  const wasUp = await lab('status').then(
    () => true,
    () => false,
  );
  if (!wasUp) {
    say('bringing up a real Odoo 19 (about a minute the first time, seconds after)');
    await lab('install');
    process.env.ODOO_LAB_PORT ??= String(await findFreePort(8069));
    await lab('start');
  }
  const database = `demo_${randomBytes(4).toString('hex')}`;
  await lab('fresh', database);
  const apiKey = (await lab('apikey', database)).trim();
  const [, port = '8069'] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(await labStatus()) ?? [];
  return {
    url: `http://127.0.0.1:${port}`,
    database,
    username: 'admin',
    apiKey,
    what: `a real Odoo 19 in ${process.env.ODOO_LAB_DIR ?? '.odoo'}`,
    isReal: true,
    async close() {
      await lab('drop', database);
      if (!wasUp) await lab('stop');
    },
  };
}

async function lab(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', [LAB_SCRIPT, ...args], { cwd: ROOT, maxBuffer: 50_000_000 });
  return stdout;
}

/** What the lab tells about itself comes on standard error. */
async function labStatus(): Promise<string> {
  const { stderr } = await promisify(execFile)('bash', [LAB_SCRIPT, 'status'], { cwd: ROOT });
  return stderr;
}
