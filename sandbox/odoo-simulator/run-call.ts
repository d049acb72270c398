/** One call is one transaction: run, commit, webhooks, answer; and the moments at which a fault may strike. */
import { refuseAccess } from './access-rights.ts';
import type { Environment, World } from './environment.ts';
import type { Fault, SimulatedCall } from './faults.ts';
import { type Method, runMethod } from './methods.ts';
import { OdooError } from './odoo-errors.ts';
import { Transaction } from './tables.ts';

/** The connection is broken instead of an answer. */
export class ConnectionReset extends Error {
  override readonly name = 'ConnectionReset';
}

export interface CallSettings {
  readonly world: World;
  /** PostgreSQL's clock, in microseconds. */
  databaseNow(): number;
  /** Runs between the work of a call and its commit: what it commits itself is a concurrent edit. */
  beforeCommit(call: SimulatedCall): Promise<void> | undefined;
}

/** Odoo's own number of attempts after a serialization failure. */
const MAX_TRIES = 5;

export async function runCall(
  settings: CallSettings,
  call: SimulatedCall,
  method: Method,
  fault: Fault | undefined,
): Promise<unknown> {
  if (fault?.kind === 'access-denied') throw refuseAccess(call.model, fault.operation);
  if (fault?.kind === 'serialization') throw serializationFailure();
  const { value, transaction } = await runTransaction(settings, call, fault, (env) =>
    runMethod(env, call.model, method, call.ids, call.args),
  );
  for (const send of transaction.afterCommit) await send();
  await pass(fault, 'after-commit');
  return value;
}

async function runTransaction(
  settings: CallSettings,
  call: SimulatedCall,
  fault: Fault | undefined,
  work: (env: Environment) => unknown,
): Promise<{ value: unknown; transaction: Transaction }> {
  for (let attempt = 1; ; attempt += 1) {
    const transaction = new Transaction(settings.databaseNow());
    const env = { world: settings.world, transaction, uid: call.uid, su: false, context: call.context };
    const value = atomically(transaction, () => work(env));
    const hook = attempt === 1 ? settings.beforeCommit : undefined;
    if (!hook && !strikes(fault, 'before-commit')) return { value, transaction };
    transaction.detach();
    if (attempt === 1) {
      await hook?.(call);
      await pass(fault, 'before-commit');
    }
    if (transaction.attach()) return { value, transaction };
    if (attempt === MAX_TRIES) throw serializationFailure();
  }
}

/** The same, begun now and committed only after `until`: its stamps are older than its commit. */
export async function runSlowly(
  settings: CallSettings,
  uid: number,
  until: Promise<void>,
  work: (env: Environment) => void,
): Promise<void> {
  const transaction = new Transaction(settings.databaseNow());
  atomically(transaction, () => work({ world: settings.world, transaction, uid, su: false, context: {} }));
  transaction.detach();
  await until;
  if (!transaction.attach()) throw serializationFailure();
  for (const send of transaction.afterCommit) await send();
}

/** A person's own transaction: no faults and no hooks strike it. Committed when this returns its promise. */
export function runAsPerson<T>(settings: CallSettings, uid: number, work: (env: Environment) => T): Promise<T> {
  const transaction = new Transaction(settings.databaseNow());
  const env = { world: settings.world, transaction, uid, su: false, context: {} };
  const value = atomically(transaction, () => work(env));
  return transaction.afterCommit.reduce((before, send) => before.then(send), Promise.resolve()).then(() => value);
}

function atomically<T>(transaction: Transaction, work: () => T): T {
  try {
    return work();
  } catch (error) {
    transaction.rollback();
    throw error;
  }
}

type Moment = 'before-start' | 'before-commit' | 'after-commit';

function strikes(fault: Fault | undefined, moment: Moment): boolean {
  return (fault?.kind === 'hold' || fault?.kind === 'reset') && fault.at === moment;
}

export async function pass(fault: Fault | undefined, moment: Moment): Promise<void> {
  if (!fault || !strikes(fault, moment)) return;
  if (fault.kind === 'hold') await fault.until;
  else throw new ConnectionReset();
}

function serializationFailure(): OdooError {
  const text = 'could not serialize access due to concurrent update\n';
  return new OdooError('psycopg2.errors.SerializationFailure', text);
}
