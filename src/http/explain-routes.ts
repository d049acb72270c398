/** One record's full story. Its values are personal data: for who has a token, and never logged. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { StoryRequest } from '../links/stories.ts';
import { explanation } from './explanation.ts';
import { addRoute } from './operation.ts';
import { sendProblem } from './problem.ts';
import { entityAmong, side } from './shapes.ts';

export interface ExplainOptions {
  /** Names of all entities: `teacher`. */
  readonly entities: readonly string[];
  /** Null when the bridge knows no such record. */
  readonly explain: (request: StoryRequest) => Promise<object | null>;
}

export async function explainRoutes(server: FastifyInstance, { entities, explain }: ExplainOptions): Promise<void> {
  addRoute(
    server,
    {
      id: 'explainRecord',
      tag: 'Records',
      method: 'GET',
      path: '/api/links/:entity/:id',
      access: 'read',
      summary: "One record's full story",
      description: 'Both sides are asked how it is now; nothing is written.',
      params: z.object({ entity: entityAmong(entities), id: z.string() }),
      unknown: 'unknown_entity',
      query: z.object({ by: side.default('app').describe('Whose id the address names.') }),
      answers: { 200: { description: 'What is remembered, how both sides are, and why.', schema: explanation } },
      problems: ['unknown_link'],
    },
    async ({ params: { entity, id }, query }, request, reply) => {
      // Both sides are asked, each with some seconds of patience: longer than a silent connection is kept.
      request.raw.setTimeout(0);
      const story = await explain({ entity, side: query.by, id });
      if (story) return reply.header('cache-control', 'no-store').send(story);
      const detail = 'The bridge has never heard of it. If it is there, a sync of its id brings it in.';
      return sendProblem(reply, 'unknown_link', { detail });
    },
  );
}
