/** Bearer tokens of operators, and what each may do. */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Act, Audit } from '../links/audit.ts';
import { isKnownToken } from '../sources/odoo-webhook.ts';
import { type Scope, scopeOf } from './operation.ts';
import { sendProblem } from './problem.ts';

export interface ApiToken {
  readonly token: string;
  readonly name: string | null;
  readonly scopes: readonly Scope[];
}

/** Who asks. */
export interface Caller {
  /** The token's name, or else the beginning of its fingerprint: what may be shown. */
  readonly name: string;
  /** SHA-256 of the token. */
  readonly fingerprint: string;
  readonly scopes: readonly Scope[];
}

export type RefusalReason = 'token_needed' | 'scope_missing';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

export interface AuthorizeOptions {
  readonly apiTokens: readonly ApiToken[];
  readonly audit: Pick<Audit, 'refuse'>;
  readonly onRefused: (reason: RefusalReason) => void;
}

/**
 * Lets only requests with one of the tokens, and with the scope that they need, pass to the routes of this instance.
 * Callers whom nobody knows are counted and leave no row: they could send as many as they like.
 */
export function requireToken(server: FastifyInstance, { apiTokens, audit, onRefused }: AuthorizeOptions): void {
  const callers = apiTokens.map((token) => ({ token: token.token, caller: describeCaller(token) }));
  server.decorateRequest('caller');
  server.addHook('onRequest', async (request, reply) => {
    const caller = findCaller(request, callers);
    if (caller === undefined) {
      onRefused('token_needed');
      reply.header('www-authenticate', 'Bearer');
      return sendProblem(reply, 'token_needed');
    }
    request.caller = caller;
    const { operation } = request.routeOptions.config;
    const scope = operation ? scopeOf(operation) : null;
    if (!operation || scope === null || caller.scopes.includes(scope)) return;
    onRefused('scope_missing');
    const act: Act = { via: 'api', who: caller.name, operation: operation.id, subject: {} };
    await audit.refuse(act).catch(() => {
      request.log.warn({ code: 'database_away' }, 'a refused request was not written down');
    });
    return refuse(reply, scope);
  });
}

function refuse(reply: FastifyReply, scope: Scope): FastifyReply {
  reply.header('www-authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
  return sendProblem(reply, 'scope_missing', {
    detail: `The token lacks the scope "${scope}". Use one that has it, or add it to this one in BRIDGE_API_TOKENS.`,
  });
}

function describeCaller({ token, name, scopes }: ApiToken): Caller {
  const fingerprint = createHash('sha256').update(token).digest('hex');
  return { name: name ?? `token ${fingerprint.slice(0, 8)}`, fingerprint, scopes };
}

/** All of them are compared, so that the time taken tells nothing. */
function findCaller(
  request: FastifyRequest,
  callers: readonly { readonly token: string; readonly caller: Caller }[],
): Caller | undefined {
  const given = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined) return undefined;
  return callers.filter(({ token }) => isKnownToken(given, [token]))[0]?.caller;
}
