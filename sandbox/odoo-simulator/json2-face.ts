/** `/json/2/<model>/<method>`: named arguments, bare values, HTTP statuses. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, asOdooError, asRecord, type Backstage, findUser, lookUpMethod } from './face.ts';
import type { Fault, SimulatedCall } from './faults.ts';
import type { Method } from './methods.ts';
import { NO_DATABASE_PAGE } from './no-database.ts';
import { OdooError } from './odoo-errors.ts';
import { ConnectionReset, pass } from './run-call.ts';

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' };

export interface Json2Request {
  readonly httpMethod: string | undefined;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export async function answerJson2(backstage: Backstage, request: Json2Request): Promise<Answer> {
  if (request.headers['x-odoo-database'] !== backstage.database) {
    return { status: 404, headers: HTML_TYPE, body: NO_DATABASE_PAGE };
  }
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (request.body !== '' && type !== 'application/json') {
    const body = '<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n';
    return { status: 415, headers: HTML_TYPE, body };
  }
  let fault: Fault | undefined;
  try {
    const [, model, method] = /^\/json\/2\/([^/]+)\/([^/]+)$/.exec(request.path) ?? [];
    if (!model || !method || request.httpMethod !== 'POST') {
      throw notFound('Did you mean POST /json/2/<model>/<method>?');
    }
    const uid = authenticate(backstage, request.headers.authorization);
    const { ids, context, ...args } = asRecord(parseBody(request.body));
    const call: SimulatedCall = { model, method, ids: idsOf(ids), args, context: asRecord(context), uid };
    fault = backstage.strike(call);
    if (fault?.kind === 'respond')
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' };
    await pass(fault, 'before-start');
    if (fault?.kind === 'expired-key') throw unauthorized('Invalid apikey');
    const value = await backstage.run(call, bindArguments(backstage, call), fault);
    const body = JSON.stringify(value instanceof Map ? Object.fromEntries(value) : (value ?? null));
    return { status: 200, headers: JSON_TYPE, body, fault };
  } catch (error) {
    if (error instanceof ConnectionReset) throw error;
    const refused = asOdooError(backstage.world, error);
    const challenge = refused.status === 401 ? { 'www-authenticate': 'Bearer' } : {};
    const headers = { ...JSON_TYPE, ...challenge };
    return { status: refused.status, headers, body: JSON.stringify(refused.json), fault };
  }
}

function authenticate(backstage: Backstage, authorization: string | undefined): number {
  const key = /^bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  if (!key) throw unauthorized('User not authenticated, use an API Key with a Bearer Authorization header.');
  const user = findUser(backstage.world.users, (candidate) => candidate.apiKey === key);
  if (!user) throw unauthorized('Invalid apikey');
  return user.id;
}

function parseBody(body: string): unknown {
  if (body === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    const text = 'could not parse the body as json: Expecting value: line 1 column 1 (char 0)';
    throw new OdooError('werkzeug.exceptions.BadRequest', text);
  }
}

function idsOf(ids: unknown): readonly number[] {
  if (Array.isArray(ids)) return ids as number[];
  return typeof ids === 'number' && ids !== 0 ? [ids] : [];
}

function bindArguments(backstage: Backstage, call: SimulatedCall): Method {
  const found = lookUpMethod(backstage.world, call.model, call.method);
  if (found.kind === 'no-model') throw notFound(`the model '${call.model}' does not exist`);
  if (found.kind === 'no-method') throw notFound(`The method '${call.model}.${call.method}' does not exist`);
  const { method } = found;
  if (method.on === 'model' && call.ids.length > 0) {
    throw unprocessable(`cannot call ${call.model}.${call.method} with ids`);
  }
  for (const key of Object.keys(call.args)) {
    if (!method.parameters.includes(key)) throw unprocessable(`got an unexpected keyword argument '${key}'`);
  }
  for (const parameter of method.parameters.slice(0, method.required)) {
    if (!(parameter in call.args)) throw unprocessable(`missing a required argument: '${parameter}'`);
  }
  return method;
}

const notFound = (text: string) => new OdooError('werkzeug.exceptions.NotFound', text);
const unauthorized = (text: string) => new OdooError('werkzeug.exceptions.Unauthorized', text);
const unprocessable = (text: string) => new OdooError('werkzeug.exceptions.UnprocessableEntity', text);
