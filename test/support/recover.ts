/** What an operator does after a disaster: `bridge relink`, then `bridge sync all`. */
import { readConfig } from '../../src/config.ts';
import { createContext } from '../../src/context.ts';
import { entities } from '../../src/entities/registry.ts';
import type { RunReport } from '../../src/links/runs.ts';
import { createLogger } from '../../src/logger.ts';
import type { RelinkReport } from '../../src/sources/relink.ts';
import { relinkAll } from '../../src/sources/relink-all.ts';
import { syncUntilDone } from '../../src/sync-until-done.ts';

export interface Recovered {
  readonly reports: readonly RelinkReport[];
  /** How many links there were after the relink. */
  readonly links: number;
  /** Of the sync; null after a dry run. */
  readonly run: RunReport | null;
}

export async function recover(
  environment: Readonly<Record<string, string>>,
  { dryRun = false } = {},
): Promise<Recovered> {
  const config = readConfig(environment);
  const context = await createContext(config, createLogger({ level: 'warn', file: config.LOG_FILE, stdout: false }));
  try {
    const relinking = { ...context, instance: config.BRIDGE_INSTANCE };
    const reports = await relinkAll(relinking, entities, { dryRun });
    const rows = await context.db.selectFrom('links').select('id').execute();
    const run = dryRun ? null : await syncUntilDone(context, 'all', {});
    return { reports, links: rows.length, run };
  } finally {
    await context.close();
  }
}
