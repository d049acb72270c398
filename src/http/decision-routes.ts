/** What operators decide: releasing what a guard holds, choosing a match, bringing a conflict's loser back. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Decisions, NOT_RESTORED } from '../links/decisions.ts';
import type { HeldDecision } from '../links/links.ts';
import { addRoute } from './operation.ts';
import { sendProblem } from './problem.ts';
import { entityFilter, rowId } from './shapes.ts';

const releaseFilter = z
  .strictObject({
    ids: z.array(rowId).max(10_000).optional().describe('Only these, by `id` of the held record.'),
    entity: entityFilter,
    kind: z.enum(['delete', 'rewrite', 'create']).optional(),
  })
  .nullish()
  .meta({ examples: [{ entity: 'guest', kind: 'delete' }] });

const recordId = z.union([z.int().positive().transform(String), z.string().min(1).max(128)]);
const decisionSchema = z
  .union(
    [
      z.strictObject({ link: recordId }).transform((body): HeldDecision => ({ kind: 'link', id: body.link })),
      z.strictObject({ create: z.literal(true) }).transform((): HeldDecision => ({ kind: 'create' })),
      z.strictObject({ ignore: z.literal(true) }).transform((): HeldDecision => ({ kind: 'ignore' })),
    ],
    { error: 'It must be {"link": <id on the other side>}, {"create": true} or {"ignore": true}' },
  )
  .meta({ examples: [{ link: 4_711 }, { create: true }, { ignore: true }] });

const released = z.object({ released: z.int().describe('How many records.') }).meta({ examples: [{ released: 12 }] });

export async function decisionRoutes(server: FastifyInstance, { decisions }: { decisions: Decisions }): Promise<void> {
  addRoute(
    server,
    {
      id: 'releaseHeld',
      tag: 'Decisions',
      method: 'POST',
      path: '/api/held/release',
      access: 'operate',
      summary: 'Let pass what a guard holds',
      description: 'Without a body all of it. Matches are not among them: they are resolved one by one.',
      body: releaseFilter,
      answers: { 202: { description: 'They will be written.', schema: released } },
    },
    async ({ body }, _request, reply) => reply.code(202).send({ released: await decisions.release(body ?? {}) }),
  );

  addRoute(
    server,
    {
      id: 'resolveHeld',
      tag: 'Decisions',
      method: 'POST',
      path: '/api/held/:id/resolve',
      access: 'operate',
      summary: 'Decide about one held record',
      description:
        'A match is linked to that record of the other side, or gets one of its own; `ignore` leaves both sides as they are, also for what a guard holds.',
      params: z.object({ id: rowId }),
      unknown: 'unknown_held',
      body: decisionSchema,
      answers: {
        202: { description: 'It will be done.', schema: z.object({ resolved: z.literal(true) }) },
      },
    },
    async ({ params: { id }, body }, _request, reply) => {
      if (!(await decisions.resolve(id, body))) return sendProblem(reply, 'unknown_held');
      return reply.code(202).send({ resolved: true });
    },
  );

  addRoute(
    server,
    {
      id: 'restoreConflict',
      tag: 'Decisions',
      method: 'POST',
      path: '/api/conflicts/:id/restore',
      access: 'operate',
      summary: 'Write the value that lost to both sides',
      description: 'As a modification of its own, and logged as such.',
      params: z.object({ id: rowId }),
      unknown: 'unknown_conflict',
      answers: {
        202: { description: 'It will be there soon.', schema: z.object({ restoring: z.literal(true) }) },
      },
      problems: ['not_restorable'],
    },
    async ({ params: { id } }, _request, reply) => {
      const answer = await decisions.restore(id);
      if (answer === 'restoring') return reply.code(202).send({ restoring: true });
      if (answer === 'unknown') return sendProblem(reply, 'unknown_conflict');
      return sendProblem(reply, 'not_restorable', { detail: NOT_RESTORED[answer], code: `restore_${answer}` });
    },
  );
}
