/** Which protocol to speak: JSON-2 where the server has it, XML-RPC below. */
import { z } from 'zod';
import { RetryableError, SetupError } from '../../errors.ts';
import type { Gate } from '../gate.ts';
import { withBareRelations } from './bare-relations.ts';
import { type FetchLimits, fetchText, type TextAnswer } from './fetch-text.ts';
import { guardTransport } from './guard-transport.ts';
import { classifyAnswer } from './http-errors.ts';
import { createJson2Transport } from './json2-transport.ts';
import type { OdooTransport, OdooVersion } from './transport.ts';
import { parseOdooUrl, rootOf, type TransportOptions } from './transport-options.ts';
import { firstVersionWith, hasFeature } from './versions.ts';
import { createXmlrpcTransport } from './xmlrpc-transport.ts';

const VERSION_TIMEOUT_MS = 15_000;
const VERSION_MAX_BYTES = 1_000_000;
const versionBody = z.looseObject({ version: z.string(), version_info: z.array(z.unknown()).min(1) });
const rpcVersionBody = z.looseObject({
  result: z.looseObject({ server_version: z.string(), server_version_info: z.array(z.unknown()).min(1) }),
});

export interface OdooConnection {
  readonly transport: OdooTransport;
  readonly version: OdooVersion;
}

export interface ConnectOptions extends TransportOptions {
  readonly transport: 'auto' | 'xmlrpc' | 'json2';
  /** What each request has to pass; by default it just leaves. */
  readonly gate?: Gate;
}

const OPEN_GATE: Gate = (call) => call();

/** @throws SetupError when the address is no Odoo, or the wanted protocol does not fit its version */
export async function connectOdoo(options: ConnectOptions): Promise<OdooConnection> {
  const version = await fetchOdooVersion(options.url, options);
  const possible = hasFeature(version, 'json2');
  if (options.transport === 'json2' && !possible) throw noJson2(version);
  const json2 = options.transport !== 'xmlrpc' && possible;
  const transport = withBareRelations(json2 ? createJson2Transport(options) : createXmlrpcTransport(options), version);
  return { transport: options.gate ? guardTransport(transport, options.gate) : transport, version };
}

/**
 * Needs neither database nor user. Asks the way of 19 first, then that of the versions before.
 * @throws SetupError when it is no Odoo, RetryableError when it cannot be reached
 */
export async function fetchOdooVersion(
  url: string,
  { timeoutMs = VERSION_TIMEOUT_MS, gate = OPEN_GATE }: Partial<Pick<ConnectOptions, 'timeoutMs' | 'gate'>> = {},
): Promise<OdooVersion> {
  const root = rootOf(parseOdooUrl(url));
  const limits = { timeoutMs, maxBytes: VERSION_MAX_BYTES };
  const ask = (path: string, init: RequestInit) => gate(() => askServer(root + path, init, limits));
  const modern = await ask('/web/version', { method: 'GET' });
  const modernBody = versionBody.safeParse(readJson(modern));
  if (modernBody.success) return toVersion(modernBody.data.version_info, modernBody.data.version);
  const question = { jsonrpc: '2.0', method: 'call', params: { service: 'common', method: 'version', args: [] } };
  const headers = { 'content-type': 'application/json' };
  const older = await ask('/jsonrpc', { method: 'POST', headers, body: JSON.stringify(question) });
  const olderBody = rpcVersionBody.safeParse(readJson(older));
  if (olderBody.success)
    return toVersion(olderBody.data.result.server_version_info, olderBody.data.result.server_version);
  // The first answer tells better what the server is: Odoo itself fails on a POST to a path it does not know.
  throw classifyAnswer(modern, 'json') ?? classifyAnswer(older, 'json') ?? notOdoo();
}

/** A server that is away or wants to be left alone is not asked in another way. */
async function askServer(url: string, init: RequestInit, limits: FetchLimits): Promise<TextAnswer> {
  const answer = await fetchText(url, init, limits);
  const failure = classifyAnswer(answer, 'json');
  if (failure instanceof RetryableError) throw failure;
  return answer;
}

/** Null when it is none. */
function readJson({ text }: TextAnswer): unknown {
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
    message: `This Odoo (${version.full}) has no JSON-2 API; it came with version ${firstVersionWith('json2')}.`,
    remedy: 'Set ODOO_TRANSPORT=auto or xmlrpc.',
  });
}
