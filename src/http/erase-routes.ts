/** Erasing what the bridge remembers of one record. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ErrorDetail } from '../errors.ts';
import type { StoryRequest } from '../links/stories.ts';
import { addRoute } from './operation.ts';
import { sendProblem } from './problem.ts';
import { entityAmong, recordIds, side, time } from './shapes.ts';

export interface EraseOptions {
  /** Names of all entities: `teacher`. */
  readonly entities: readonly string[];
  /** Null when the bridge knows no such record. */
  readonly erase: (request: StoryRequest) => Promise<{ erased: object } | { refused: ErrorDetail } | null>;
}

const erasure = z
  .object({
    ...recordIds,
    odoo_model: z.string(),
    erased_at: time,
    removed: z
      .object({
        bases: z.int(),
        conflicts: z.int(),
        intents: z.int(),
        logs: z.int(),
        deliveries: z.int(),
        lists: z.int(),
      })
      .describe('How many rows went, by what they held.'),
    related: z
      .array(z.object({ entity: z.string(), app_id: z.string(), why: z.enum(['same_odoo_record', 'refers_to_it']) }))
      .describe('Other records that may be about the same person; each is erased by itself.'),
    remains: z.array(z.string()).describe('Where it may still be, in plain words.'),
  })
  .meta({
    id: 'Erasure',
    examples: [
      {
        entity: 'guest',
        app_id: '42',
        odoo_model: 'res.partner',
        odoo_id: 4_711,
        erased_at: '2026-11-25T09:30:00.000Z',
        removed: { bases: 1, conflicts: 2, intents: 0, logs: 14, deliveries: 6, lists: 1 },
        related: [{ entity: 'document', app_id: '9', why: 'refers_to_it' }],
        remains: ['The app: what it keeps of guest 42 itself.'],
      },
    ],
  });

export async function eraseRoutes(server: FastifyInstance, { entities, erase }: EraseOptions): Promise<void> {
  addRoute(
    server,
    {
      id: 'eraseRecord',
      tag: 'Records',
      method: 'POST',
      path: '/api/erase',
      access: 'erase',
      summary: 'Remove what the bridge remembers of a record that is gone or archived on both sides',
      description: 'Its ids are kept, so that nothing makes it again. There is no way back. Once more does no harm.',
      body: z
        .strictObject({
          entity: entityAmong(entities),
          id: z.string().min(1).max(128),
          by: side.default('app').describe('Whose id it is.'),
        })
        .meta({ examples: [{ entity: 'guest', id: '42' }] }),
      answers: { 200: { description: 'It is erased.', schema: erasure } },
      problems: ['unknown_link', 'not_erased', 'side_away'],
    },
    async ({ body: { entity, id, by } }, request, reply) => {
      // Both sides are asked, each with some seconds of patience: longer than a silent connection is kept.
      request.raw.setTimeout(0);
      const answer = await erase({ entity, id, side: by });
      if (answer === null) {
        const detail = 'The bridge has never heard of it: there is nothing to erase.';
        return sendProblem(reply, 'unknown_link', { detail });
      }
      if ('erased' in answer) return reply.header('cache-control', 'no-store').send(answer.erased);
      const { code, message, remedy } = answer.refused;
      const detail = `${message} ${remedy}`;
      return code === 'side_away'
        ? sendProblem(reply, 'side_away', { detail })
        : sendProblem(reply, 'not_erased', { detail, code });
    },
  );
}
