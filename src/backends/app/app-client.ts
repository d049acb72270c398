/** HTTP to the app: bearer token, deadline, size cap, classified errors. */
import { RetryableError, SetupError, TerminalError } from '../../errors.ts';

export interface AppClientOptions {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
}

export interface AppAnswer {
  readonly body: unknown;
  /** Bridge milliseconds around the call, for the clock estimate. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

export type AppClient = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<AppAnswer>;

export function createAppClient(options: AppClientOptions): AppClient {
  const { timeoutMs = 30_000, maxResponseBytes = 32 * 1024 * 1024 } = options;
  const root = options.url.replace(/\/+$/, '');
  return async (method, path, body) => {
    const sentAt = Date.now();
    const response = await send(`${root}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${options.token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the token elsewhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readBody(response, maxResponseBytes);
    const receivedAt = Date.now();
    if (!response.ok) throw classifyStatus(response, method);
    return { body: parseBody(text), sentAt, receivedAt };
  };
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw classifyNetworkError(error);
  }
}

async function readBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw classifyNetworkError(error);
  }
  if (bytes <= maxBytes) return Buffer.concat(chunks).toString('utf8');
  throw new TerminalError({
    code: 'app_answer_too_large',
    message: `The app answered with more than ${maxBytes} bytes.`,
    remedy: 'Let the app send smaller pages (it may return fewer records than the limit asks for).',
  });
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SetupError({
      code: 'app_answer_not_json',
      message: 'The app answered with something that is not JSON.',
      remedy: 'Check APP_URL: it must be the address of the app itself, not of a login page or proxy.',
    });
  }
}

/** Nothing of the original error is kept: its cause names hosts and may hold the request. */
function classifyNetworkError(error: unknown): RetryableError {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  const code = typeof cause?.code === 'string' ? cause.code : '';
  const notSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(code);
  if (notSent) {
    return new RetryableError(
      {
        code: 'app_unreachable',
        message: `The app cannot be reached (${code}).`,
        remedy: 'Check that the app runs and that APP_URL is right; the bridge goes on by itself once it answers.',
      },
      'not-applied',
    );
  }
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  return new RetryableError(
    {
      code: timedOut ? 'app_timeout' : 'app_connection_lost',
      message: timedOut ? 'The app did not answer in time.' : 'The connection to the app broke off.',
      remedy: 'Nothing to do if it is rare; else look at the load and the log of the app.',
    },
    'unknown',
  );
}

function classifyStatus(response: Response, method: string): Error {
  const { status } = response;
  if (status === 401 || status === 403) {
    return new SetupError({
      code: 'app_refused_token',
      message: `The app refused the bridge's token (HTTP ${status}).`,
      remedy: 'Check APP_API_TOKEN against the token that the app expects.',
    });
  }
  if (status === 429 || status >= 500) {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new RetryableError(
      {
        code: status === 429 ? 'app_rate_limited' : 'app_failed',
        message: `The app answered with HTTP ${status}.`,
        remedy: 'It is tried again by itself; if it lasts, look at the log of the app.',
      },
      status === 429 || method === 'GET' ? 'not-applied' : 'unknown',
      Number.isFinite(seconds) ? seconds * 1000 : undefined,
    );
  }
  if (status === 400 || status === 413 || status === 422) {
    return new TerminalError({
      code: 'app_refused_request',
      message: `The app refused the request as a whole (HTTP ${status}).`,
      remedy: 'Compare the app with the contract of the bridge: it must take this request.',
    });
  }
  return new SetupError({
    code: 'app_wrong_address',
    message: `The app answered with HTTP ${status} where the bridge's contract expects an answer.`,
    remedy: 'Check APP_URL and that the app offers /bridge/… as the contract says.',
  });
}
