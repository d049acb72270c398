/** What became of partners that Odoo does not return any more: merged into another, hidden from the bridge's user, or deleted. */
import { z } from 'zod';
import type { Entity } from '../../entities/define-entity.ts';
import { describeError } from '../../errors.ts';
import type { Absence, NamedRecord } from '../backend.ts';
import { findCreated } from './find-created.ts';
import type { OdooContext } from './odoo-context.ts';
import { findExternalIds } from './server-actions.ts';

const readAnswer = z.array(z.unknown());

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
  const unmoved = records.filter(({ id, key }) => (named.get(key) ?? id) === id);
  const existing = await findExisting(odoo, entity, unmoved);
  const classify = ({ id, key }: NamedRecord): Absence => {
    const now = named.get(key) ?? id;
    if (now !== id) return { kind: 'merged', into: now };
    return { kind: existing.has(id) ? 'hidden' : 'deleted' };
  };
  return new Map(records.map((record) => [record.id, classify(record)]));
}

async function findExisting(
  odoo: OdooContext,
  entity: Entity,
  records: readonly NamedRecord[],
): Promise<ReadonlySet<string>> {
  const action = await odoo.action('find_external_ids');
  if (action !== null) {
    const ids = records.map(({ id }) => Number(id));
    const answer = await findExternalIds(odoo.transport, action, entity.odoo.model, '', [], ids);
    return new Set(answer.existing.map(String));
  }
  const existing = new Set<string>();
  for (const record of records) {
    // One that was merged into a record out of sight is out of sight as well.
    if ((await isThere(odoo, entity, record)) || (await isNamed(odoo, record))) existing.add(record.id);
  }
  return existing;
}

/** Odoo refuses to read what one may not see, and leaves out what is gone. */
async function isThere({ transport }: OdooContext, entity: Entity, { id }: NamedRecord): Promise<boolean> {
  const args = { fields: ['display_name'], load: '' };
  const rows = await transport
    .call({ model: entity.odoo.model, method: 'read', ids: [Number(id)], args })
    .catch(answerTo({ access_denied: [id], missing_record: [] }));
  return readAnswer.parse(rows).length > 0;
}

/** Whether the external id names anything: Odoo tells that of records out of sight too, though not which. */
async function isNamed({ transport }: OdooContext, { key }: NamedRecord): Promise<boolean> {
  const dot = key.indexOf('.');
  const args = { module: key.slice(0, dot), xml_id: key.slice(dot + 1) };
  const found = await transport
    .call({ model: 'ir.model.data', method: 'check_object_reference', args })
    // Odoo says "External ID not found" by raising.
    .catch(answerTo({ odoo_error: null }));
  return found !== null;
}

/** Refusals that are answers; whatever else went wrong says nothing about the record. */
function answerTo(answers: Readonly<Record<string, readonly string[] | null>>) {
  return (error: unknown): readonly string[] | null => {
    const answer = answers[describeError(error).code];
    if (answer === undefined) throw error;
    return answer;
  };
}
