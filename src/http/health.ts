/** Is the process alive, can it work, and how is everything: /livez, /readyz, /healthz. */
import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.ts';

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

export async function openHealthRoutes(server: FastifyInstance, options: HealthOptions): Promise<void> {
  server.get('/livez', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    if (await options.isReady()) return { status: 'ok' };
    reply.header('retry-after', '5');
    return sendProblem(reply, {
      status: 503,
      title: 'The bridge is not ready',
      detail: 'The database does not answer or lacks migrations: check DATABASE_URL and run "bridge migrate".',
    });
  });
}

export async function healthRoutes(server: FastifyInstance, options: HealthOptions): Promise<void> {
  server.get('/healthz', async (_request, reply) => {
    const report = await options.health();
    return reply.code(report.status === 'fail' ? 503 : 200).send(report);
  });
}
