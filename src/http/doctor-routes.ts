/** What `bridge doctor` tells, of a bridge that runs. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { addRoute } from './operation.ts';

export interface DoctorOptions {
  /** All checks, whatever they found; it takes some seconds. */
  readonly examine: () => Promise<readonly object[]>;
}

const report = z.object({
  checks: z.array(
    z
      .object({
        name: z.string(),
        status: z.enum(['ok', 'warn', 'fail']),
        detail: z.string(),
        remedy: z.string().optional().describe('What to do, of what is not ok.'),
      })
      .meta({ id: 'Check', examples: [{ name: 'disk', status: 'ok', detail: '41 GiB are free.' }] }),
  ),
});

export async function doctorRoutes(server: FastifyInstance, { examine }: DoctorOptions): Promise<void> {
  let running: Promise<readonly object[]> | null = null;
  addRoute(
    server,
    {
      id: 'examine',
      tag: 'Health',
      method: 'GET',
      path: '/api/doctor',
      access: 'read',
      summary: 'Check settings, both sides, rights, database and disk',
      description: 'It takes some seconds. Who asks meanwhile gets the same answer.',
      answers: { 200: { description: 'Each check, whatever it found.', schema: report } },
    },
    async (_input, request) => {
      // The server ends connections that are silent for some seconds; a side that hangs makes this one so.
      request.raw.setTimeout(0);
      // Who asks meanwhile gets the same: it is a few dozen calls to both sides.
      running ??= examine().finally(() => {
        running = null;
      });
      return { checks: await running };
    },
  );
}
