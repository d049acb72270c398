/** One record's full story. Its values are personal data: for who has a token, and never logged. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { StoryRequest } from '../links/stories.ts';
import { sendProblem } from './problem.ts';

export interface ExplainOptions {
  /** Names of all entities: `teacher`. */
  readonly entities: readonly string[];
  /** Null when the bridge knows no such record. */
  readonly explain: (request: StoryRequest) => Promise<object | null>;
}

const querySchema = z.object({ by: z.enum(['app', 'odoo']).default('app') });

export async function explainRoutes(server: FastifyInstance, { entities, explain }: ExplainOptions): Promise<void> {
  server.get<{ Params: { entity: string; id: string } }>('/api/links/:entity/:id', async (request, reply) => {
    const { entity, id } = request.params;
    const query = querySchema.safeParse(request.query);
    if (!query.success) {
      const detail = '"by" is app or odoo: whose id the address names.';
      return sendProblem(reply, { status: 422, title: 'A query parameter is malformed', detail });
    }
    if (!entities.includes(entity)) {
      const detail = `The entities are ${entities.join(', ')}.`;
      return sendProblem(reply, { status: 404, title: 'There is no such entity', detail });
    }
    // Both sides are asked, each with some seconds of patience: longer than a silent connection is kept.
    request.raw.setTimeout(0);
    const explanation = await explain({ entity, side: query.data.by, id });
    if (explanation) return reply.header('cache-control', 'no-store').send(explanation);
    const detail = 'The bridge has never heard of it. If it is there, a sync of its id brings it in.';
    return sendProblem(reply, { status: 404, title: 'There is no such link', detail });
  });
}
