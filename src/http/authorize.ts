/** Bearer tokens of operators. */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isKnownToken } from '../sources/odoo-webhook.ts';
import { sendProblem } from './problem.ts';

/** Who asks. */
export interface Caller {
  /** SHA-256 of the token. */
  readonly fingerprint: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

/** Lets only requests with one of the tokens pass to the routes of this instance. */
export function requireToken(server: FastifyInstance, tokens: readonly string[]): void {
  server.decorateRequest('caller');
  server.addHook('onRequest', async (request, reply) => {
    const token = bearerOf(request);
    if (token === undefined || !isKnownToken(token, tokens)) {
      reply.header('www-authenticate', 'Bearer');
      return sendProblem(reply, 'token_needed');
    }
    request.caller = { fingerprint: createHash('sha256').update(token).digest('hex') };
  });
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
