/** Which external ids of ours already name a record: asked before every creation, so that none is made twice. */
import { z } from 'zod';
import type { Entity } from '../../entities/define-entity.ts';
import { SetupError, TerminalError } from '../../errors.ts';
import type { OdooContext } from './odoo-context.ts';
import { findExternalIds } from './server-actions.ts';

const dataRows = z.array(z.looseObject({ name: z.string(), res_id: z.number() }));
const referenceAnswer = z.tuple([z.string(), z.union([z.number(), z.literal(false)])]);

/**
 * The bulk ways first: our server action, then the table of external ids (administrators only); one by one otherwise.
 * @param keys `module.name`
 */
export async function findCreated(
  odoo: OdooContext,
  entity: Entity,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map();
  const module = `bridge_${odoo.instance}`;
  const names = keys.map((key) => key.slice(module.length + 1));
  const rows = await findByName(odoo, entity.odoo.model, module, names);
  return new Map(rows.map(({ name, res_id }) => [`${module}.${name}`, String(res_id)]));
}

/** By name within our module; archived or not, whatever became of the record since. */
export async function findByName(odoo: OdooContext, model: string, module: string, names: readonly string[]) {
  const action = await odoo.action('find_external_ids');
  if (action !== null) return (await findExternalIds(odoo.transport, action, model, module, names)).found;
  try {
    const domain = [
      ['module', '=', module],
      ['model', '=', model],
      ['name', 'in', names],
    ];
    const args = { domain, fields: ['name', 'res_id'] };
    return dataRows.parse(await odoo.transport.call({ model: 'ir.model.data', method: 'search_read', args }));
  } catch (error) {
    if (!(error instanceof SetupError && error.code === 'access_denied')) throw error;
  }
  const found: { name: string; res_id: number }[] = [];
  for (const name of names) {
    const id = await checkReference(odoo, module, name);
    if (id !== null) found.push({ name, res_id: id });
  }
  return found;
}

async function checkReference(odoo: OdooContext, module: string, name: string): Promise<number | null> {
  try {
    const args = { module, xml_id: name };
    const answer = await odoo.transport.call({ model: 'ir.model.data', method: 'check_object_reference', args });
    const [, id] = referenceAnswer.parse(answer);
    return id === false ? null : id;
  } catch (error) {
    // Odoo says "External ID not found" by raising.
    if (error instanceof TerminalError) return null;
    throw error;
  }
}
