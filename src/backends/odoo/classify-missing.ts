/** What became of partners that Odoo does not return any more: merged into another, hidden from the bridge's user, or deleted. */
import type { Entity } from '../../entities/define-entity.ts';
import { BridgeError, RetryableError } from '../../errors.ts';
import type { Absence, NamedRecord } from '../backend.ts';
import { findCreated } from './find-created.ts';
import type { OdooContext } from './odoo-context.ts';
import { findExternalIds } from './server-actions.ts';

/** Merging moves the external id to the survivor, and deleting removes it: so it tells the two apart. */
export async function classifyMissing(
  odoo: OdooContext,
  entity: Entity,
  records: readonly NamedRecord[],
): Promise<ReadonlyMap<string, Absence>> {
  if (records.length === 0) return new Map();
  const named = await findCreated(
    odoo,
    entity,
    records.map(({ key }) => key),
  );
  const unmoved = records.filter(({ id, key }) => (named.get(key) ?? id) === id).map(({ id }) => id);
  const existing = await findExisting(odoo, entity, unmoved);
  const classify = ({ id, key }: NamedRecord): Absence => {
    const now = named.get(key) ?? id;
    if (now !== id) return { kind: 'merged', into: now };
    return { kind: existing.has(id) ? 'hidden' : 'deleted' };
  };
  return new Map(records.map((record) => [record.id, classify(record)]));
}

async function findExisting(odoo: OdooContext, entity: Entity, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const action = await odoo.action('find_external_ids');
  if (action !== null) {
    const answer = await findExternalIds(odoo.transport, action, entity.odoo.model, '', [], ids.map(Number));
    return new Set(answer.existing.map(String));
  }
  const existing = new Set<string>();
  for (const id of ids) if (await isThere(odoo, entity, id)) existing.add(id);
  return existing;
}

/** Odoo refuses to read what one may not see, and says of what is gone that it is missing. */
async function isThere({ transport }: OdooContext, entity: Entity, id: string): Promise<boolean> {
  try {
    const args = { fields: ['display_name'], load: '' };
    const rows = await transport.call({ model: entity.odoo.model, method: 'read', ids: [Number(id)], args });
    return Array.isArray(rows) && rows.length > 0;
  } catch (error) {
    if (!(error instanceof BridgeError) || error instanceof RetryableError) throw error;
    return error.code !== 'missing_record';
  }
}
