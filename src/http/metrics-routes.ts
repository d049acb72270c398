/** For Prometheus. */
import type { FastifyInstance } from 'fastify';
import { addRoute } from './operation.ts';

export interface MetricsOptions {
  readonly render: () => Promise<{ readonly mediaType: string; readonly body: string }>;
}

export async function metricsRoutes(server: FastifyInstance, { render }: MetricsOptions): Promise<void> {
  addRoute(
    server,
    {
      id: 'getMetrics',
      tag: 'Health',
      method: 'GET',
      path: '/metrics',
      access: 'read',
      summary: 'Figures for Prometheus',
      answers: { 200: { description: 'In the text format of Prometheus.', mediaTypes: ['text/plain'] } },
    },
    async (_input, _request, reply) => {
      const { mediaType, body } = await render();
      return reply.type(mediaType).header('cache-control', 'no-store').send(body);
    },
  );
}
