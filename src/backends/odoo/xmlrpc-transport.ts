/** Odoo's XML-RPC API (all versions up to 21) through the npm package `odoo-xmlrpc`, with its traps fenced off. */
import Odoo from 'odoo-xmlrpc';
import { z } from 'zod';
import { RetryableError, SetupError } from '../../errors.ts';
import { answerTooLarge, classifyAnswer, classifyNetworkError, timedOut, unreadableAnswer } from './http-errors.ts';
import { classifyFault, readTraceback } from './odoo-errors.ts';
import { assertSendable, isPlainAnswer } from './rpc-values.ts';
import type { OdooCall, OdooTransport, RpcValue } from './transport.ts';
import {
  MAX_RESPONSE_BYTES,
  parseOdooUrl,
  reportClock,
  TIMEOUT_MS,
  type TransportOptions,
} from './transport-options.ts';
import { type Watched, watchRequest } from './watched-request.ts';
import { escapeTexts } from './xml-text.ts';

type Callback = (error: unknown, value: unknown) => void;

/** A method without a result answers with this fault, after its transaction has been committed. */
const RETURNED_NONE = /cannot marshal None unless allow_none is enabled/;
const faultShape = z.object({ faultCode: z.int(), faultString: z.string() });
/** What `connect` of the library says when Odoo answers `False`. */
const noUidShape = z.object({ message: z.string().startsWith('No UID returned') });
const uidShape = z.int().positive();

/** @throws SetupError when the options cannot work */
export function createXmlrpcTransport(options: TransportOptions): OdooTransport {
  const url = parseOdooUrl(options.url);
  if (url.pathname !== '/') throw pathNotPossible();
  const { database: db, username, apiKey: password, timeoutMs: usualMs = TIMEOUT_MS } = options;
  assertSendable({ db, username, password }, 'options');
  // The library knows no default port of its own.
  const port = url.port || (url.protocol === 'https:' ? 443 : 80);
  const library = new Odoo({ url: url.origin, port, db, username, password });
  let uid: Promise<number> | null = null;

  async function run(start: (callback: Callback) => void, timeoutMs: number): Promise<unknown> {
    const maxBytes = options.maxResponseBytes ?? MAX_RESPONSE_BYTES;
    const outcome = await watchRequest({ timeoutMs, maxBytes, onDate: reportClock(options) }, start);
    switch (outcome.kind) {
      case 'timed-out':
        throw timedOut(timeoutMs);
      case 'too-large':
        throw answerTooLarge(maxBytes);
      case 'broken':
        throw classifyNetworkError(outcome.code);
      case 'answered':
        return readAnswer(outcome);
    }
  }

  /** Asked once, for it costs a third of a second; shared by all who wait for it. */
  function userId(): Promise<number> {
    uid ??= run((callback) => library.connect(callback), usualMs)
      .then((value) => {
        const id = uidShape.safeParse(value);
        if (!id.success) throw unreadableAnswer();
        return id.data;
      })
      .catch((error: unknown) => {
        uid = null;
        throw error;
      });
    return uid;
  }

  return {
    kind: 'xmlrpc',
    userId,
    async call({ model, method, ids, args, context, timeoutMs = usualMs }: OdooCall) {
      const deadline = Date.now() + timeoutMs;
      const keywords = { ...args, ...(context && { context }) };
      assertSendable(ids ? { ids, ...keywords } : keywords);
      const params = toParams(method, ids, keywords).map(escapeTexts);
      await signIn(userId(), timeoutMs);
      try {
        return await run((callback) => library.execute_kw(model, method, params, callback), deadline - Date.now());
      } catch (error) {
        // The user may have been archived or given another id: log in again the next time.
        if (error instanceof SetupError && error.code === 'invalid_credentials') uid = null;
        throw error;
      }
    },
    close: () => Promise.resolve(),
  };
}

/** The call's own deadline holds for the login too; and as long as that has not passed, nothing is applied. */
async function signIn(login: Promise<number>, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(timedOut(timeoutMs)), timeoutMs);
  try {
    await Promise.race([login, late.promise]);
  } catch (error) {
    if (error instanceof RetryableError) throw new RetryableError(error, 'not-applied', error.retryAfterMs);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** First arguments that go by position, as their names differ: `search` up to 16 takes `args`, `write` here and there `values`. */
const BY_POSITION: Readonly<Record<string, string>> = {
  create: 'vals_list',
  write: 'vals',
  search: 'domain',
  search_count: 'domain',
};

/** Records come before all other arguments. */
function toParams(
  method: string,
  ids: readonly number[] | undefined,
  keywords: Readonly<Record<string, RpcValue>>,
): RpcValue[] {
  const { [BY_POSITION[method] ?? '']: first, ...others } = keywords;
  return [[...(ids ? [ids] : []), ...(first === undefined ? [] : [first])], others];
}

/** The library ignores the HTTP status: a proxy's page would be a parse error. And its errors hold the API key: none gets out. */
function readAnswer({ error, value, head }: Watched<unknown> & { kind: 'answered' }): unknown {
  const foreign = classifyAnswer(head, 'xml');
  if (foreign) throw foreign;
  if (!error) {
    if (value !== undefined && isPlainAnswer(value)) return value;
    throw unreadableAnswer();
  }
  const { data: fault } = faultShape.safeParse(error);
  if (fault) {
    const { faultCode, faultString } = fault;
    if (faultCode === 1 && RETURNED_NONE.test(faultString)) return null;
    throw classifyFault({
      faultCode,
      ...(faultCode === 1 ? readTraceback(faultString) : { name: '', message: faultString }),
    });
  }
  const refused = noUidShape.safeParse(error).success;
  throw refused ? classifyFault({ faultCode: 3, name: 'AccessDenied', message: '' }) : unreadableAnswer();
}

function pathNotPossible(): SetupError {
  return new SetupError({
    code: 'url_path_not_possible',
    message: 'ODOO_URL has a path, which XML-RPC through this library cannot reach.',
    remedy: 'Set ODOO_TRANSPORT=json2 (Odoo 19 and later), or let Odoo be reached at the root of a host name.',
  });
}
