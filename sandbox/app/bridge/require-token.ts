import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';

/** A hook that lets only `Authorization: Bearer <token>` pass; compared in constant time. */
export function requireToken(token: string): (request: FastifyRequest) => Promise<void> {
  const wanted = digest(token);
  return async (request) => {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return;
    throw new Problem(401, 'A valid bearer token is needed.', { headers: { 'www-authenticate': 'Bearer' } });
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
