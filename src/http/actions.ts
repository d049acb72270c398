/** What accompanies each request that does something: with an Idempotency-Key it is done once, however often it comes. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Claim, IdempotencyKeys } from '../links/idempotency-keys.ts';
import { type Operation, takesKey } from './operation.ts';
import { sendProblem } from './problem.ts';

export interface ActionOptions {
  readonly keys: IdempotencyKeys;
}

interface Action {
  readonly claim: Claim | null;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Before the handler; false when the answer has been sent instead. */
    beginAction(operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<boolean>;
  }
  interface FastifyRequest {
    /** What is to be ended when the answer is there. */
    action: Action | null;
  }
}

/** Those of the answer's headers that belong to it: a length or a date is made anew. */
const KEPT_HEADERS = ['content-type', 'location'] as const;

export function installActions(server: FastifyInstance, { keys }: ActionOptions): void {
  server.decorateRequest('action', null);
  server.decorate('beginAction', async (operation: Operation, request: FastifyRequest, reply: FastifyReply) => {
    const key = takesKey(operation) ? readKey(request) : null;
    if (key === undefined) {
      sendProblem(reply, 'malformed_idempotency_key');
      return false;
    }
    const claim = key === null ? null : await claimKey(keys, key, request, reply);
    if (claim === undefined) return false;
    request.action = { claim };
    return true;
  });
  // Before the answer leaves: whoever has it and asks again gets the same.
  server.addHook('onSend', async (request, reply, payload) => {
    const { action } = request;
    request.action = null;
    if (!action?.claim) return;
    try {
      if (reply.statusCode >= 500 || typeof payload !== 'string') await keys.free(action.claim);
      else await keys.keep(action.claim, { status: reply.statusCode, headers: headersOf(reply), body: payload });
    } catch {
      // It was done, and is answered. What is not kept may be sent again when the claim has run out.
      request.log.warn({ code: 'database_away' }, 'the answer of a request with an Idempotency-Key was not kept');
    }
  });
}

/** @returns null without a key, undefined for one that is none */
function readKey({ headers }: FastifyRequest): string | null | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return null;
  // A string as RFC 9651 has it, or bare, as most clients send it.
  const [, quoted, bare] = /^(?:"((?:[ !#-[\]-~]|\\["\\]){1,255})"|([!#-~]{1,255}))$/.exec(String(header)) ?? [];
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? bare;
}

/** @returns undefined when the answer has been sent */
async function claimKey(
  keys: IdempotencyKeys,
  key: string,
  { caller, method, url, body }: FastifyRequest,
  reply: FastifyReply,
): Promise<Claim | undefined> {
  const request = JSON.stringify([method, url, body ?? null]);
  const claimed = await keys.claim({ caller: caller.fingerprint, key, request });
  if (claimed.kind === 'ours') return claimed.claim;
  if (claimed.kind === 'other') {
    sendProblem(reply, 'idempotency_key_reused');
  } else if (claimed.kind === 'busy') {
    reply.header('retry-after', String(claimed.retryAfterSeconds));
    sendProblem(reply, 'request_in_progress');
  } else {
    const { status, headers, body: kept } = claimed.answer;
    reply.code(status).headers(headers).header('idempotent-replayed', 'true').send(kept);
  }
  return undefined;
}

function headersOf(reply: FastifyReply): Readonly<Record<string, string>> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])),
  );
}
