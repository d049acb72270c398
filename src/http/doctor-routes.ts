/** What `bridge doctor` tells, of a bridge that runs. */
import type { FastifyInstance } from 'fastify';

export interface DoctorOptions {
  /** All checks, whatever they found; it takes some seconds. */
  readonly examine: () => Promise<readonly object[]>;
}

export async function doctorRoutes(server: FastifyInstance, { examine }: DoctorOptions): Promise<void> {
  let running: Promise<readonly object[]> | null = null;
  server.get('/api/doctor', async (request) => {
    // The server ends connections that are silent for some seconds; a side that hangs makes this one so.
    request.raw.setTimeout(0);
    // Who asks meanwhile gets the same: it is a few dozen calls to both sides.
    running ??= examine().finally(() => {
      running = null;
    });
    return { checks: await running };
  });
}
