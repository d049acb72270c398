/** Bearer tokens of operators. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isKnownToken } from '../sources/odoo-webhook.ts';
import { sendProblem } from './problem.ts';

/** Lets only requests with one of the tokens pass to the routes of this instance. */
export function requireToken(server: FastifyInstance, tokens: readonly string[]): void {
  server.addHook('onRequest', async (request, reply) => {
    if (isAuthorized(request, tokens)) return;
    reply.header('www-authenticate', 'Bearer');
    return sendProblem(reply, 'token_needed');
  });
}

function isAuthorized(request: FastifyRequest, tokens: readonly string[]): boolean {
  const given = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return given !== undefined && isKnownToken(given, tokens);
}
