/** What the page /ops shows at a glance: GET /api/overview, and GET /api/events as it changes. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { follow } from './follow.ts';

export interface OverviewOptions {
  /** The bridge's name, its entities with what stands how, and the last hour. */
  readonly overview: () => Promise<object>;
  /** By name of the event: what is sent whenever it differs from what was sent before. */
  readonly live: () => Promise<Readonly<Record<string, unknown>>>;
}

export async function overviewRoutes(server: FastifyInstance, { overview, live }: OverviewOptions): Promise<void> {
  const closing = new AbortController();
  // Else each open stream would hold the end of the process up for ever.
  server.addHook('preClose', async () => closing.abort());

  server.get('/api/overview', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(await overview()),
  );

  server.get('/api/events', (request, reply) => {
    // Silence is no fault here: the server ends silent connections after some seconds.
    request.raw.setTimeout(0);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const signal = AbortSignal.any([closing.signal, gone.signal]);
    return (
      reply
        .type('text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        // nginx would keep events back until its buffer is full.
        .header('x-accel-buffering', 'no')
        .send(Readable.from(follow(live, signal)))
    );
  });
}
