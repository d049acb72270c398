/** Steps of business: methods of Odoo, each called only where its precondition holds, and looked at afterwards. */
import { z } from 'zod';
import type {
  CanonicalChanges,
  CanonicalRecord,
  Entity,
  OdooMethod,
  OdooValues,
  Situation,
  Transition,
} from '../../entities/define-entity.ts';
import { entityNamed } from '../../entities/registry.ts';
import { BridgeError, describeError, TerminalError } from '../../errors.ts';
import type { WriteResult } from '../backend.ts';
import { createTurns } from './begin-in-time.ts';
import type { OdooContext } from './odoo-context.ts';
import { loadReferences, type OdooRow, readRows } from './odoo-records.ts';
import type { ActionName } from './server-actions.ts';

export interface Advance {
  readonly id: number;
  readonly wanted: CanonicalRecord;
  readonly changes: CanonicalChanges;
  readonly agreed: CanonicalRecord | null;
}

/** The record after all steps that were due, `spent`, or why one of them failed; `stale`: its turn has not come. */
export type Advanced =
  | { readonly kind: 'done'; readonly row: OdooRow }
  | Extract<WriteResult, { kind: 'spent' | 'missing' | 'refused' | 'failed' | 'stale' }>;

/** More steps than any business has: then two of them undo each other. */
export const MOST_STEPS = 6;
const createdIds = z.tuple([z.number()]);

/** One by one: each step is a transaction of its own, and one record that cannot go on must not hold the others up. */
export async function runTransitions(
  odoo: OdooContext,
  entity: Entity,
  transitions: readonly Transition[],
  records: readonly Advance[],
): Promise<ReadonlyMap<number, Advanced>> {
  const results = new Map<number, Advanced>();
  const mayBegin = createTurns();
  const rows = await readFresh(
    odoo,
    entity,
    records.map(({ id }) => id),
  );
  for (const record of records) {
    const { id } = record;
    if (!mayBegin()) {
      results.set(id, { kind: 'stale' });
      continue;
    }
    try {
      results.set(id, await advance(odoo, entity, transitions, record, rows.get(id)));
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      const refused = error instanceof TerminalError;
      results.set(id, refused ? { kind: 'refused', error: describeError(error) } : { kind: 'failed', error });
    }
  }
  return results;
}

async function advance(
  odoo: OdooContext,
  entity: Entity,
  transitions: readonly Transition[],
  { id, ...told }: Advance,
  first: OdooRow | undefined,
): Promise<Advanced> {
  const { references } = odoo;
  let row = first;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const now = row;
    if (now === undefined) return { kind: 'missing' };
    const situation = { ...told, row: now, about: null, references };
    const next = await findDue(odoo, transitions, situation);
    if (!next) return entity.odoo.isSpent?.(situation) === true ? { kind: 'spent' } : { kind: 'done', row: now };
    const { due, seen } = next;
    const refusal = due.refuse?.(seen) ?? null;
    if (refusal !== null) return { kind: 'refused', error: refusal };
    const failure = await callMethod(odoo, due.call(seen)).then(() => null, refusalOnly);
    row = (await readFresh(odoo, entity, [id])).get(id);
    if (row === undefined) continue;
    const after = { ...seen, row, about: await readAbout(odoo, due, { ...seen, row }) };
    // What Odoo refuses may be done all the same: by a person, or by an earlier call whose answer was lost.
    if (due.isDue(after)) return { kind: 'refused', error: failure ? describeError(failure) : noEffect(due) };
  }
  throw new TypeError(`the steps of ${entity.name} ${id} do not end`);
}

/** The first step that is due, and by what it was judged; null when there is none. */
export async function findDue(odoo: OdooContext, transitions: readonly Transition[], situation: Situation) {
  for (const due of transitions) {
    const seen = { ...situation, about: await readAbout(odoo, due, situation) };
    if (due.isDue(seen)) return { due, seen };
  }
  return null;
}

async function readAbout(odoo: OdooContext, { about }: Transition, situation: Situation): Promise<OdooValues | null> {
  const record = about?.(situation) ?? null;
  if (record === null) return null;
  const entity = entityNamed(record.entity);
  const { references } = odoo;
  await references.counterparts.loadParents([record]);
  const id = references.linkedId(record.entity, record.id);
  if (id === null) return null;
  await references.load(entity);
  return (await readRows(odoo, entity, [id]))[0] ?? null;
}

function refusalOnly(error: unknown): TerminalError {
  if (error instanceof TerminalError) return error;
  throw error;
}

async function callMethod(odoo: OdooContext, wanted: OdooMethod): Promise<void> {
  const { transport } = odoo;
  const { model, method, ids, dialog, args, context, action } = wanted;
  if (action !== undefined) return runAction(odoo, action, context ?? {});
  const around = { ...(context as object) };
  let on = ids;
  if (dialog) {
    const call = { model, method: 'create', args: { vals_list: [dialog] as never }, context: around };
    on = createdIds.parse(await transport.call(call));
  }
  await transport.call({ model, method, ...(on && { ids: on }), args: { ...(args as object) }, context: around });
}

async function runAction(odoo: OdooContext, name: ActionName, told: OdooValues): Promise<void> {
  const id = await odoo.action(name);
  if (id === null) throw new TerminalError(NO_ACTION);
  const context = { active_model: 'res.partner', ...(told as object) };
  await odoo.transport.call({ model: 'ir.actions.server', method: 'run', ids: [id], context });
}

async function readFresh(
  odoo: OdooContext,
  entity: Entity,
  ids: readonly number[],
): Promise<ReadonlyMap<number, OdooRow>> {
  const rows = await readRows(odoo, entity, ids);
  await loadReferences(odoo.references, entity, rows);
  return new Map(rows.map((row) => [row.id, row]));
}

const NO_ACTION = {
  code: 'action_missing',
  message: 'Odoo lacks the server action with which this step is done once and never twice.',
  remedy: 'Run "bridge webhooks install" as an administrator of Odoo, then retry the record.',
};

function noEffect({ name }: Transition) {
  return {
    code: 'step_without_effect',
    message: `Odoo took the step "${name}" without an error, but the record is as it was before.`,
    remedy: 'Do the step in Odoo by hand: it shows what is missing. The record is tried again when it changes.',
  };
}
