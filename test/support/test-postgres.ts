import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';

/** Starts or joins the cluster of this checkout: `scripts/test.mjs` holds it for a run, a lone file for itself. */
export function startTestPostgres(): Promise<EmbeddedPostgres> {
  const dataDir = join(import.meta.dirname, '..', '..', '.data', 'test-postgres');
  return startEmbeddedPostgres({ dataDir, durable: false });
}
