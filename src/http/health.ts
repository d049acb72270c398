/** Is the process alive, can it work, and how is everything: /livez, /readyz, /healthz. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { addRoute } from './operation.ts';
import { sendProblem } from './problem.ts';
import { errorDetail, time } from './shapes.ts';

/** As contract §4 shapes it. */
export interface HealthReport {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly [part: string]: unknown;
}

export interface HealthOptions {
  /** True when the database answers and is migrated. */
  readonly isReady: () => Promise<boolean>;
  readonly health: () => Promise<HealthReport>;
}

const fine = z.object({ status: z.literal('ok') });

const sideHealth = z.object({
  reachable: z.boolean(),
  breaker: z.enum(['closed', 'open', 'half_open']).describe('Open: the side is left alone for a while.'),
  clock_offset_ms: z.number().nullable().optional().describe('How far its clock is ahead of that of the bridge.'),
  uncertainty_ms: z.number().nullable().optional(),
  error: errorDetail.optional().describe('Why it is not reachable.'),
});

const healthSchema = z
  .object({
    status: z.enum(['ok', 'warn', 'fail']).describe('`fail` only when the bridge itself cannot work.'),
    sides: z.object({
      app: sideHealth,
      odoo: sideHealth.extend({
        version: z.string().optional(),
        transport: z.enum(['xmlrpc', 'json2']).optional(),
        compare_and_set: z.boolean().nullable().optional().describe('Whether Odoo can write only what is unchanged.'),
      }),
    }),
    queue: z.object({
      depth: z.int().nullable(),
      oldest_seconds: z.int().nullable().describe('How long the oldest has been waiting.'),
    }),
    parked: z.int().nullable(),
    held: z.int().nullable(),
    paused: z.array(z.string()).nullable().describe('Entities that a person has paused.'),
    last_poll: z.object({ app: time.nullable(), odoo: time.nullable() }),
    certificate: z
      .object({
        at: time,
        pairs: z.int(),
        differing: z.int(),
        digest: z.string(),
        not_compared: z.array(z.string()),
        oldest_unapplied: time.nullable(),
      })
      .nullable()
      .describe('What the last sweep saw that compared both sides whole.'),
  })
  .meta({
    id: 'Health',
    examples: [
      {
        status: 'ok',
        sides: {
          app: { reachable: true, breaker: 'closed', clock_offset_ms: 3, uncertainty_ms: 8 },
          odoo: {
            reachable: true,
            breaker: 'closed',
            clock_offset_ms: -12,
            uncertainty_ms: 1_020,
            version: '19.0',
            transport: 'json2',
            compare_and_set: true,
          },
        },
        queue: { depth: 0, oldest_seconds: 0 },
        parked: 0,
        held: 0,
        paused: [],
        last_poll: { app: '2026-11-25T09:30:00.000Z', odoo: '2026-11-25T09:30:00.000Z' },
        certificate: null,
      },
    ],
  });

export async function openHealthRoutes(server: FastifyInstance, options: HealthOptions): Promise<void> {
  addRoute(
    server,
    {
      id: 'isAlive',
      tag: 'Health',
      method: 'GET',
      path: '/livez',
      access: 'open',
      summary: 'Whether the process runs',
      answers: { 200: { description: 'It does.', schema: fine } },
    },
    () => ({ status: 'ok' }),
  );
  addRoute(
    server,
    {
      id: 'isReady',
      tag: 'Health',
      method: 'GET',
      path: '/readyz',
      access: 'open',
      summary: 'Whether the database answers and has all migrations',
      answers: { 200: { description: 'It does.', schema: fine } },
      problems: ['bridge_not_ready'],
    },
    async (_input, _request, reply) => {
      if (await options.isReady()) return { status: 'ok' };
      reply.header('retry-after', '5');
      return sendProblem(reply, 'bridge_not_ready', {
        detail: 'The database does not answer or lacks migrations: check DATABASE_URL and run "bridge migrate".',
      });
    },
  );
}

export async function healthRoutes(server: FastifyInstance, options: HealthOptions): Promise<void> {
  addRoute(
    server,
    {
      id: 'getHealth',
      tag: 'Health',
      method: 'GET',
      path: '/healthz',
      access: 'read',
      summary: 'Both sides, the queue, and what waits for a person',
      description: 'A side that is away is `warn`: the bridge works, and what happens meanwhile is kept.',
      answers: {
        200: { description: 'The bridge itself can work.', schema: healthSchema },
        503: {
          description: 'The bridge itself cannot work: the same report, with status `fail`.',
          schema: healthSchema,
        },
      },
    },
    async (_input, _request, reply) => {
      const report = await options.health();
      return reply.code(report.status === 'fail' ? 503 : 200).send(report);
    },
  );
}
