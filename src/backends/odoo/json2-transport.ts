/** Odoo's JSON-2 API (19 and later): one POST per call, arguments by name, real HTTP statuses. */
import { z } from 'zod';
import {
  answerTooLarge,
  classifyFault,
  classifyNetworkError,
  classifyStatus,
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

const errorBody = z.looseObject({ name: z.string(), message: z.string() });
const contextAnswer = z.looseObject({ uid: z.int() });

export function createJson2Transport(options: TransportOptions): OdooTransport {
  const base = parseOdooUrl(options.url);
  const root = `${base.origin}${base.pathname.replace(/\/+$/, '')}/json/2`;
  let uid: Promise<number> | null = null;

  async function call({ model, method, ids, args, context, timeoutMs }: OdooCall): Promise<unknown> {
    const body = { ...args, ...(ids && { ids }), ...(context && { context }) };
    assertSendable(body);
    const answer = await post(options, `${root}/${model}/${method}`, JSON.stringify(body), timeoutMs);
    return readAnswer(answer);
  }

  return {
    kind: 'json2',
    call,
    userId() {
      uid ??= call({ model: 'res.users', method: 'context_get' })
        .then((value) => contextAnswer.parse(value).uid)
        .catch((error: unknown) => {
          uid = null;
          throw error;
        });
      return uid;
    },
    close: () => Promise.resolve(),
  };
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | null;
  readonly text: string;
}

async function post(
  options: TransportOptions,
  url: string,
  body: string,
  timeoutMs = options.timeoutMs ?? TIMEOUT_MS,
): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const sentAt = Date.now();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `bearer ${options.apiKey}`,
        'content-type': 'application/json',
        'x-odoo-database': options.database,
      },
      body,
      // A redirect would carry the key to another place.
      redirect: 'manual',
      signal,
    });
    reportClock(options, response.headers.get('date'), sentAt);
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      retryAfter: response.headers.get('retry-after'),
      text: await readText(response, options.maxResponseBytes ?? MAX_RESPONSE_BYTES),
    };
  } catch (error) {
    if (signal.aborted) throw timedOut(timeoutMs);
    if (error instanceof TooLarge) throw answerTooLarge(error.maxBytes);
    throw classifyNetworkError(codeOf(error));
  }
}

class TooLarge extends Error {
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super('too large');
    this.maxBytes = maxBytes;
  }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new TooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readAnswer({ status, contentType, retryAfter, text }: Answer): unknown {
  const foreign = classifyStatus(status, contentType, retryAfter);
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

/** `fetch` hides the reason one or two causes deep. */
function codeOf(error: unknown): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return '';
}
