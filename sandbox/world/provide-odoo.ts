/** An Odoo to work with: the one that is named, a real one brought up here, or else the simulator. */
import { randomBytes } from 'node:crypto';
import { startOdooSimulator } from '../odoo-simulator/start-simulator.ts';
import type { OdooAddress } from '../people/people.ts';
import type { Belongings } from './belongings.ts';
import { startOdooLab } from './odoo-lab.ts';

export interface ProvidedOdoo extends OdooAddress {
  readonly kind: 'named' | 'lab' | 'simulator';
  /** In words: which one, and why. */
  readonly what: string;
  /** Names this run in an Odoo that others use and that remembers earlier runs; empty in a fresh one. */
  readonly mark: string;
}

export interface ProvideOptions {
  /** Fails instead of falling back to the simulator. */
  readonly requireReal: boolean;
  /** Takes the simulator at once. */
  readonly simulate: boolean;
  readonly say: (text: string) => void;
}

export async function provideOdoo(options: ProvideOptions, belongings: Belongings): Promise<ProvidedOdoo> {
  if (options.simulate) return startSimulator('the Odoo simulator, as asked for', belongings);
  const named = readNamedOdoo(process.env);
  if (named) {
    const mark = randomBytes(2).toString('hex');
    return { ...named, kind: 'named', what: 'the Odoo that ODOO_URL names', mark };
  }
  try {
    const lab = await startOdooLab(options.say, belongings);
    return { ...lab, kind: 'lab', what: 'a real Odoo 19, with a database made for this run', mark: '' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (options.requireReal) throw new Error(`no real Odoo could be brought up, and one is required: ${why}`);
    return startSimulator(`the Odoo simulator, since no real Odoo could be brought up here (${why})`, belongings);
  }
}

/** @throws when only a part of it is given */
function readNamedOdoo(env: NodeJS.ProcessEnv): OdooAddress | null {
  const { ODOO_URL: url, ODOO_DB: database, ODOO_USERNAME: username, ODOO_API_KEY: apiKey } = env;
  if (!url) return null;
  if (database && username && apiKey) return { url, database, username, apiKey };
  throw new Error('ODOO_URL is set: ODOO_DB, ODOO_USERNAME and ODOO_API_KEY are needed with it');
}

async function startSimulator(what: string, belongings: Belongings): Promise<ProvidedOdoo> {
  const { url, database, username, apiKey, close } = await startOdooSimulator();
  await belongings.own(close);
  return { url, database, username, apiKey, kind: 'simulator', what, mark: '' };
}
