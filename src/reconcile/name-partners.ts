/** What Odoo is told of a pair: the external id by which the link is found again should our own database be lost. */
import type { Entity } from '../entities/define-entity.ts';
import { describeError } from '../errors.ts';
import type { ReconcileContext } from './context.ts';
import { createKey } from './write-keys.ts';

export interface MadePair {
  readonly appId: string;
  readonly odooId: number | null;
}

/**
 * Records that the bridge makes in Odoo are born with their name; those that it found there get it here. It also tells a
 * merge from a deletion. The link holds without it: so it is tried once and fails nothing.
 */
export async function namePartners(
  context: ReconcileContext,
  entity: Entity,
  pairs: readonly MadePair[],
): Promise<void> {
  if (pairs.length === 0) return;
  const records = pairs.map((pair) => ({
    id: String(pair.odooId),
    key: createKey(context.instance, entity, pair, 'odoo'),
  }));
  try {
    await context.odoo.nameRecords(entity, records);
  } catch (error) {
    const { code, message } = describeError(error);
    context.log.info({ entity: entity.name, links: records.length, code }, `partners got no external id: ${message}`);
  }
}
