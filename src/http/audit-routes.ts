/** Who did what, through this interface and on the command line. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Audit } from '../links/audit.ts';
import { addRoute } from './operation.ts';
import { entityFilter, listOf, pageQuery, rowId, time } from './shapes.ts';

const outcome = z.enum(['done', 'refused', 'failed']);

const auditRow = z
  .object({
    id: rowId,
    at: time.describe('When it began.'),
    via: z.enum(['api', 'command']),
    who: z
      .string()
      .describe('The name of a token, or what its SHA-256 begins with; of a command, the user of the system.'),
    operation: z
      .string()
      .describe('As this document calls it (`operationId`), or what a command alone can do: `relink`.'),
    subject: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
      .describe('What it was about: ids, entity, kind, period. Of many ids the first 100, and `ids_count`.'),
    outcome: outcome.nullable().describe('Null while it runs, and for ever when nobody saw its end.'),
    code: z.string().nullable().describe('Why it was not done: the `code` of the problem or error.'),
    ended_at: time.nullable(),
  })
  .meta({
    id: 'Audit',
    examples: [
      {
        id: '7',
        at: '2026-11-25T09:30:00.000Z',
        via: 'api',
        who: 'desk',
        operation: 'resolveHeld',
        subject: { id: '17', kind: 'link', other_id: '4711' },
        outcome: 'done',
        code: null,
        ended_at: '2026-11-25T09:30:00.020Z',
      },
    ],
  });

export async function auditRoutes(server: FastifyInstance, { audit }: { audit: Audit }): Promise<void> {
  addRoute(
    server,
    {
      id: 'listAudit',
      tag: 'Audit',
      method: 'GET',
      path: '/api/audit',
      access: 'read',
      summary: 'Who did what, newest first',
      description:
        'All that changes something or takes data away has a row before it begins; looking has none. A request without the scope that it needs has one an hour at most.',
      query: z.object({
        who: z.string().max(64).optional(),
        operation: z.string().max(64).optional().describe('Such as pauseEntity.'),
        outcome: outcome.optional(),
        entity: entityFilter,
        since: time.optional(),
        ...pageQuery,
      }),
      answers: { 200: { description: 'A page.', schema: listOf(auditRow) } },
    },
    ({ query }) => audit.list(query),
  );
}
