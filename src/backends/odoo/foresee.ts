/** What Odoo would make of writes, from the mappings and from what is there: nothing is sent. */
import type {
  CanonicalRecord,
  Entity,
  OdooValues,
  OdooWrite,
  Situation,
  Transition,
} from '../../entities/define-entity.ts';
import { findUnstorable } from '../../entities/storable-text.ts';
import { type CreateOperation, nothingDone, type UpdateOperation, type WriteResult } from '../backend.ts';
import { type Foreseen, type Foresight, foreseen, type Planned, TAKES_ALL } from '../foresight.ts';
import { encodeWrites } from './encode-writes.ts';
import type { OdooContext } from './odoo-context.ts';
import { fieldsToRead, formatOdooTime, loadReferences, type OdooRow, toSideRecord } from './odoo-records.ts';
import { findDue, MOST_STEPS } from './run-transitions.ts';

/** What has just been made is in use, and a draft where there is such a thing. */
const JUST_MADE = { state: 'draft', active: true };

/** @param odoo of its own: placeholders must not come among the ids that real work goes by */
export function createForesight(odoo: OdooContext): Foresight {
  const { references } = odoo;
  let companies = 0;
  return {
    async creates(entity, operations) {
      if (entity.odoo.courier !== undefined) return TAKES_ALL.creates(entity, operations);
      await load(
        odoo,
        entity,
        operations.flatMap(({ values }) => entity.parents(values)),
      );
      const writes = await encodeWrites(
        odoo,
        entity,
        operations.map(({ values }) => ({ changes: values, row: null })),
      );
      return operations.map((operation, index) => foreseeCreate(odoo, entity, operation, writes[index] as OdooWrite));
    },
    async updates(entity, operations) {
      const parents = operations.flatMap(({ changes, whole }) => [
        ...entity.parents(changes),
        ...entity.parents(whole),
      ]);
      await load(odoo, entity, parents);
      const writes = await encodeWrites(
        odoo,
        entity,
        operations.map(({ changes, record }) => ({ changes, row: record.raw })),
      );
      const results: Foreseen[] = [];
      for (const [index, operation] of operations.entries()) {
        results.push(await foreseeUpdate(odoo, entity, operation, writes[index] as OdooWrite));
      }
      return results;
    },
    async accompanies(entity, operations) {
      await load(
        odoo,
        entity,
        operations.flatMap(({ whole }) => entity.parents(whole)),
      );
      const results: Foreseen[] = [];
      for (const operation of operations) {
        const steps = stepsOf(entity, (accompanied) => accompanied !== undefined && accompanied in operation.changes);
        const nothing = foreseen(nothingDone(operation.record.id));
        results.push(await foreseeSteps(odoo, entity, steps, operation, operation.record.raw, nothing));
      }
      return results;
    },
    async look(entity, records) {
      if (entity.odoo.courier !== undefined) return TAKES_ALL.look(entity, records);
      const rows = records.map(toRow);
      await loadReferences(references, entity, rows);
      return rows.map((row) => toSideRecord(entity, row, references));
    },
    pretendReferences(names) {
      for (const name of names) {
        companies += 1;
        references.rememberCompany(name, -companies);
      }
    },
    stampOf(milliseconds) {
      const stamp = formatOdooTime(milliseconds);
      const from = milliseconds - (milliseconds % 1_000);
      return { stamp, modified: { from, to: from + 999 } };
    },
  };
}

function toRow({ id, raw, stamp }: Planned): OdooRow {
  const created = typeof raw.create_date === 'string' ? raw.create_date : stamp;
  return { ...raw, id: Number(id), write_date: stamp, create_date: created };
}

async function load(
  { references }: OdooContext,
  entity: Entity,
  parents: ReturnType<Entity['parents']>,
): Promise<void> {
  await references.load(entity);
  await references.counterparts.loadParents(parents);
}

function stepsOf({ odoo }: Entity, isAsked: (accompanies: string | undefined) => boolean): readonly Transition[] {
  return (odoo.transitions ?? []).filter(({ accompanies }) => isAsked(accompanies));
}

/** What hangs on a record is found in it under the name by which decoding knows it. */
function rawOf({ odoo }: Entity, { values, lines }: OdooWrite): OdooValues {
  const [rows] = Object.values(lines ?? {});
  const [name] = Object.keys(odoo.children ?? {});
  return rows && name ? { ...values, [name]: rows } : values;
}

/** What was sent, but for what has to wait and what Odoo has no place for. */
function heldOf({ odoo }: Entity, sent: CanonicalRecord, write: OdooWrite, row: OdooValues): CanonicalRecord {
  const left = new Set([...write.deferred, ...write.unheld.map(({ field }) => field), ...(odoo.signals ?? [])]);
  const fields = Object.entries(sent).filter(([field]) => !left.has(field));
  return Object.fromEntries(
    fields.map(([field, value]) => [field, odoo.shown ? odoo.shown(field, value, row) : value]),
  );
}

function taken(id: string, { deferred, unheld }: OdooWrite): WriteResult {
  return { ...nothingDone(id), deferred, warnings: unheld.map(({ field, reason }) => ({ field, reason })) };
}

function foreseeCreate(
  { references }: OdooContext,
  entity: Entity,
  { values }: CreateOperation,
  write: OdooWrite,
): Foreseen {
  const error = findUnstorable(values) ?? write.refused ?? null;
  if (error) return foreseen({ kind: 'refused', error });
  const membership = references.membershipOf(entity);
  const raw = {
    ...Object.fromEntries(fieldsToRead(entity, references).map((field) => [field, false])),
    ...JUST_MADE,
    ...(membership.kind === 'tag' && { [membership.field]: [references.tagId(entity.name)] }),
    ...entity.odoo.onCreate(references),
    ...rawOf(entity, write),
  };
  const held = Object.entries(heldOf(entity, values, write, raw)).filter(([, value]) => value !== null);
  return foreseen(taken('', write), { writes: true, raw, held: Object.fromEntries(held) });
}

async function foreseeUpdate(
  odoo: OdooContext,
  entity: Entity,
  operation: UpdateOperation,
  write: OdooWrite,
): Promise<Foreseen> {
  const { record, changes } = operation;
  const error = findUnstorable(changes) ?? write.refused ?? null;
  if (error) return foreseen({ kind: 'refused', error });
  const raw = rawOf(entity, write);
  const { roster } = entity.odoo;
  const writes =
    Object.keys(raw).length > 0 || write.bytes !== undefined || (roster !== undefined && roster in changes);
  const row = { ...record.raw, ...raw };
  const before = foreseen(taken(record.id, write), { writes, raw, held: heldOf(entity, changes, write, row) });
  const steps = stepsOf(entity, (accompanies) => accompanies === undefined);
  return foreseeSteps(odoo, entity, steps, operation, row, before);
}

/**
 * Follows the steps as far as it is known what they leave. What a step is refused for may be mended by the very values
 * that go before it, and what Odoo computes is not known yet: so only what is there now is judged.
 */
async function foreseeSteps(
  odoo: OdooContext,
  entity: Entity,
  transitions: readonly Transition[],
  { record, whole, changes, agreed }: UpdateOperation,
  first: OdooValues,
  before: Foreseen,
): Promise<Foreseen> {
  const isThere = !before.writes && Number(record.id) > 0;
  const steps: string[] = [];
  let row: OdooValues = { ...first, id: Number(record.id) };
  let raw = before.raw;
  while (steps.length < MOST_STEPS) {
    const situation: Situation = { wanted: whole, changes, agreed, row, about: null, references: odoo.references };
    const next = await findDue(odoo, transitions, situation);
    if (next === null) {
      const spent = isThere && entity.odoo.isSpent?.(situation) === true;
      return { ...before, raw, steps, ...(spent && { result: { kind: 'spent' } }) };
    }
    const { due, seen } = next;
    const refusal = isThere ? (due.refuse?.(seen) ?? null) : null;
    if (refusal !== null) return { ...before, raw, steps, result: { kind: 'refused', error: refusal } };
    steps.push(due.name);
    if (due.call(seen).method === 'unlink') return { ...before, steps, removed: true, result: { kind: 'missing' } };
    const after = due.leaves?.(seen) ?? null;
    if (after === null) break;
    row = { ...row, ...after };
    raw = { ...raw, ...after };
  }
  return { ...before, raw, steps };
}
