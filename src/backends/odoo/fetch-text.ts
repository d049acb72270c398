/** One HTTP request with a deadline over all of it and a cap on the answer, its failures classified. */
import { type AnswerHead, answerTooLarge, classifyNetworkError, readNetworkCode, timedOut } from './http-errors.ts';

export interface FetchLimits {
  readonly timeoutMs: number;
  /** Of the body as it is after decompression. */
  readonly maxBytes: number;
  /** Told the `Date` header as soon as the answer begins. */
  readonly onDate?: (date: string | null) => void;
}

export interface TextAnswer extends AnswerHead {
  readonly text: string;
}

/**
 * Answers of any status are returned; a redirect is not followed, for it would carry the key to another place.
 * @throws RetryableError, SetupError or TerminalError when there is no complete answer
 */
export async function fetchText(url: string, init: RequestInit, limits: FetchLimits): Promise<TextAnswer> {
  const { timeoutMs, maxBytes } = limits;
  const signal = AbortSignal.timeout(timeoutMs);
  let text: string | null;
  let response: Response;
  try {
    response = await fetch(url, { ...init, redirect: 'manual', signal });
    limits.onDate?.(response.headers.get('date'));
    text = await readText(response, maxBytes);
  } catch (error) {
    throw signal.aborted ? timedOut(timeoutMs) : classifyNetworkError(readNetworkCode(error) ?? '');
  }
  if (text === null) throw answerTooLarge(maxBytes);
  const { status, headers } = response;
  return { status, contentType: headers.get('content-type') ?? '', retryAfter: headers.get('retry-after'), text };
}

/** Null when it is longer; the rest is then not waited for. */
async function readText(response: Response, maxBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
