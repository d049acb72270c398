/** What both protocols need from the server behind them, and what they give back to it. */

import { COVERED_CALLS } from './covered-calls.ts';
import type { Environment, User, World } from './environment.ts';
import type { Fault, SimulatedCall } from './faults.ts';
import { findMethod, type Method } from './methods.ts';
import { accessError, OdooError } from './odoo-errors.ts';
import { isNonexistentName, SCHEMA } from './schema.ts';

export interface Backstage {
  readonly database: string;
  readonly world: World;
  /** The fault for this call, drawn once. */
  strike(call: SimulatedCall): Fault | undefined;
  run(call: SimulatedCall, method: Method, fault: Fault | undefined): Promise<unknown>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How the body is to be sent, when a fault says so. */
  readonly fault?: Fault | undefined;
}

export type FoundMethod =
  | { readonly kind: 'method'; readonly method: Method }
  | { readonly kind: 'no-model' }
  | { readonly kind: 'no-method' };

/** @throws OdooError for private methods and for whatever the contract suite does not cover */
export function lookUpMethod(world: World, model: string, name: string): FoundMethod {
  const { added } = world;
  if (added.calls.has(`${model}.${name}`)) {
    const own = findMethod(model, name, added.methods);
    if (own) return { kind: 'method', method: own };
  }
  if (isNonexistentName(model)) return { kind: 'no-model' };
  if (name.startsWith('_')) {
    throw accessError(`Private methods (such as '${model}.${name}') cannot be called remotely.`);
  }
  if (isNonexistentName(name)) return { kind: 'no-method' };
  const method = SCHEMA[model] && COVERED_CALLS.has(`${model}.${name}`) ? findMethod(model, name) : undefined;
  if (!method) throw world.notCovered(`${model}.${name}`);
  return { kind: 'method', method };
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function findUser(users: ReadonlyMap<number, User>, matches: (user: User) => boolean): User | undefined {
  for (const user of users.values()) if (matches(user)) return user;
  return undefined;
}

/** Anything but Odoo's own errors is a mistake of the simulator: noted, so that no test passes over it. */
export function asOdooError(world: World, error: unknown): OdooError {
  return error instanceof OdooError ? error : world.notCovered(`what broke it (${(error as Error).stack})`);
}

export type { Environment };
