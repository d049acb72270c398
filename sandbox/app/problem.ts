/** Errors as RFC 9457 problem+json, for machines and people alike. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { FieldError } from './data/collection.ts';
import { describeError } from './describe-error.ts';

/** Thrown by a route to answer with this status. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: string,
    more: { errors?: readonly FieldError[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.status = status;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }
}

export function answerProblem(
  error: FastifyError | Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = error instanceof Problem ? error : toProblem(error);
  if (problem.status >= 500) request.log.error(describeError(error), 'request failed');
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .send({
      type: 'about:blank',
      title: STATUS_CODES[problem.status] ?? 'Error',
      status: problem.status,
      detail: problem.message,
      ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
    });
}

export function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return answerProblem(new Problem(404, 'There is nothing at this address.'), request, reply);
}

function toProblem(error: FastifyError): Problem {
  const status = error.statusCode ?? 500;
  if (status < 500) return new Problem(status, error.message);
  const code = String(error.code ?? '');
  if (/^22/.test(code)) return new Problem(400, 'The request holds a value that cannot be read.');
  // The server is away, is starting or stopping, or has no connection left; or it broke the one we had.
  if (/^(08|53|55|57|E[A-Z]+$)/.test(code) || /connection/i.test(error.message)) {
    return new Problem(503, 'The database is away.', { headers: { 'retry-after': '2' } });
  }
  return new Problem(500, 'The travel app failed; its log says why.');
}
