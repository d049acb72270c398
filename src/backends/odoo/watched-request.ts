/**
 * A deadline, a size cap and a look at the headers for a library that offers none of them: while it makes its
 * request, Node tells which one it is, and from then on the request is ours to watch and to end.
 */
import diagnostics from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

export interface WatchOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export type Watched<T> =
  | { readonly kind: 'answered'; readonly error: unknown; readonly value: T; readonly response: IncomingMessage | null }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'too-large' }
  /** `code` as Node names it, empty when the server just closed. */
  | { readonly kind: 'broken'; readonly code: string; readonly response: IncomingMessage | null };

/**
 * Runs `start`, which must make exactly one HTTP request before it returns, and calls back once at most.
 * @throws whatever `start` throws synchronously
 */
export function watchRequest<T>(
  options: WatchOptions,
  start: (callback: (error: unknown, value: T) => void) => void,
): Promise<Watched<T>> {
  return new Promise((resolve, reject) => {
    let request: ClientRequest | null = null;
    let response: IncomingMessage | null = null;
    const timer = setTimeout(() => finish({ kind: 'timed-out' }), options.timeoutMs);

    function finish(outcome: Watched<T>): void {
      clearTimeout(timer);
      resolve(outcome);
      // Its late errors are nobody's any more, but must not end the process.
      request?.on('error', () => {});
      if (outcome.kind !== 'answered') request?.destroy();
    }

    function watch(message: unknown): void {
      request = (message as { request: ClientRequest }).request;
      request.once('response', (incoming) => {
        response = incoming;
        let bytes = 0;
        incoming.on('data', (chunk: Buffer | string) => {
          bytes += Buffer.byteLength(chunk);
          if (bytes > options.maxBytes) finish({ kind: 'too-large' });
        });
        // The library waits for ever for the rest of an answer that was cut off.
        incoming.once('aborted', () => finish({ kind: 'broken', code: 'ECONNRESET', response }));
        incoming.once('error', (error: Error & { code?: string }) =>
          finish({ kind: 'broken', code: error.code ?? '', response }),
        );
      });
    }

    diagnostics.subscribe('http.client.request.created', watch);
    try {
      start((error, value) => {
        const code = codeOf(error);
        if (code !== null && response === null) finish({ kind: 'broken', code, response });
        else finish({ kind: 'answered', error, value, response });
      });
    } catch (error) {
      clearTimeout(timer);
      reject(error);
    } finally {
      diagnostics.unsubscribe('http.client.request.created', watch);
    }
  });
}

/** The code of a failed connection; null for an error of another kind, such as an answer that is no XML-RPC. */
function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}
