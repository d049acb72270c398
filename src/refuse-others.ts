/** Asked before anything begins: are both sides the ones that the database belongs to? */
import { setTimeout as sleep } from 'node:timers/promises';
import { look } from './backends/look.ts';
import type { Context } from './context.ts';
import { BridgeError } from './errors.ts';
import { OTHER_SIDE } from './identity.ts';

/** A bridge starts while Odoo is away: then it is asked at the first connection, before any other call. */
const PATIENCE_MS = 5_000;

/** @throws SetupError for another app or another Odoo than the bound ones */
export async function refuseOthers({ identity, odoo }: Pick<Context, 'identity' | 'odoo'>): Promise<void> {
  await identity.checkApp();
  const asked = look(() => odoo.connected()).catch((error: unknown) => {
    if (error instanceof BridgeError && OTHER_SIDE.has(error.code)) throw error;
  });
  const patience = new AbortController();
  const enough = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
  try {
    await Promise.race([asked, enough]);
  } finally {
    patience.abort();
  }
}
