/** Errors as RFC 9457 problem+json: what happened and what to do, never a stack, a value or a secret. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { BridgeError } from '../errors.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What stands before the code in a problem's `type`. */
    problemBase: string;
  }
  interface FastifyReply {
    /** The `code` of the problem that it is answered with. */
    problem: string | null;
  }
}

export const problemSchema = z
  .object({
    type: z.string().describe('The address of the page about this kind of problem.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What happened this time, and what to do.'),
    code: z.string().describe('The cause in one word: the last part of `type`, unless a narrower one is known.'),
    instance: z.string().optional().describe('Names this very occurrence: the log file has it.'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('Of a request that cannot be processed, each fault.'),
  })
  .meta({ id: 'Problem', description: 'An error as RFC 9457 has it.' });

export interface ProblemDetails {
  /** What happened this time; left out, what to do about this kind. */
  readonly detail?: string;
  /** A narrower cause. */
  readonly code?: string;
  /** Another status than that of the kind. */
  readonly status?: number;
  /** Names this very occurrence. */
  readonly instance?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

export function sendProblem(reply: FastifyReply, kind: ProblemCode, details: ProblemDetails = {}): FastifyReply {
  const { status, title, remedy } = PROBLEMS[kind];
  const type = reply.server.problemBase + kind;
  const problem: z.input<typeof problemSchema> = { type, title, status, detail: remedy, code: kind, ...copy(details) };
  reply.problem = problem.code;
  return reply.code(problem.status).type('application/problem+json').send(problem);
}

function copy({ errors, ...details }: ProblemDetails) {
  return { ...details, ...(errors && { errors: [...errors] }) };
}

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed_body',
  404: 'unknown_address',
  413: 'body_too_large',
  415: 'not_json',
  429: 'too_many_requests',
};

/**
 * Everything that is thrown in a route ends here.
 * @param publicUrl where the pages about problems are reached; without it, `type` is relative to the request's address
 */
export function installProblems(server: FastifyInstance, publicUrl = ''): void {
  server.decorateReply('problem', null);
  server.decorate('problemBase', `${publicUrl.replace(/\/+$/, '')}/problems/`);
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    if (isDatabaseAway(error)) {
      reply.header('retry-after', '5');
      return sendProblem(reply, 'database_away', { detail: 'The database does not answer; send it again.' });
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, BY_STATUS[status] ?? 'request_refused', { status });
    const code = error instanceof BridgeError ? error.code : 'internal';
    const where = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
    request.log.error({ code, where }, 'request failed');
    return sendProblem(reply, 'internal', {
      status,
      code,
      detail: 'It is in the log file, under the id that "instance" ends with.',
      instance: `urn:uuid:${request.id}`,
    });
  });
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, 'unknown_address'));
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
