/** One route: what stands about it in the document is what it is registered, checked and answered with. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sendProblem } from './problem.ts';
import type { ProblemCode } from './problems.ts';

/** What a bearer token may do; none of them holds another. */
export const SCOPES = {
  read: 'Look at everything, except what `export` gives.',
  operate: 'Sync, retry, pause, release, restore, resolve. The answers tell what was done; looking around is `read`.',
  export: 'Take data away as files: the books, the logs.',
  erase: 'Erase what the bridge keeps of a person.',
} as const;
export type Scope = keyof typeof SCOPES;

/** Who may ask: a bearer token with this scope, or who proves otherwise who they are, or anybody. */
export type Access = Scope | 'app' | 'odoo' | 'open';

export const TAGS = {
  Health: 'Is it alive, can it work, how is everything.',
  Synchronisation: 'Resyncs, their progress, and pausing an entity.',
  Records: 'What the bridge keeps of each record, and what happened to it.',
  Decisions: 'What waits for a person, and what a person decides.',
  Audit: 'Who did what.',
  Accounting: 'The books as a file.',
  Webhooks: 'Where both sides tell that a record may have changed.',
  Documentation: 'This document, and the pages about problems.',
} as const;

export interface Answer {
  readonly description: string;
  /** Left out: the body is no JSON. */
  readonly schema?: z.ZodType;
  /** application/json unless it says otherwise; several for one that comes in several forms. */
  readonly mediaTypes?: readonly string[];
  /** By name, what each says. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Operation<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> {
  /** Unique, a verb first: what generated clients call it. */
  readonly id: string;
  readonly tag: keyof typeof TAGS;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As the router writes it: `/api/held/:id/resolve`. */
  readonly path: string;
  readonly access: Access;
  /** One line. */
  readonly summary: string;
  /** Markdown, for what a line does not hold. */
  readonly description?: string;
  /** The parts of the address. What does not fit them names nothing, and is answered with `unknown`. */
  readonly params?: P;
  readonly unknown?: ProblemCode;
  readonly query?: Q;
  readonly body?: B;
  /** The handler reads and checks the body itself: what is signed are its bytes. */
  readonly rawBody?: boolean;
  readonly bodyLimit?: number;
  /**
   * With an Idempotency-Key that was used before it is run again, and its answer kept nowhere: it changes nothing, or
   * its answer may hold personal data.
   */
  readonly rerunnable?: true;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beyond those that any route may answer with. */
  readonly problems?: readonly ProblemCode[];
}

/** The scope that a token needs for it; null for what no token is asked for. */
export const scopeOf = ({ access }: Operation): Scope | null => (access in SCOPES ? (access as Scope) : null);

/** It does something, or takes data away: `beginAction` goes before it. */
export const isAction = (operation: Operation) =>
  scopeOf(operation) !== null && (operation.method !== 'GET' || operation.access !== 'read');

/** A repeat with the same Idempotency-Key is answered from memory. */
export const takesKey = (operation: Operation) =>
  scopeOf(operation) !== null && operation.method !== 'GET' && !operation.rerunnable;

export interface Input<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation;
    /** A file that a page loads: not a part of the interface. */
    asset?: true;
  }
  interface FastifyInstance {
    /** All routes so far, also those that do not say what they are. */
    operations: (Operation | { readonly undocumented: string })[];
  }
}

/** Call it before any route is registered. */
export function collectOperations(server: FastifyInstance): void {
  server.decorate('operations', []);
  server.addHook('onRoute', ({ method, url, config: { operation, asset } = {} }) => {
    // Made by Fastify of each GET.
    if (method === 'HEAD' || asset) return;
    server.operations.push(operation ?? { undocumented: `${method} ${url}` });
  });
}

/**
 * Registers a route whose handler only sees what its schemas let through, in the form that they give it.
 * A request that does not fit is answered with a problem that names each fault, and never the value.
 */
export function addRoute<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(
  server: FastifyInstance,
  operation: Operation<P, Q, B>,
  handle: (
    input: Input<z.output<P>, z.output<Q>, z.output<B>>,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => unknown,
): void {
  const nothing = z.any().transform(() => undefined);
  const { params = nothing, query = nothing, rawBody } = operation;
  const body = rawBody ? nothing : (operation.body ?? nothing);
  server.route({
    method: operation.method,
    url: operation.path,
    config: { operation },
    ...(operation.bodyLimit && { bodyLimit: operation.bodyLimit }),
    handler: async (request, reply) => {
      const address = params.safeParse(request.params);
      if (!address.success) {
        const detail = address.error.issues.map(({ message }) => message).join(' ');
        return sendProblem(reply, operation.unknown ?? 'unknown_address', { detail });
      }
      const wishes = query.safeParse(request.query);
      if (!wishes.success) return refuse(reply, wishes.error, 'query');
      const content = body.safeParse(request.body);
      if (!content.success) return refuse(reply, content.error, 'body');
      const input = { params: address.data, query: wishes.data, body: content.data };
      if (isAction(operation) && !(await request.server.beginAction(operation, input, request, reply))) return reply;
      return handle(input as Input<z.output<P>, z.output<Q>, z.output<B>>, request, reply);
    },
  });
}

function refuse(reply: FastifyReply, { issues }: z.ZodError, whole: string): FastifyReply {
  const errors = issues.map(({ path, message }) => ({ field: path.join('.') || whole, message }));
  const detail = errors.map(({ field, message }) => `Look at "${field}": ${message}.`.replace(/\.\.$/, '.')).join(' ');
  return sendProblem(reply, 'invalid_request', { detail, errors });
}
