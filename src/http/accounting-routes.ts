/** The accounting export as a download. */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type ExportRequest, exportRequest } from '../accounting/export-request.ts';
import { BridgeError, RetryableError, SetupError } from '../errors.ts';
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
  server.post('/api/accounting/export', async (request, reply) => {
    const body = exportRequest.safeParse(request.body);
    if (!body.success) {
      const field = body.error.issues[0]?.path.join('.') || 'body';
      return sendProblem(reply, {
        status: 422,
        title: 'The request cannot be processed',
        detail: `Look at "${field}": the body holds "from" and "to" (days such as 2026-01-31, in this order), "format" (fec or csv), and may hold "all_entries" (true or false).`,
      });
    }
    // The server ends connections that are silent for some seconds; this one is, until all has been read.
    request.raw.setTimeout(0);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    try {
      const { fileName, mediaType, size, content } = await options.exportAccounting(body.data, gone.signal);
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
  });
}

function refuse(reply: FastifyReply, error: BridgeError): FastifyReply {
  const { code, message, remedy } = error;
  const detail = `${message} ${remedy}`;
  if (error instanceof RetryableError) {
    reply.header('retry-after', String(Math.ceil((error.retryAfterMs ?? 5_000) / 1_000)));
    return sendProblem(reply, { status: 503, title: 'Odoo cannot be asked now', detail, code });
  }
  if (error instanceof SetupError)
    return sendProblem(reply, { status: 502, title: 'Odoo refuses to tell', detail, code });
  return sendProblem(reply, { status: 409, title: 'There is nothing right to export', detail, code });
}
