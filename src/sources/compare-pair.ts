/** How a pair of records is compared by content, for who only looks: the sweep, and a run at its end. */
import type { Backend } from '../backends/backend.ts';
import type { Entity } from '../entities/define-entity.ts';
import { digestRecord } from '../links/digest.ts';
import type { Pair } from '../links/links.ts';

/** The digests of both records as they were found; left out where a side does not have its record. */
export interface FoundPair {
  readonly app: string | undefined;
  readonly odoo: string | undefined;
}

/** @param startedAt when the reading began, in bridge milliseconds */
export function comparePair(agreed: Pair['agreed'], found: FoundPair, startedAt: number) {
  // Who was reconciled meanwhile may have been read before: both sides were read and agreed since.
  const { app, odoo } = agreed !== null && agreed.at >= startedAt ? agreed : found;
  return { app, odoo, differs: app !== agreed?.app || odoo !== agreed?.odoo };
}

/** @returns the digests of the records that the side has, by id */
export async function readDigests(
  backend: Backend,
  entity: Entity,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const records = await backend.read(entity, ids);
  return new Map(records.map(({ id, values }) => [id, digestRecord(values)]));
}
