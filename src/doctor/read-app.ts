/** The first page of a collection, for what the app's records need of Odoo: no value of them is told. */
import { z } from 'zod';
import { Unmet } from './check.ts';
import type { Lab } from './lab.ts';

const page = z.object({ data: z.array(z.record(z.string(), z.unknown())) });
/** As many as the app may return at once. */
export const FIRST = 1_000;

/** @throws Unmet when the app does not answer as it should */
export async function readFirst(lab: Lab, collection: string): Promise<readonly Record<string, unknown>[]> {
  try {
    const { body } = await lab.app('GET', `/bridge/${collection}?limit=${FIRST}`);
    return page.parse(body).data.filter(({ deleted_at }) => deleted_at == null);
  } catch {
    throw new Unmet('app_list');
  }
}
