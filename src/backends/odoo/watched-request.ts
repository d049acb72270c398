/**
 * A deadline, a size cap and a look at the headers for a library that offers none of them: while it makes its
 * request, Node tells which one it is, and from then on the request is ours to watch and to end.
 */
import diagnostics from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { type AnswerHead, readNetworkCode } from './http-errors.ts';

export interface WatchOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Told the `Date` header as soon as the answer begins. */
  readonly onDate: (date: string | null) => void;
}

export type Watched<T> =
  /** `error` is the library's own: it carries the request, so nothing but its text may be looked at. */
  | { readonly kind: 'answered'; readonly error: unknown; readonly value: T; readonly head: AnswerHead }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-large' }
  /** `code` as Node names it, empty when the server just closed. */
  | { readonly kind: 'broken'; readonly code: string };

/**
 * Runs `start`, which must make one HTTP request before it returns, and call back when it is over.
 * @throws what `start` throws before there is a request
 */
export function watchRequest<T>(
  options: WatchOptions,
  start: (callback: (error: unknown, value: T) => void) => void,
): Promise<Watched<T>> {
  return new Promise((resolve) => {
    let response: IncomingMessage | null = null;
    const request = catchRequest(() =>
      start((error, value) => {
        if (response === null || readNetworkCode(error) !== null) breakOff(error);
        else finish({ kind: 'answered', error, value, head: readHead(response) });
      }),
    );
    const timer = setTimeout(() => finish({ kind: 'timed-out' }), options.timeoutMs);

    function finish(outcome: Watched<T>): void {
      clearTimeout(timer);
      resolve(outcome);
      // The library may be content with the beginning of an answer that goes on for ever.
      if (!response?.complete) request.destroy();
    }

    function breakOff(error: unknown): void {
      finish({ kind: 'broken', code: readNetworkCode(error) ?? '' });
    }

    // Late errors are nobody's any more, but must not end the process.
    request.on('error', () => {});
    // Before the library's own listener, which may call back at once.
    request.prependOnceListener('response', (incoming: IncomingMessage) => {
      response = incoming;
      options.onDate(incoming.headers.date ?? null);
      let bytes = 0;
      incoming.on('data', (chunk: Buffer | string) => {
        bytes += Buffer.byteLength(chunk);
        if (bytes > options.maxBytes) finish({ kind: 'too-large' });
      });
      // The library waits for ever for the rest of an answer that was cut off.
      incoming.once('error', breakOff);
    });
  });
}

function catchRequest(start: () => void): ClientRequest {
  let request: ClientRequest | null = null;
  const note = (message: unknown) => {
    request = (message as { request: ClientRequest }).request;
  };
  diagnostics.subscribe('http.client.request.created', note);
  try {
    start();
  } finally {
    diagnostics.unsubscribe('http.client.request.created', note);
  }
  if (request === null) throw new TypeError('the library made no request that Node told of');
  return request;
}

function readHead({ statusCode = 0, headers }: IncomingMessage): AnswerHead {
  return { status: statusCode, contentType: headers['content-type'] ?? '', retryAfter: headers['retry-after'] ?? null };
}
