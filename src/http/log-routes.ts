/** What was done: searched page by page, or as a file of all that was found. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { exportLogs, LOG_FORMATS, type LogFormat } from '../links/export-logs.ts';
import { type Logs, logFilter } from '../links/logs.ts';
import { addRoute } from './operation.ts';
import { listOf, pageQuery, recordIds, rowId, time } from './shapes.ts';

const logRow = z
  .object({
    id: rowId,
    at: time,
    reconcile_id: z.string().nullable().describe('All log lines of the pass carry it.'),
    ...recordIds,
    entity: z.string().nullable(),
    outcome: z.string(),
    direction: z.string().nullable(),
    fields: z.array(z.string()).nullable(),
    error_code: z.string().nullable(),
    message: z.string().nullable(),
    remedy: z.string().nullable(),
  })
  .meta({
    id: 'Log',
    examples: [
      {
        id: '901',
        at: '2026-11-25T09:30:00.000Z',
        reconcile_id: '5e0c6d3e-4a1b-4f0e-8a59-3c3a2f6f7b10',
        entity: 'teacher',
        app_id: '42',
        odoo_id: 4_711,
        outcome: 'update',
        direction: 'app→odoo',
        fields: ['phone'],
        error_code: null,
        message: null,
        remedy: null,
      },
    ],
  });

/** Whoever takes a file off slowly is silent for long; a connection that is only open is not kept for ever. */
const SILENT_MS = 10 * 60_000;

export async function logRoutes(server: FastifyInstance, { logs }: { logs: Logs }): Promise<void> {
  addRoute(
    server,
    {
      id: 'listLogs',
      tag: 'Records',
      method: 'GET',
      path: '/api/logs',
      access: 'read',
      summary: 'What was done, newest first',
      query: logFilter.extend(pageQuery),
      answers: { 200: { description: 'A page.', schema: listOf(logRow) } },
    },
    async ({ query: { cursor, limit, ...filter } }) => {
      const rows = await logs.read(filter, cursor ?? null, limit + 1);
      const data = rows.slice(0, limit);
      return { data, next_cursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
    },
  );

  addRoute(
    server,
    {
      id: 'exportLogs',
      tag: 'Records',
      method: 'GET',
      path: '/api/logs/export',
      access: 'export',
      summary: 'What was done, as a file',
      description: 'All that is found, newest first, sent while it is read: it may have any size.',
      query: logFilter.extend({ format: z.enum(Object.keys(LOG_FORMATS) as LogFormat[]) }),
      answers: {
        200: {
          description: 'The file.',
          mediaTypes: ['text/csv', 'application/jsonl'],
          headers: { 'content-disposition': 'The name of the file.' },
        },
      },
    },
    async ({ query: { format, ...filter } }, request, reply) => {
      request.raw.setTimeout(SILENT_MS);
      return reply
        .type(LOG_FORMATS[format])
        .header('content-disposition', `attachment; filename="sync-logs.${format}"`)
        .header('cache-control', 'no-store')
        .send(Readable.from(exportLogs(logs, filter, format), { objectMode: false }));
    },
  );
}
