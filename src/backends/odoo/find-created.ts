/** Which external ids of ours already name a record: asked before every creation, so that none is made twice. */
import { z } from 'zod';
import type { Entity } from '../../entities/define-entity.ts';
import { SetupError, TerminalError } from '../../errors.ts';
import type { OdooContext } from './odoo-context.ts';
import { findExternalIds } from './server-actions.ts';
import type { RpcValue } from './transport.ts';

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

/**
 * The external ids of ours that records carry: after a merge the survivor carries those of the others as well.
 * Empty for who is no administrator where our server action is missing: nobody else may look that up.
 */
export async function findKeys(
  odoo: OdooContext,
  model: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (ids.length === 0) return new Map();
  const module = `bridge_${odoo.instance}`;
  const rows = await findByRecord(odoo, model, module, ids.map(Number));
  const named = rows.map(({ name, res_id }) => ({ id: String(res_id), key: `${module}.${name}` }));
  const groups = Map.groupBy(named, ({ id }) => id);
  return new Map([...groups].map(([id, group]) => [id, group.map(({ key }) => key)]));
}

async function findByRecord(odoo: OdooContext, model: string, module: string, ids: readonly number[]) {
  const action = await odoo.action('find_external_ids');
  if (action !== null) return (await findExternalIds(odoo.transport, action, model, module, [], ids)).found;
  try {
    return await searchNames(odoo, model, module, ['res_id', 'in', ids]);
  } catch (error) {
    if (error instanceof SetupError && error.code === 'access_denied') return [];
    throw error;
  }
}

async function searchNames(odoo: OdooContext, model: string, module: string, which: RpcValue) {
  const domain = [['module', '=', module], ['model', '=', model], which];
  const args = { domain, fields: ['name', 'res_id'] };
  return dataRows.parse(await odoo.transport.call({ model: 'ir.model.data', method: 'search_read', args }));
}

/** By name within our module; archived or not, whatever became of the record since. */
export async function findByName(odoo: OdooContext, model: string, module: string, names: readonly string[]) {
  const action = await odoo.action('find_external_ids');
  if (action !== null) return (await findExternalIds(odoo.transport, action, model, module, names)).found;
  try {
    return await searchNames(odoo, model, module, ['name', 'in', names]);
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
    // Else it hides the id of an archived record.
    const context = { active_test: false };
    const answer = await odoo.transport.call({
      model: 'ir.model.data',
      method: 'check_object_reference',
      args,
      context,
    });
    const [, id] = referenceAnswer.parse(answer);
    return id === false ? null : id;
  } catch (error) {
    // Odoo says "External ID not found" by raising.
    if (error instanceof TerminalError) return null;
    throw error;
  }
}
