import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';

/**
 * People need no password here, so another site open in the same browser must not edit in their name. A browser
 * says where a request comes from; a program says nothing and passes.
 */
export async function refuseOtherSites(request: FastifyRequest): Promise<void> {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const site = request.headers['sec-fetch-site'];
  const { origin } = request.headers;
  const sameSite = site === undefined || site === 'same-origin' || site === 'none';
  const sameOrigin = origin === undefined || URL.parse(origin)?.host === request.headers.host;
  if (!sameSite || !sameOrigin) throw new Problem(403, 'This came from another site.');
}
