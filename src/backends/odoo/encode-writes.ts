/** Encoding the changes of many records at once. */
import type { CanonicalChanges, Entity, OdooValues, OdooWrite } from '../../entities/define-entity.ts';
import type { OdooContext } from './odoo-context.ts';

export interface ToEncode {
  readonly changes: CanonicalChanges;
  /** The record as last read, null for a record to be created. */
  readonly row: OdooValues | null;
}

/** One write per record, in order. What is said to be missing may have been added since: the tables are read anew. */
export async function encodeWrites(
  { references }: Pick<OdooContext, 'references'>,
  entity: Entity,
  records: readonly ToEncode[],
): Promise<readonly OdooWrite[]> {
  const encode = () => records.map(({ changes, row }) => entity.odoo.encode(changes, row, references));
  const writes = encode();
  if (!writes.some(({ refused, unheld }) => refused || unheld.length > 0)) return writes;
  references.forget();
  await references.load(entity);
  return encode();
}
