/** Manual resync and its progress. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type ResyncContext, startResync } from '../sources/resync.ts';
import { sendProblem } from './problem.ts';

const bodySchema = z
  .strictObject({
    ids: z.array(z.string().min(1).max(128)).max(10_000).optional(),
    since: z.iso.datetime({ offset: true }).optional(),
    dry_run: z.boolean().optional(),
  })
  .nullish();
const runId = z.uuid();

export interface SyncRouteOptions {
  readonly resync: ResyncContext;
  /** Collections that may be named, e.g. `contacts`, `teachers`. */
  readonly collections: readonly string[];
}

export async function syncRoutes(server: FastifyInstance, { resync, collections }: SyncRouteOptions): Promise<void> {
  server.post<{ Params: { collection: string } }>('/api/sync/:collection', async (request, reply) => {
    const { collection } = request.params;
    if (!collections.includes(collection)) {
      return sendProblem(reply, {
        status: 404,
        title: 'There is no such collection',
        detail: `Name one of: ${collections.join(', ')}.`,
      });
    }
    const body = bodySchema.safeParse(request.body);
    if (!body.success) {
      const field = body.error.issues[0]?.path.join('.') || 'body';
      return sendProblem(reply, {
        status: 422,
        title: 'The request cannot be processed',
        detail: `Look at "${field}": the body may hold "ids" (texts) and "since" (a time as RFC 3339).`,
      });
    }
    if (body.data?.dry_run) {
      return sendProblem(reply, {
        status: 422,
        title: 'A dry run is not available in this version',
        detail: 'Leave "dry_run" out, or set it to false.',
      });
    }
    const { ids, since } = body.data ?? {};
    const { runId: run_id } = await startResync(resync, collection, { ...(ids && { ids }), ...(since && { since }) });
    return reply
      .code(202)
      .header('location', `/api/sync/runs/${run_id}`)
      .send({ run_id, collection, status: 'running' });
  });

  server.get<{ Params: { id: string } }>('/api/sync/runs/:id', async (request, reply) => {
    const report = runId.safeParse(request.params.id).success ? await resync.runs.report(request.params.id) : null;
    return report ?? sendProblem(reply, { status: 404, title: 'There is no such run' });
  });

  server.post<{ Params: { id: string } }>('/api/sync/runs/:id/cancel', async (request, reply) => {
    const known = runId.safeParse(request.params.id).success && (await resync.runs.report(request.params.id));
    if (!known) return sendProblem(reply, { status: 404, title: 'There is no such run' });
    await resync.runs.cancel(request.params.id);
    return resync.runs.report(request.params.id);
  });
}
