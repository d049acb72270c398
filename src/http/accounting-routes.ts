/** The accounting export as a download. */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type ExportRequest, exportRequest } from '../accounting/export-request.ts';
import { BridgeError, RetryableError, SetupError } from '../errors.ts';
import { addRoute } from './operation.ts';
import { sendProblem } from './problem.ts';

export interface AccountingOptions {
  /** Resolves when all of it is there and balances. */
  readonly exportAccounting: (
    request: ExportRequest,
    signal: AbortSignal,
  ) => Promise<{ fileName: string; mediaType: string; size: number; content: Readable }>;
}

/**
 * What does not balance is found before the first byte leaves: a file for the tax office has no place for a remark at
 * its end. The price is that the answer begins only when all has been read from Odoo.
 */
export async function accountingRoutes(server: FastifyInstance, options: AccountingOptions): Promise<void> {
  addRoute(
    server,
    {
      id: 'exportAccounting',
      tag: 'Accounting',
      method: 'POST',
      path: '/api/accounting/export',
      access: 'export',
      summary: 'The posted entries of a period, when they balance to the cent',
      description: 'The answer begins only when all has been read from Odoo and compared; allow for minutes.',
      rerunnable: true,
      body: exportRequest.meta({ examples: [{ from: '2026-01-01', to: '2026-12-31', format: 'fec' }] }),
      answers: {
        200: {
          description: 'The file.',
          mediaTypes: ['text/plain', 'text/csv'],
          headers: { 'content-disposition': 'The name of the file.', 'content-length': 'Its size in bytes.' },
        },
      },
      problems: ['nothing_to_export', 'odoo_refuses', 'odoo_away'],
    },
    async ({ body }, request, reply) => {
      // The server ends connections that are silent for some seconds; this one is, until all has been read.
      request.raw.setTimeout(0);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      try {
        const { fileName, mediaType, size, content } = await options.exportAccounting(body, gone.signal);
        return reply
          .type(mediaType)
          .header('content-disposition', `attachment; filename="${fileName}"`)
          .header('content-length', size)
          .header('cache-control', 'no-store')
          .send(content);
      } catch (error) {
        // Nobody is there to be told.
        if (gone.signal.aborted) return reply.hijack();
        if (error instanceof BridgeError) return refuse(reply, error);
        throw error;
      }
    },
  );
}

function refuse(reply: FastifyReply, error: BridgeError): FastifyReply {
  const { code, message, remedy } = error;
  const details = { code, detail: `${message} ${remedy}` };
  if (error instanceof RetryableError) {
    reply.header('retry-after', String(Math.ceil((error.retryAfterMs ?? 5_000) / 1_000)));
    return sendProblem(reply, 'odoo_away', details);
  }
  return sendProblem(reply, error instanceof SetupError ? 'odoo_refuses' : 'nothing_to_export', details);
}
