/** Now and then Odoo is asked when the API key ends; what it said is kept for alerts and metrics of all processes. */
import { look } from './backends/look.ts';
import { readKeyExpiry } from './backends/odoo/key-expiry.ts';
import type { Context } from './context.ts';
import { describeError } from './errors.ts';
import type { Cursors } from './links/cursors.ts';

const KEY_END = 'odoo:key_end';
const EVERY_MS = 6 * 3_600_000;

export interface KeyWatch {
  /** Asks unless it was done a short while ago; never rejects. */
  look(): Promise<void>;
}

export function createKeyWatch({ odoo, cursors, log }: Pick<Context, 'odoo' | 'cursors' | 'log'>): KeyWatch {
  // Each process asks once after its start: it may have come with a new key.
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    async look() {
      if (Date.now() - askedAt < EVERY_MS) return;
      try {
        const { firstEnd } = await look(async () => readKeyExpiry((await odoo.connected()).transport));
        await cursors.write(KEY_END, firstEnd === null ? '' : new Date(firstEnd).toISOString());
        askedAt = Date.now();
      } catch (error) {
        log.debug({ code: describeError(error).code }, 'Odoo could not be asked when the API key ends');
      }
    },
  };
}

/** @returns milliseconds since 1970; null when the key never ends, or Odoo was never asked */
export async function readKeyEnd(cursors: Pick<Cursors, 'read'>): Promise<number | null> {
  const value = await cursors.read(KEY_END);
  return value === null || value === '' ? null : Date.parse(value);
}
