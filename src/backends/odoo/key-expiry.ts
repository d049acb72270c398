/** When the API keys of the bridge's own user end (Odoo 18 and later let them; each user may read his own). */
import { z } from 'zod';
import { findFields } from './find-fields.ts';
import { parseOdooTime } from './odoo-records.ts';
import { parseAnswer } from './parse-answer.ts';
import type { OdooTransport } from './transport.ts';

export interface KeyExpiry {
  /** How many keys the user has for calls. */
  readonly keys: number;
  /** When the first of them ends, in milliseconds since 1970; null when none ever does. */
  readonly firstEnd: number | null;
}

const MODEL = 'res.users.apikeys';
const text = z.union([z.string(), z.literal(false)]);
const keyRows = z.array(z.looseObject({ scope: text.optional(), expiration_date: text.optional() }));

export async function readKeyExpiry(transport: OdooTransport): Promise<KeyExpiry> {
  const known = await findFields(transport, MODEL, ['scope', 'expiration_date']);
  const fields = ['scope', 'expiration_date'].filter((name) => known.has(name));
  const domain = [['user_id', '=', await transport.userId()]];
  const rows = parseAnswer(
    keyRows,
    await transport.call({ model: MODEL, method: 'search_read', args: { domain, fields, load: '' } }),
    MODEL,
  );
  // A key without a scope serves everywhere; others (two-factor devices) serve not here.
  const usable = rows.filter(({ scope }) => !scope || scope === 'rpc');
  const ends = usable.flatMap(({ expiration_date: end }) => (end ? parseOdooTime(end) : []));
  return { keys: usable.length, firstEnd: ends.length === 0 ? null : Math.min(...ends) };
}
