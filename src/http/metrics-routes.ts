/** For Prometheus. */
import type { FastifyInstance } from 'fastify';

export interface MetricsOptions {
  readonly render: () => Promise<{ readonly mediaType: string; readonly body: string }>;
}

export async function metricsRoutes(server: FastifyInstance, { render }: MetricsOptions): Promise<void> {
  server.get('/metrics', async (_request, reply) => {
    const { mediaType, body } = await render();
    return reply.type(mediaType).header('cache-control', 'no-store').send(body);
  });
}
