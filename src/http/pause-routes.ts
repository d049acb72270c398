/** Pausing the reconciling of an entity, and going on with it. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Pauses } from '../links/pauses.ts';
import { addRoute } from './operation.ts';
import { entityAmong } from './shapes.ts';

export interface PauseOptions {
  readonly pauses: Pauses;
  /** Names of all entities: `teacher`. */
  readonly entities: readonly string[];
}

const pauseState = z
  .object({ entity: z.string(), paused: z.boolean() })
  .meta({ id: 'Pause', examples: [{ entity: 'guest', paused: true }] });

export async function pauseRoutes(server: FastifyInstance, { pauses, entities }: PauseOptions): Promise<void> {
  const params = z.object({ entity: entityAmong(entities) });
  for (const action of ['pause', 'resume'] as const) {
    addRoute(
      server,
      {
        id: `${action}Entity`,
        tag: 'Synchronisation',
        method: 'POST',
        path: `/api/entities/:entity/${action}`,
        access: 'operate',
        summary: action === 'pause' ? 'Stop reconciling an entity' : 'Go on with an entity',
        description:
          'While it is paused, its events are taken in and its polls go on, and nothing of it is written on either side: in all processes, over restarts.',
        params,
        unknown: 'unknown_entity',
        answers: { 200: { description: 'How it is now; asking twice is asking once.', schema: pauseState } },
      },
      async ({ params: { entity } }) => {
        await pauses[action](entity);
        return { entity, paused: action === 'pause' };
      },
    );
  }
}
