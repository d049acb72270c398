/** Which Odoo database answers: neither its address nor its name tell, for both change when it moves. */
import { z } from 'zod';
import { RetryableError, SetupError } from '../../errors.ts';
import { findExternalIds } from './server-actions.ts';
import type { OdooTransport } from './transport.ts';

const bornRows = z.array(z.looseObject({ create_date: z.union([z.string(), z.literal(false)]) }));
const uuidRows = z.array(z.looseObject({ value: z.string() }));

/**
 * When the database was made, in UTC and whole seconds. Any user may read it; clones of one template share it.
 * The stamp of the oldest language: no rule of a company hides those, and they are never deleted.
 * @returns an empty text where the database does not say
 */
export async function readBirth(transport: OdooTransport): Promise<string> {
  const args = { domain: [], fields: ['create_date'], order: 'id', limit: 1, load: '' };
  const context = { active_test: false };
  const [row] = bornRows.parse(await transport.call({ model: 'res.lang', method: 'search_read', args, context }));
  return row?.create_date || '';
}

/**
 * Odoo's own name of the database; its function "duplicate" gives a new one. Administrators read it themselves, other
 * users through the action of the set-up.
 * @param findAction id of the action "find external ids" as the set-up left it
 * @returns null where this user has no way to know it
 */
export async function readUuid(
  transport: OdooTransport,
  findAction: () => Promise<number | null>,
): Promise<string | null> {
  const args = { domain: [['key', '=', 'database.uuid']], fields: ['value'] };
  try {
    const rows = await transport.call({ model: 'ir.config_parameter', method: 'search_read', args });
    return uuidRows.parse(rows)[0]?.value ?? null;
  } catch (error) {
    if (!(error instanceof SetupError && error.code === 'access_denied')) throw error;
  }
  const action = await findAction();
  if (action === null) return null;
  try {
    const { database } = await findExternalIds(transport, action, 'res.partner', '', []);
    return database === false ? null : database;
  } catch (error) {
    // Odoo being away says nothing about the action; whatever else says that it is not there, or not ours.
    if (error instanceof RetryableError) throw error;
    return null;
  }
}
