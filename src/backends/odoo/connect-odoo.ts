/** Which protocol to speak: JSON-2 where the server has it, XML-RPC below. */
import { z } from 'zod';
import { SetupError } from '../../errors.ts';
import { createJson2Transport } from './json2-transport.ts';
import { classifyNetworkError, classifyStatus, timedOut } from './odoo-errors.ts';
import type { OdooTransport, OdooVersion } from './transport.ts';
import { parseOdooUrl, type TransportOptions } from './transport-options.ts';
import { createXmlrpcTransport } from './xmlrpc-transport.ts';

const VERSION_TIMEOUT_MS = 15_000;
const FIRST_WITH_JSON2 = 19;
const versionBody = z.looseObject({ version: z.string(), version_info: z.array(z.unknown()).min(1) });
const rpcVersionBody = z.looseObject({
  result: z.looseObject({ server_version: z.string(), server_version_info: z.array(z.unknown()).min(1) }),
});

export interface OdooConnection {
  readonly transport: OdooTransport;
  readonly version: OdooVersion;
}

/** @throws SetupError when the address is no Odoo, or the wanted protocol does not fit its version */
export async function connectOdoo(
  options: TransportOptions & { readonly transport: 'auto' | 'xmlrpc' | 'json2' },
): Promise<OdooConnection> {
  const version = await fetchOdooVersion(options.url);
  if (options.transport === 'json2' && version.major < FIRST_WITH_JSON2) throw noJson2(version);
  const json2 = options.transport === 'json2' || (options.transport === 'auto' && version.major >= FIRST_WITH_JSON2);
  return { transport: json2 ? createJson2Transport(options) : createXmlrpcTransport(options), version };
}

/** Needs neither database nor user. Asks the way of 19 first, then that of the versions before. */
export async function fetchOdooVersion(odooUrl: string): Promise<OdooVersion> {
  const base = parseOdooUrl(odooUrl);
  const root = `${base.origin}${base.pathname.replace(/\/+$/, '')}`;
  const modern = versionBody.safeParse(await fetchJson(`${root}/web/version`, { method: 'GET' }, true));
  if (modern.success) return toVersion(modern.data.version_info, modern.data.version);
  const question = { jsonrpc: '2.0', method: 'call', params: { service: 'common', method: 'version', args: [] } };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetchJson(`${root}/jsonrpc`, { method: 'POST', headers, body: JSON.stringify(question) }, false);
  const older = rpcVersionBody.safeParse(answer);
  if (older.success) return toVersion(older.data.result.server_version_info, older.data.result.server_version);
  throw notOdoo();
}

/** @param lenient null instead of an error for an answer that is none of this path */
async function fetchJson(url: string, init: RequestInit, lenient: boolean): Promise<unknown> {
  const signal = AbortSignal.timeout(VERSION_TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(url, { ...init, redirect: 'manual', signal });
  } catch (error) {
    if (signal.aborted) throw timedOut(VERSION_TIMEOUT_MS);
    const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
    throw classifyNetworkError(typeof cause?.code === 'string' ? cause.code : '');
  }
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  const foreign = classifyStatus(status, headers.get('content-type') ?? '', headers.get('retry-after'));
  if (foreign && !(lenient && (status === 404 || foreign instanceof SetupError))) throw foreign;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function toVersion(info: readonly unknown[], full: string): OdooVersion {
  // Odoo Online names its versions like "saas~18.2".
  const major = Number(/\d+/.exec(String(info[0]))?.[0] ?? Number.NaN);
  if (!Number.isInteger(major)) throw notOdoo();
  return { major, full };
}

function notOdoo(): SetupError {
  return new SetupError({
    code: 'not_odoo',
    message: 'The address answers, but not as an Odoo server.',
    remedy: 'Check ODOO_URL: it must be the address of Odoo itself.',
  });
}

function noJson2(version: OdooVersion): SetupError {
  return new SetupError({
    code: 'no_json2',
    message: `This Odoo (${version.full}) has no JSON-2 API; it came with version 19.`,
    remedy: 'Set ODOO_TRANSPORT=auto or xmlrpc.',
  });
}
