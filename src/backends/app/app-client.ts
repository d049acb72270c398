/** HTTP to the app: bearer token, deadline, size cap, classified errors. */
import { RetryableError, SetupError, TerminalError } from '../../errors.ts';

export interface AppClientOptions {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
  /** Answers are bytes, not JSON: the body is a Buffer then. */
  readonly raw?: boolean;
}

export interface AppAnswer {
  readonly body: unknown;
  /** Bridge milliseconds around the call, for the clock estimate. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

export type AppClient = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<AppAnswer>;

/** The client throws SetupError, RetryableError or TerminalError, never with the request or the token in it. */
export function createAppClient(options: AppClientOptions): AppClient {
  const { timeoutMs = 30_000, maxResponseBytes = 32 * 1024 * 1024 } = options;
  const root = options.url.replace(/\/+$/, '');
  return async (method, path, body) => {
    assertToken(options.token);
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
    const bytes = await readBody(response, maxResponseBytes);
    const receivedAt = Date.now();
    if (!response.ok) throw classifyStatus(response, method);
    return { body: options.raw === true ? bytes : parseBody(bytes.toString('utf8')), sentAt, receivedAt };
  };
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw classifyNetworkError(error);
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
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
  if (bytes <= maxBytes) return Buffer.concat(chunks);
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
    throw new SetupError(
      {
        code: 'app_answer_not_json',
        message: 'The app answered with something that is not JSON.',
        remedy: 'Check APP_URL: it must be the address of the app itself, not of a login page or proxy.',
      },
      'unknown',
    );
  }
}

/** `fetch` would refuse it in an error that quotes it and looks like a broken connection. */
function assertToken(token: string): void {
  if (/^[\x21-\x7e]+$/.test(token)) return;
  throw new SetupError({
    code: 'bad_app_token',
    message: 'APP_API_TOKEN is empty or has a blank, a line break or an accented letter in it.',
    remedy: 'Copy APP_API_TOKEN again, without anything before or after it.',
  });
}

/** These say that the request never left. */
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** Nothing of the original error is kept: its cause names hosts and may hold the request. */
function classifyNetworkError(error: unknown): RetryableError | SetupError {
  const { name, cause } = error as { name: string; cause?: { code?: string } };
  if (name === 'TimeoutError') return lostAnswer('app_timeout', 'The app did not answer in time.');
  const code = cause?.code ?? '';
  if (NOT_SENT.test(code)) {
    return new RetryableError(
      {
        code: 'app_unreachable',
        message: `The app cannot be reached (${code}).`,
        remedy: 'Check that the app runs and that APP_URL is right; the bridge goes on by itself once it answers.',
      },
      'not-applied',
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code)) {
    return new SetupError({
      code: 'app_bad_certificate',
      message: `The certificate of the app's address is not trusted (${code}).`,
      remedy: 'Renew the certificate, or give Node the issuing authority with NODE_EXTRA_CA_CERTS.',
    });
  }
  return lostAnswer('app_connection_lost', 'The connection to the app broke off.');
}

/** The app may have done what it was asked for. */
function lostAnswer(code: string, message: string): RetryableError {
  const remedy = 'Nothing to do if it is rare; else look at the load and the log of the app.';
  return new RetryableError({ code, message, remedy }, 'unknown');
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
    return new RetryableError(
      {
        code: status === 429 ? 'app_rate_limited' : 'app_failed',
        message: `The app answered with HTTP ${status}.`,
        remedy: 'It is tried again by itself; if it lasts, look at the log of the app.',
      },
      status === 429 || method === 'GET' ? 'not-applied' : 'unknown',
      readRetryAfter(response.headers.get('retry-after')),
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

/** Seconds or a date. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
