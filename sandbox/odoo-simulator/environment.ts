/** What the code of one call sees: the data, its transaction, who calls, and Odoo's context. */
import type { OdooError } from './odoo-errors.ts';
import { userError } from './odoo-errors.ts';
import { type ModelSpec, SCHEMA } from './schema.ts';
import type { Table, Tables, Transaction } from './tables.ts';
import type { AddedApp } from './whatsapp-modules.ts';

export interface User {
  readonly id: number;
  readonly login: string;
  apiKey: string;
  /** External ids of the groups, those they imply included. */
  readonly groups: ReadonlySet<string>;
}

export type Values = Readonly<Record<string, unknown>>;

/** The writing operations with all that hangs on them; the code of a model calls these again for other records. */
export interface Operations {
  create(env: Environment, model: string, rows: readonly Values[]): number[];
  write(env: Environment, model: string, ids: readonly number[], values: Values): void;
  unlink(env: Environment, model: string, ids: readonly number[]): void;
}

export interface WebhookPost {
  readonly url: string;
  readonly body: string;
}

export interface World {
  /** What another app of Odoo brings, if one is there. */
  readonly added: AddedApp;
  readonly tables: Tables;
  readonly users: Map<number, User>;
  /** Partners that a record rule hides from everybody who calls. */
  readonly hidden: ReadonlySet<number>;
  readonly operations: Operations;
  /** Sends one webhook as Odoo does: one second at most, never again. */
  postWebhook(post: WebhookPost): Promise<void>;
  /** Notes what the contract suite does not cover and gives the error to throw. */
  notCovered(what: string): OdooError;
}

export interface Environment {
  readonly world: World;
  readonly transaction: Transaction;
  readonly uid: number;
  /** Superuser mode: no access checks. */
  readonly su: boolean;
  readonly context: Values;
  /** Which automations ran for which records within the outermost create, write or unlink. */
  readonly automationsDone?: Map<number, Set<number>>;
}

export function sudo(env: Environment): Environment {
  return env.su ? env : { ...env, su: true };
}

export function tableOf(env: Environment, model: string): Table {
  return env.world.tables.of(model);
}

export function specOf(env: Environment, model: string): ModelSpec {
  const spec = SCHEMA[model] ?? env.world.added.models[model];
  if (!spec) throw env.world.notCovered(model);
  return spec;
}

/** Odoo refuses a language in the context that is not installed. */
export function checkContext(env: Environment): void {
  const { lang } = env.context;
  if (typeof lang !== 'string' || lang === 'en_US') return;
  for (const row of tableOf(env, 'res.lang').rows.values()) if (row.code === lang && row.active) return;
  throw userError(`Invalid language code: ${lang}`);
}
