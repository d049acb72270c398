/** What operators look at: links, logs, conflicts, held and parked records; and the retry of the parked. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Page, PageRequest, Reports } from '../links/reports.ts';
import { sendProblem } from './problem.ts';

const querySchema = z.object({
  entity: z.string().max(64).optional(),
  outcome: z.string().max(64).optional(),
  state: z.enum(['active', 'parked', 'held', 'out_of_scope']).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  group: z.enum(['error_code']).optional(),
});

const retrySchema = z
  .strictObject({
    ids: z
      .array(z.string().regex(/^\d{1,18}$/))
      .max(10_000)
      .optional(),
    entity: z.string().optional(),
    error_code: z.string().optional(),
  })
  .nullish();

export async function reportRoutes(server: FastifyInstance, { reports }: { reports: Reports }): Promise<void> {
  const lists: Readonly<Record<string, (request: PageRequest) => Promise<Page>>> = {
    '/api/links': reports.links,
    '/api/logs': reports.logs,
    '/api/conflicts': reports.conflicts,
    '/api/held': reports.held,
    '/api/parked': reports.parked,
  };
  for (const [path, list] of Object.entries(lists)) {
    server.get(path, async (request, reply) => {
      const query = readQuery(request);
      if (query === null) {
        return sendProblem(reply, {
          status: 422,
          title: 'A query parameter is malformed',
          detail: 'See the API description for the filters of this list.',
        });
      }
      if (path === '/api/parked' && query.group) return { data: await reports.parkedByError(), next_cursor: null };
      return list(query);
    });
  }

  server.post('/api/parked/retry', async (request, reply) => {
    const filter = retrySchema.safeParse(request.body);
    if (!filter.success) {
      return sendProblem(reply, {
        status: 422,
        title: 'The request cannot be processed',
        detail: 'The body may hold "ids" (of parked entries), "entity" and "error_code".',
      });
    }
    return reply.code(202).send({ retried: await reports.retryParked(filter.data ?? {}) });
  });
}

function readQuery(request: FastifyRequest): (PageRequest & { group?: string | undefined }) | null {
  const query = querySchema.safeParse(request.query);
  return query.success ? query.data : null;
}
