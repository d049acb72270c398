/** Trying parked records again: a look at which it would be, or a run. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Retries } from '../links/retries.ts';
import { addRoute } from './operation.ts';
import { entityFilter, rowId } from './shapes.ts';

const wanted = z
  .strictObject({
    ids: z.array(rowId).max(10_000).optional().describe('Only these, by `id` of the parked record.'),
    entity: entityFilter,
    error_code: z.string().max(64).optional(),
    preview: z.boolean().optional().describe('Only tell which it would be.'),
  })
  .nullish()
  .meta({ examples: [{ error_code: 'unstorable_characters', preview: true }] });

const RUN = '0b1f4c1e-6a52-4c57-9a53-0a8f3f3f9d11';
const started = z
  .object({ retried: z.int().describe('How many records.'), run_id: z.uuid(), status: z.literal('running') })
  .meta({ examples: [{ retried: 3, run_id: RUN, status: 'running' }] });

const group = z.object({
  entity: z.string(),
  error_code: z.string().nullable(),
  message: z.string().nullable(),
  remedy: z.string().nullable(),
  count: z.int(),
});
const preview = z
  .object({ preview: z.literal(true), count: z.int().describe('How many records.'), groups: z.array(group) })
  .meta({ examples: [{ preview: true, count: 0, groups: [] }] });

export async function retryRoutes(server: FastifyInstance, { retries }: { retries: Retries }): Promise<void> {
  addRoute(
    server,
    {
      id: 'retryParked',
      tag: 'Decisions',
      method: 'POST',
      path: '/api/parked/retry',
      access: 'operate',
      summary: 'Try parked records again, as a run',
      description:
        'Also those that wait for their next try. Without a body all of them. The run is followed like a resync.',
      body: wanted,
      answers: {
        200: { description: 'Which records it would be; nothing was changed.', schema: preview },
        202: {
          description: 'They will be tried.',
          schema: started,
          headers: { location: 'Where its progress is.' },
        },
      },
    },
    async ({ body }, _request, reply) => {
      const { preview: onlyTell, ...filter } = body ?? {};
      if (onlyTell) return { preview: true, ...(await retries.preview(filter)) };
      const { runId: run_id, retried } = await retries.start(filter);
      return reply
        .code(202)
        .header('location', `/api/sync/runs/${run_id}`)
        .send({ retried, run_id, status: 'running' });
    },
  );
}
