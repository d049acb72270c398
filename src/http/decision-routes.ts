/** What operators decide: releasing what a guard holds, choosing a match, bringing a conflict's loser back. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Decisions, NOT_RESTORED } from '../links/decisions.ts';
import type { HeldDecision } from '../links/links.ts';
import { sendProblem } from './problem.ts';

const id = z.string().regex(/^\d{1,18}$/);
const releaseSchema = z
  .strictObject({
    ids: z.array(id).max(10_000).optional(),
    entity: z.string().max(64).optional(),
    kind: z.enum(['delete', 'rewrite', 'create']).optional(),
  })
  .nullish();
const recordId = z.union([z.int().positive().transform(String), z.string().min(1).max(128)]);
const resolveSchema = z.union([
  z.strictObject({ link: recordId }).transform((body): HeldDecision => ({ kind: 'link', id: body.link })),
  z.strictObject({ create: z.literal(true) }).transform((): HeldDecision => ({ kind: 'create' })),
  z.strictObject({ ignore: z.literal(true) }).transform((): HeldDecision => ({ kind: 'ignore' })),
]);

export async function decisionRoutes(server: FastifyInstance, { decisions }: { decisions: Decisions }): Promise<void> {
  server.post('/api/held/release', async (request, reply) => {
    const filter = releaseSchema.safeParse(request.body);
    if (!filter.success) {
      return sendProblem(reply, {
        status: 422,
        title: 'The request cannot be processed',
        detail: 'The body may hold "ids" (of held entries), "entity" and "kind" (delete, rewrite or create).',
      });
    }
    return reply.code(202).send({ released: await decisions.release(filter.data ?? {}) });
  });

  server.post<{ Params: { id: string } }>('/api/held/:id/resolve', async (request, reply) => {
    const decision = resolveSchema.safeParse(request.body);
    if (!decision.success) {
      return sendProblem(reply, {
        status: 422,
        title: 'The request cannot be processed',
        detail: 'The body must be {"link": <id on the other side>}, {"create": true} or {"ignore": true}.',
      });
    }
    const known =
      id.safeParse(request.params.id).success && (await decisions.resolve(request.params.id, decision.data));
    if (!known) return sendProblem(reply, { status: 404, title: 'There is no such held record' });
    return reply.code(202).send({ resolved: true });
  });

  server.post<{ Params: { id: string } }>('/api/conflicts/:id/restore', async (request, reply) => {
    const answer = id.safeParse(request.params.id).success ? await decisions.restore(request.params.id) : 'unknown';
    if (answer === 'restoring') return reply.code(202).send({ restoring: true });
    if (answer === 'unknown') return sendProblem(reply, { status: 404, title: 'There is no such conflict' });
    return sendProblem(reply, { status: 409, title: 'It cannot be restored now', detail: NOT_RESTORED[answer] });
  });
}
