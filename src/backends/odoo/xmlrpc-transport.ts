/** Odoo's XML-RPC API (all versions up to 21) through the npm package `odoo-xmlrpc`, with its traps fenced off. */
import Odoo from 'odoo-xmlrpc';
import { SetupError } from '../../errors.ts';
import {
  answerTooLarge,
  classifyFault,
  classifyNetworkError,
  classifyStatus,
  readTraceback,
  timedOut,
  unreadableAnswer,
} from './odoo-errors.ts';
import { assertSendable } from './rpc-values.ts';
import type { OdooCall, OdooTransport } from './transport.ts';
import {
  MAX_RESPONSE_BYTES,
  parseOdooUrl,
  reportClock,
  TIMEOUT_MS,
  type TransportOptions,
} from './transport-options.ts';
import { type Watched, watchRequest } from './watched-request.ts';

/** A method without a result answers with this fault, after its transaction has been committed. */
const RETURNED_NONE = /cannot marshal None unless allow_none is enabled/;
/** What `connect` of the library says when Odoo answers `False`. */
const NO_UID = /^No UID returned/;

export function createXmlrpcTransport(options: TransportOptions): OdooTransport {
  const url = parseOdooUrl(options.url);
  if (url.pathname !== '/') throw pathNotPossible();
  const library = new Odoo({
    url: url.origin,
    // The library knows no default port of its own.
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    db: options.database,
    username: options.username,
    password: options.apiKey,
  });
  let uid: Promise<number> | null = null;

  async function watched(
    start: Parameters<typeof watchRequest<unknown>>[1],
    timeoutMs = options.timeoutMs ?? TIMEOUT_MS,
  ) {
    const sentAt = Date.now();
    const outcome = await watchRequest({ timeoutMs, maxBytes: options.maxResponseBytes ?? MAX_RESPONSE_BYTES }, start);
    if ('response' in outcome) reportClock(options, outcome.response?.headers.date, sentAt);
    return { outcome, timeoutMs };
  }

  /** Asked once, for it costs a third of a second; shared by all who wait for it. */
  function userId(): Promise<number> {
    uid ??= watched((callback) => library.connect(callback))
      .then(({ outcome, timeoutMs }) => Number(readOutcome(outcome, options, timeoutMs)))
      .catch((error: unknown) => {
        uid = null;
        throw error;
      });
    return uid;
  }

  return {
    kind: 'xmlrpc',
    userId,
    async call({ model, method, ids, args, context, timeoutMs: deadline }: OdooCall) {
      const keywords = { ...args, ...(context && { context }) };
      assertSendable(ids ? { ids, ...keywords } : keywords);
      await userId();
      const params = toParams(method, ids, keywords);
      const { outcome, timeoutMs } = await watched(
        (callback) => library.execute_kw(model, method, params, callback),
        deadline,
      );
      try {
        return readOutcome(outcome, options, timeoutMs);
      } catch (error) {
        // The user may have been archived or given another id: log in again the next time.
        if (error instanceof SetupError && error.code === 'invalid_credentials') uid = null;
        throw error;
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Records go first, by position. `create` is no method of records, but takes its values by position as well. */
function toParams(
  method: string,
  ids: readonly number[] | undefined,
  keywords: Readonly<Record<string, unknown>>,
): unknown[] {
  if (ids) return [[ids], keywords];
  if (method !== 'create') return [[], keywords];
  const { vals_list, ...others } = keywords;
  return [[vals_list], others];
}

function readOutcome(outcome: Watched<unknown>, options: TransportOptions, timeoutMs: number): unknown {
  switch (outcome.kind) {
    case 'timed-out':
      throw timedOut(timeoutMs);
    case 'too-large':
      throw answerTooLarge(options.maxResponseBytes ?? MAX_RESPONSE_BYTES);
    case 'broken':
      throw classifyNetworkError(outcome.code);
    case 'answered':
      return readAnswer(outcome);
  }
}

/** The library ignores the HTTP status: a proxy's page would be a parse error. And its errors hold the API key: none gets out. */
function readAnswer({ error, value, response }: Watched<unknown> & { kind: 'answered' }): unknown {
  const status = response?.statusCode ?? 0;
  const headers = response?.headers ?? {};
  const foreign = classifyStatus(status, headers['content-type'] ?? '', headers['retry-after'] ?? null);
  if (foreign) throw foreign;
  if (!error) return value;
  const { faultCode, faultString, message } = error as { faultCode?: number; faultString?: string; message?: string };
  if (typeof faultCode === 'number' && typeof faultString === 'string') {
    if (faultCode === 1 && RETURNED_NONE.test(faultString)) return null;
    const { name, message: words } = faultCode === 1 ? readTraceback(faultString) : { name: '', message: faultString };
    throw classifyFault({ faultCode, name, message: words });
  }
  if (NO_UID.test(message ?? '')) throw classifyFault({ faultCode: 3, name: 'AccessDenied', message: '' });
  if (status === 404) throw classifyFault({ status, name: 'NotFound', message: '' });
  throw unreadableAnswer();
}

function pathNotPossible(): SetupError {
  return new SetupError({
    code: 'url_path_not_possible',
    message: 'ODOO_URL has a path, which XML-RPC through this library cannot reach.',
    remedy: 'Set ODOO_TRANSPORT=json2 (Odoo 19 and later), or let Odoo be reached at the root of a host name.',
  });
}
