/** Errors as RFC 9457 problem+json: what happened and what to do, never a stack, a value or a secret. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { BridgeError } from '../errors.ts';

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly code?: string;
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send({ type: 'about:blank', ...problem });
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  404: 'There is nothing at this address',
  413: 'The body is too large',
  415: 'The body must be JSON',
  422: 'The request cannot be processed',
  429: 'Too many requests',
  503: 'The bridge cannot take this now',
};

/** Everything that is thrown in a route ends here. */
export function installProblems(server: FastifyInstance): void {
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    if (isDatabaseAway(error)) {
      reply.header('retry-after', '5');
      return sendProblem(reply, {
        status: 503,
        title: TITLES[503] ?? '',
        detail: 'The database does not answer; send it again.',
      });
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, { status, title: TITLES[status] ?? 'The request was refused' });
    const code = error instanceof BridgeError ? error.code : 'internal';
    const where = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
    request.log.error({ code, where }, 'request failed');
    return sendProblem(reply, {
      status,
      title: 'The bridge failed on this request',
      detail: 'It is in the log file under this request id.',
      code,
    });
  });
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, { status: 404, title: TITLES[404] ?? '' }));
}

/** The network; then by class of PostgreSQL's codes: */
const DATABASE_AWAY = new RegExp(
  `^(${[
    'ECONN\\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN',
    '08\\w{3}|28\\w{3}|3D000', // the connection, the login, the database itself
    '25006', // takes no writes: a replica after a failover
    '40001|40P01|55P03', // others were quicker, again and again
    '53\\w{3}|57\\w{3}|58\\w{3}', // no connections, memory or disk; shut down or cancelled; its machine
    'XX\\w{3}', // and what it has no name for, such as a file that may not grow
  ].join('|')})$`,
);

/** PostgreSQL cannot do it now, and nothing is wrong with the request: the sender keeps the event and comes again. */
function isDatabaseAway(error: Error & { code?: string }): boolean {
  if (error instanceof BridgeError) return false;
  return (
    DATABASE_AWAY.test(error.code ?? '') ||
    /Connection terminated|timeout exceeded when trying to connect|driver has already been destroyed/.test(
      error.message,
    )
  );
}
