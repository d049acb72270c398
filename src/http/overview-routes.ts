/** What the page /ops shows at a glance: GET /api/overview, and GET /api/events as it changes. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { follow } from './follow.ts';
import { addRoute } from './operation.ts';
import { time } from './shapes.ts';

export interface OverviewOptions {
  /** The bridge's name, its entities with what stands how, and the last hour. */
  readonly overview: () => Promise<object>;
  /** By name of the event: what is sent whenever it differs from what was sent before. */
  readonly live: () => Promise<Readonly<Record<string, unknown>>>;
}

const minutes = z.array(z.int());
const overviewSchema = z
  .object({
    instance: z.string(),
    odoo_url: z.string().describe('Where people work in Odoo.'),
    entities: z.array(
      z.object({
        entity: z.string(),
        collection: z.string(),
        paused: z.boolean(),
        links: z.int(),
        waiting: z.int().describe('Links that wait for a pass, whatever their state.'),
        parked: z.int(),
        held: z.int(),
        out_of_scope: z.int(),
        held_by_kind: z.record(z.string(), z.int()),
      }),
    ),
    activity: z
      .object({
        since: time,
        step_seconds: z.int(),
        app_events: minutes,
        odoo_events: minutes,
        carried: minutes.describe('Records that were made, linked, updated or archived.'),
        conflicts: minutes,
        troubles: minutes.describe('Records that were parked, held, or have to be tried again.'),
      })
      .describe('The last hour, one number for each minute, oldest first.'),
  })
  .meta({ id: 'Overview' });

export async function overviewRoutes(server: FastifyInstance, { overview, live }: OverviewOptions): Promise<void> {
  const closing = new AbortController();
  // Else each open stream would hold the end of the process up for ever.
  server.addHook('preClose', async () => closing.abort());

  addRoute(
    server,
    {
      id: 'getOverview',
      tag: 'Health',
      method: 'GET',
      path: '/api/overview',
      access: 'read',
      summary: 'How many records of each entity stand how, and the last hour',
      answers: { 200: { description: 'At this moment.', schema: overviewSchema } },
    },
    async (_input, _request, reply) => reply.header('cache-control', 'no-store').send(await overview()),
  );

  addRoute(
    server,
    {
      id: 'followEvents',
      tag: 'Health',
      method: 'GET',
      path: '/api/events',
      access: 'read',
      summary: 'Figures and runs as they change (server-sent events)',
      description:
        '`figures` holds the depth of the queue, its age in seconds, how much is parked and held, and what is paused; `runs` the resyncs that are under way. Each is sent at first and whenever it has changed, looked at once a second; `trouble` when the database does not answer. A comment each 10 seconds tells that the bridge is there.',
      answers: { 200: { description: 'Until either side ends it.', mediaTypes: ['text/event-stream'] } },
    },
    (_input, request, reply) => {
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
    },
  );
}
