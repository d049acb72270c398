/**
 * What accompanies each request that does something: its row in the audit stands before it is done; with an
 * Idempotency-Key it is done once, however often it comes.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Act, type Audit, type Outcome, tellSubject } from '../links/audit.ts';
import type { Claim, IdempotencyKeys } from '../links/idempotency-keys.ts';
import { type Input, type Operation, takesKey } from './operation.ts';
import { sendProblem } from './problem.ts';

export interface ActionOptions {
  readonly audit: Audit;
  readonly keys: IdempotencyKeys;
}

interface Action {
  /** Of its row in the audit. */
  readonly id: string;
  readonly claim: Claim | null;
}

type AnyInput = Input<unknown, unknown, unknown>;

declare module 'fastify' {
  interface FastifyInstance {
    /** Before the handler; false when the answer has been sent instead. */
    beginAction(operation: Operation, input: AnyInput, request: FastifyRequest, reply: FastifyReply): Promise<boolean>;
  }
  interface FastifyRequest {
    /** What is to be ended when the answer is there. */
    action: Action | null;
  }
}

/** Those of the answer's headers that belong to it: a length or a date is made anew. */
const KEPT_HEADERS = ['content-type', 'location'] as const;

export function installActions(server: FastifyInstance, { audit, keys }: ActionOptions): void {
  server.decorateRequest('action', null);
  server.decorate('beginAction', async (operation, input, request, reply) => {
    const key = takesKey(operation) ? readKey(request) : null;
    if (key === undefined) {
      sendProblem(reply, 'malformed_idempotency_key');
      return false;
    }
    const claim = key === null ? null : await claimKey(keys, key, request, reply);
    // A repeat does nothing, so it has no row.
    if (claim === undefined) return false;
    try {
      request.action = { id: await audit.begin(describeAct(operation, input, request)), claim };
    } catch (error) {
      if (claim) await keys.free(claim).catch(() => {});
      throw error;
    }
    return true;
  });
  // Before the answer leaves: whoever has it and asks again gets the same.
  server.addHook('onSend', async (request, reply, payload) => {
    const { action } = request;
    if (action === null) return;
    request.action = null;
    const ends = [
      audit.end(action.id, outcomeOf(reply), reply.problem),
      action.claim && keepAnswer(keys, action.claim, reply, payload),
    ];
    const ended = await Promise.allSettled(ends);
    if (ended.every(({ status }) => status === 'fulfilled')) return;
    // It was done, and is answered. An answer that was not kept may be asked for again when the claim has run out.
    request.log.warn({ code: 'database_away' }, 'the end of a request was not written down');
  });
}

/** What an operator's request is in the audit. @param input as the schemas let it through */
function describeAct(operation: Operation, { params, query, body }: AnyInput, { caller }: FastifyRequest): Act {
  const { id, ...wishes } = (body ?? {}) as Readonly<Record<string, unknown>>;
  // Where the address names what it is about, an id in the body is of another record.
  const named = operation.params ? { other_id: id } : { id };
  const subject = tellSubject(query, { ...named, ...wishes }, params);
  return { via: 'api', who: caller.name, operation: operation.id, subject };
}

function outcomeOf({ statusCode }: FastifyReply): Outcome {
  if (statusCode < 400) return 'done';
  return statusCode < 500 ? 'refused' : 'failed';
}

function keepAnswer(keys: IdempotencyKeys, claim: Claim, reply: FastifyReply, payload: unknown): Promise<void> {
  if (reply.statusCode >= 500 || typeof payload !== 'string') return keys.free(claim);
  return keys.keep(claim, { status: reply.statusCode, headers: headersOf(reply), body: payload });
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
