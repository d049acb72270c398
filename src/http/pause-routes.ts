/** Pausing the reconciling of an entity, and going on with it. */
import type { FastifyInstance } from 'fastify';
import type { Pauses } from '../links/pauses.ts';
import { sendProblem } from './problem.ts';

export interface PauseOptions {
  readonly pauses: Pauses;
  /** Names of all entities: `teacher`. */
  readonly entities: readonly string[];
}

export async function pauseRoutes(server: FastifyInstance, { pauses, entities }: PauseOptions): Promise<void> {
  for (const action of ['pause', 'resume'] as const) {
    server.post<{ Params: { entity: string } }>(`/api/entities/:entity/${action}`, async (request, reply) => {
      const { entity } = request.params;
      if (!entities.includes(entity)) {
        return sendProblem(reply, {
          status: 404,
          title: 'There is no such entity',
          detail: `The entities are ${entities.join(', ')}.`,
        });
      }
      await pauses[action](entity);
      return { entity, paused: action === 'pause' };
    });
  }
}
