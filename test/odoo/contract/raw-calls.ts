/** Both protocols as plainly as can be, so that the suite sees what Odoo itself says. */
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import type { OdooCall } from '../../../src/backends/odoo/transport.ts';

export interface Credentials {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly apiKey: string;
}

export type RawAnswer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly code: number; readonly text: string }
  | { readonly kind: 'status'; readonly status: number; readonly name: string; readonly text: string };

const require = createRequire(import.meta.url);
const serializer = require('xmlrpc/lib/serializer.js') as {
  serializeMethodCall(name: string, params: unknown[]): string;
};
const Deserializer = require('xmlrpc/lib/deserializer.js') as new () => {
  deserializeMethodResponse(stream: Readable, done: (error: unknown, value: unknown) => void): void;
};

/** What the versions of Odoo call by different names. */
const POSITIONAL: Readonly<Record<string, string>> = {
  create: 'vals_list',
  write: 'vals',
  search: 'domain',
  search_count: 'domain',
};
const userIds = new Map<string, unknown>();

export function callRaw(kind: 'xmlrpc' | 'json2', to: Credentials, call: OdooCall): Promise<RawAnswer> {
  return kind === 'xmlrpc' ? callXmlrpc(to, call) : callJson2(to, call);
}

async function callXmlrpc(to: Credentials, call: OdooCall): Promise<RawAnswer> {
  const key = JSON.stringify(to);
  if (!userIds.has(key)) {
    const answer = await postXml(to.url, 'common', 'authenticate', [to.database, to.username, to.apiKey, {}]);
    if (answer.kind !== 'value') return answer;
    userIds.set(key, answer.value);
  }
  const { [POSITIONAL[call.method] ?? '']: first, ...named } = { ...call.args };
  const positional = [...(call.ids ? [call.ids] : []), ...(first === undefined ? [] : [first])];
  const context = call.context ? { context: call.context } : {};
  const params = [
    to.database,
    userIds.get(key),
    to.apiKey,
    call.model,
    call.method,
    positional,
    { ...named, ...context },
  ];
  return postXml(to.url, 'object', 'execute_kw', params);
}

export async function postXml(url: string, service: string, method: string, params: unknown[]): Promise<RawAnswer> {
  const body = serializer.serializeMethodCall(method, params);
  const headers = { 'content-type': 'text/xml' };
  const response = await fetch(`${url}/xmlrpc/2/${service}`, { method: 'POST', headers, body });
  const xml = await response.text();
  if (response.status !== 200) return { kind: 'status', status: response.status, name: '', text: xml };
  return new Promise((resolve, reject) => {
    new Deserializer().deserializeMethodResponse(Readable.from([xml]), (error, value) => {
      const fault = error as { faultCode?: number; faultString?: string } | null;
      if (fault?.faultCode !== undefined) {
        resolve({ kind: 'fault', code: fault.faultCode, text: (fault.faultString ?? '').trim() });
      } else if (error) reject(error);
      else resolve({ kind: 'value', value });
    });
  });
}

async function callJson2(to: Credentials, call: OdooCall): Promise<RawAnswer> {
  const body = {
    ...call.args,
    ...(call.ids ? { ids: call.ids } : {}),
    ...(call.context ? { context: call.context } : {}),
  };
  const response = await postJson(to, `${call.model}/${call.method}`, JSON.stringify(body));
  const text = await response.text();
  if (response.ok) return { kind: 'value', value: JSON.parse(text) };
  return { kind: 'status', status: response.status, ...describeBody(text) };
}

export function postJson(to: Credentials, path: string, body: string, headers = {}): Promise<Response> {
  return fetch(`${to.url}/json/2/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `bearer ${to.apiKey}`,
      'x-odoo-database': to.database,
      ...headers,
    },
    body,
  });
}

export function describeBody(text: string): { readonly name: string; readonly text: string } {
  try {
    const { name, message } = JSON.parse(text) as { name: string; message: string };
    return { name, text: message };
  } catch {
    return { name: 'html', text };
  }
}
