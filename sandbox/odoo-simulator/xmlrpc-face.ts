/** `/xmlrpc/2/common` and `/xmlrpc/2/object`. Every answer is a 200; faults say what went wrong. */
import { type Answer, asOdooError, asRecord, type Backstage, findUser, lookUpMethod } from './face.ts';
import type { Fault, SimulatedCall } from './faults.ts';
import type { Method } from './methods.ts';
import { databaseMissing } from './no-database.ts';
import { accessDenied, missingError, OdooError, typeError, userError } from './odoo-errors.ts';
import { ConnectionReset, pass } from './run-call.ts';
import { parseMethodCall, writeFault, writeResponse } from './xmlrpc-codec.ts';

export const VERSION = {
  server_version: '19.0',
  server_version_info: [19, 0, 0, 'final', 0, ''],
  server_serie: '19.0',
  protocol_version: 1,
} as const;

export async function answerXmlrpc(backstage: Backstage, service: string, body: string): Promise<Answer> {
  let fault: Fault | undefined;
  try {
    const { method, params } = parse(body);
    if (service === 'common') return answer(writeResponse(callCommon(backstage, method, params)));
    if (method !== 'execute_kw') throw new OdooError('builtins.Exception', `Method not available ${method}`);
    const call = readCall(backstage, params);
    fault = backstage.strike(call.simulated);
    if (fault?.kind === 'respond')
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' };
    await pass(fault, 'before-start');
    if (fault?.kind === 'expired-key') throw accessDenied();
    const bound = bindArguments(backstage, call.simulated, call.positional, call.named);
    const value = await backstage.run(bound.call, bound.method, fault);
    return answer(writeResponse(shapeResult(bound.call, value, call.positional)), fault);
  } catch (error) {
    if (error instanceof ConnectionReset) throw error;
    const { code, text } = asOdooError(backstage.world, error).fault;
    return answer(writeFault(code, text), fault);
  }
}

function answer(body: string, fault?: Fault): Answer {
  return { status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body, fault };
}

function parse(body: string) {
  try {
    return parseMethodCall(body);
  } catch {
    throw new OdooError('builtins.Exception', 'xml.parsers.expat.ExpatError: not well-formed (invalid token)');
  }
}

function callCommon(backstage: Backstage, method: string, params: readonly unknown[]): unknown {
  if (method === 'version') return VERSION;
  if (method !== 'authenticate' && method !== 'login') {
    throw new OdooError('builtins.Exception', `Method not found: ${method}`);
  }
  const [database, login, key] = params;
  if (database !== backstage.database) throw databaseMissing(database);
  return findUser(backstage.world.users, (user) => user.login === login && user.apiKey === key)?.id ?? false;
}

function readCall(backstage: Backstage, params: readonly unknown[]) {
  const [database, uid, key, model, method, positional = [], named = {}] = params;
  if (params.length < 5) {
    const text = `not enough values to unpack (expected at least 5, got ${params.length})`;
    throw new OdooError('builtins.ValueError', text);
  }
  const id = Number(uid);
  if (!key || id === 0) throw accessDenied();
  if (database !== backstage.database) throw databaseMissing(database);
  const user = backstage.world.users.get(id);
  if (!user) throw missingError('res.users', id, id);
  if (user.apiKey !== key) throw accessDenied();
  const { context, ...rest } = asRecord(named);
  const simulated: SimulatedCall = {
    model: String(model),
    method: String(method),
    ids: [],
    args: rest,
    context: asRecord(context),
    uid: id,
  };
  return { simulated, positional: positional as readonly unknown[], named: rest };
}

/** Python's way from `[ids, …], {…}` to the parameters of the method. */
function bindArguments(
  backstage: Backstage,
  call: SimulatedCall,
  positional: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
): { readonly call: SimulatedCall; readonly method: Method } {
  const found = lookUpMethod(backstage.world, call.model, call.method);
  if (found.kind === 'no-model') throw userError(`Object ${call.model} doesn't exist`);
  if (found.kind === 'no-method') {
    throw new OdooError('builtins.AttributeError', `The method '${call.model}.${call.method}' does not exist`);
  }
  const { method } = found;
  const rest = [...positional];
  if (method.on === 'records' && rest.length === 0)
    throw new OdooError('builtins.IndexError', 'list index out of range');
  const first = method.on === 'records' ? rest.shift() : [];
  const ids = Array.isArray(first) ? (first as number[]) : first ? [Number(first)] : [];
  const name = `${method.owner}.${call.method}()`;
  const { parameters } = method;
  if (rest.length > parameters.length) {
    throw typeError(`${name} takes ${parameters.length + 1} positional arguments but ${rest.length + 1} were given`);
  }
  const args: Record<string, unknown> = { ...named };
  for (const key of Object.keys(named)) {
    if (!parameters.includes(key)) throw typeError(`${name} got an unexpected keyword argument '${key}'`);
  }
  rest.forEach((value, index) => {
    args[parameters[index] as string] = value;
  });
  for (const parameter of parameters.slice(0, method.required)) {
    if (!(parameter in args)) throw typeError(`${name} missing 1 required positional argument: '${parameter}'`);
  }
  // Odoo looks at the first positional argument when it shapes the answer, and there is none
  if (call.method === 'create' && rest.length === 0) {
    throw new OdooError('builtins.IndexError', 'list index out of range');
  }
  return { call: { ...call, ids, args }, method };
}

/** create of one record answers with its id, not with a list. */
function shapeResult(call: SimulatedCall, value: unknown, positional: readonly unknown[]): unknown {
  return call.method === 'create' && !Array.isArray(positional[0]) ? (value as number[])[0] : value;
}
