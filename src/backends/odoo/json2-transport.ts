/** Odoo's JSON-2 API (19 and later): one POST per call, arguments by name, real HTTP statuses. */
import { z } from 'zod';
import { fetchText, type TextAnswer } from './fetch-text.ts';
import { classifyAnswer, unreadableAnswer } from './http-errors.ts';
import { classifyFault } from './odoo-errors.ts';
import { assertSendable } from './rpc-values.ts';
import type { OdooCall, OdooTransport } from './transport.ts';
import {
  assertHeaderValues,
  MAX_RESPONSE_BYTES,
  parseOdooUrl,
  reportClock,
  rootOf,
  TIMEOUT_MS,
  type TransportOptions,
} from './transport-options.ts';

const errorBody = z.looseObject({ name: z.string(), message: z.string() });
const contextAnswer = z.looseObject({ uid: z.int().positive() });
/** The page that Odoo gives instead of JSON when the named database is not there. */
const NO_DATABASE = /No database is selected/;

/** @throws SetupError when the options cannot work */
export function createJson2Transport(options: TransportOptions): OdooTransport {
  const root = `${rootOf(parseOdooUrl(options.url))}/json/2`;
  assertHeaderValues(options);
  let uid: Promise<number> | null = null;

  async function call({ model, method, ids, args, context, timeoutMs }: OdooCall): Promise<unknown> {
    const body = { ...args, ...(ids && { ids }), ...(context && { context }) };
    assertSendable(body);
    return readAnswer(await post(options, `${root}/${model}/${method}`, JSON.stringify(body), timeoutMs));
  }

  return {
    kind: 'json2',
    call,
    userId() {
      uid ??= call({ model: 'res.users', method: 'context_get' })
        .then((value) => {
          const answer = contextAnswer.safeParse(value);
          if (!answer.success) throw unreadableAnswer();
          return answer.data.uid;
        })
        .catch((error: unknown) => {
          uid = null;
          throw error;
        });
      return uid;
    },
    close: () => Promise.resolve(),
  };
}

function post(
  options: TransportOptions,
  url: string,
  body: string,
  timeoutMs = options.timeoutMs ?? TIMEOUT_MS,
): Promise<TextAnswer> {
  const headers = {
    authorization: `bearer ${options.apiKey}`,
    'content-type': 'application/json',
    'x-odoo-database': options.database,
  };
  const maxBytes = options.maxResponseBytes ?? MAX_RESPONSE_BYTES;
  const onDate = reportClock(options);
  return fetchText(url, { method: 'POST', headers, body }, { timeoutMs, maxBytes, onDate });
}

function readAnswer(answer: TextAnswer): unknown {
  const { status, text } = answer;
  if (status === 404 && NO_DATABASE.test(text)) {
    throw classifyFault({ status, name: 'NotFound', message: 'No database is selected' });
  }
  const foreign = classifyAnswer(answer, 'json');
  if (foreign) throw foreign;
  const body = parseJson(text);
  if (status === 200) return body;
  const error = errorBody.safeParse(body);
  throw classifyFault({ status, name: error.data?.name ?? '', message: error.data?.message ?? '' });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadableAnswer();
  }
}
