/** Updating records: each only if it still is what the decision was made on. */
import { isDeepStrictEqual } from 'node:util';
import type { Entity, FieldValue, OdooValues, OdooWrite } from '../../entities/define-entity.ts';
import { findUnstorable } from '../../entities/storable-text.ts';
import { BridgeError, beforeSending, describeError, SetupError, TerminalError } from '../../errors.ts';
import type { UpdateOperation, WriteResult } from '../backend.ts';
import { notFilled } from './create-records.ts';
import { encodeWrites } from './encode-writes.ts';
import { fillBytes } from './fill-bytes.ts';
import { syncMembers } from './list-members.ts';
import type { OdooContext } from './odoo-context.ts';
import { type OdooRow, readRows } from './odoo-records.ts';
import { type PlainRow, writePlain } from './plain-writes.ts';
import { runTransitions } from './run-transitions.ts';
import { writeIfUnchanged } from './server-actions.ts';
import { writeContext } from './write-context.ts';

/** One transaction each: large enough to be fast, small enough to stay well under the deadline. */
const BATCH = 500;
/** So many refusals of rights in a row are no longer about single records. */
const ENOUGH_DENIALS = 8;

interface Row extends PlainRow {
  readonly operation: UpdateOperation;
  readonly write: OdooWrite;
  readonly expect: OdooValues;
}

export async function updateRecords(
  odoo: OdooContext,
  entity: Entity,
  operations: readonly UpdateOperation[],
  quiet: boolean,
): Promise<readonly WriteResult[]> {
  const results = new Map<UpdateOperation, WriteResult>();
  let writes: readonly OdooWrite[];
  try {
    await odoo.references.load(entity);
    await odoo.references.counterparts.loadParents(operations.flatMap(({ changes }) => entity.parents(changes)));
    const records = operations.map(({ changes, record }) => ({ changes, row: record.raw }));
    writes = (await encodeWrites(odoo, entity, records)).map(withLines);
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return operations.map(() => ({ kind: 'failed', error: beforeSending(error) }));
  }
  const rows: Row[] = [];
  const unheld: Row[] = [];
  for (const [index, write] of writes.entries()) {
    const operation = operations[index] as UpdateOperation;
    const refused = findUnstorable(operation.changes) ?? write.refused ?? null;
    if (refused) results.set(operation, { kind: 'refused', error: refused });
    else if (write.bytes) await writeDocument(odoo, entity, operation, write, quiet, results);
    else if (Object.keys(write.values).length > 0) rows.push(toRow(entity, operation, write));
    else if (write.unheld.length > 0) unheld.push(toRow(entity, operation, write));
    else results.set(operation, toResult(odoo, entity, operation, write, null));
  }
  await leaveUnheld(odoo, entity, unheld, results);
  for (let start = 0; start < rows.length; start += BATCH) {
    await writeRows(odoo, entity, rows.slice(start, start + BATCH), quiet, results, { denials: 0 });
  }
  await writeMembers(odoo, entity, operations, results);
  await takeSteps(odoo, entity, operations, results);
  return operations.map((operation) => results.get(operation) ?? unanswered());
}

/** All rows that hang on the record are made anew: which of them a person meant by a change, nobody can tell. */
function withLines(write: OdooWrite): OdooWrite {
  const commands = Object.entries(write.lines ?? {}).map(([field, rows]) => [
    field,
    [[5, 0, 0], ...rows.map((row) => [0, 0, Object.fromEntries(Object.entries(row).map(toCommand))])],
  ]);
  return { ...write, values: { ...write.values, ...Object.fromEntries(commands) } };
}

function toCommand([field, value]: [string, unknown]): [string, unknown] {
  return [field, Array.isArray(value) ? [[6, 0, value]] : value];
}

/** What Odoo cannot hold is settled without a write, so look first: an edit made meanwhile would pass for a later one. */
async function leaveUnheld(
  odoo: OdooContext,
  entity: Entity,
  rows: readonly Row[],
  results: Map<UpdateOperation, WriteResult>,
): Promise<void> {
  if (rows.length === 0) return;
  try {
    for (const { operation, write } of await dropStale(odoo, entity, rows, results))
      results.set(operation, toResult(odoo, entity, operation, write, null));
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    for (const { operation } of rows) results.set(operation, { kind: 'failed', error: beforeSending(error) });
  }
}

/** Alone, so that no more than one document is in memory; bytes that Odoo has are not sent again. */
async function writeDocument(
  odoo: OdooContext,
  entity: Entity,
  operation: UpdateOperation,
  write: OdooWrite,
  quiet: boolean,
  results: Map<UpdateOperation, WriteResult>,
): Promise<void> {
  try {
    const { values } = await fillBytes(odoo, write, operation.whole, operation.record.raw);
    const filled = { ...write, values };
    if (Object.keys(values).length === 0) results.set(operation, toResult(odoo, entity, operation, filled, null));
    else await writeRows(odoo, entity, [toRow(entity, operation, filled)], quiet, results, { denials: 0 });
  } catch (error) {
    results.set(operation, notFilled(error));
  }
}

/** Who is on a list, list by list: one that cannot be done must not hold the others up. */
async function writeMembers(
  odoo: OdooContext,
  entity: Entity,
  operations: readonly UpdateOperation[],
  results: Map<UpdateOperation, WriteResult>,
): Promise<void> {
  const { roster } = entity.odoo;
  if (roster === undefined) return;
  for (const operation of operations.filter(({ changes }) => roster in changes)) {
    const result = results.get(operation);
    if (result?.kind !== 'ok') continue;
    try {
      const skipped = await syncMembers(odoo, Number(operation.record.id), operation.whole);
      results.set(operation, { ...result, warnings: [...result.warnings, ...skipped] });
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      const refused = error instanceof TerminalError;
      results.set(operation, refused ? { kind: 'refused', error: describeError(error) } : { kind: 'failed', error });
    }
  }
}

/** Steps of business come after the values that they depend on. */
async function takeSteps(
  odoo: OdooContext,
  entity: Entity,
  operations: readonly UpdateOperation[],
  results: Map<UpdateOperation, WriteResult>,
): Promise<void> {
  const steps = (entity.odoo.transitions ?? []).filter(({ accompanies }) => accompanies === undefined);
  const written = operations.filter((operation) => results.get(operation)?.kind === 'ok');
  if (written.length === 0 || (steps.length === 0 && !entity.odoo.children)) return;
  await odoo.references.counterparts.loadParents(written.flatMap(({ whole }) => entity.parents(whole)));
  const wanted = written.map(({ record, whole, ...told }) => ({ ...told, id: Number(record.id), wanted: whole }));
  const advanced = await runTransitions(odoo, entity, steps, wanted);
  for (const operation of written) {
    const now = advanced.get(Number(operation.record.id));
    const result = results.get(operation);
    if (now && now.kind !== 'done') results.set(operation, now);
    else if (now && result?.kind === 'ok') results.set(operation, afterSteps(odoo, entity, operation, result, now.row));
  }
}

/** What the app alone governs is as Odoo holds it after all; a later edit of what both may change must still show. */
function afterSteps(
  { references }: OdooContext,
  entity: Entity,
  { changes }: UpdateOperation,
  result: WriteResult & { kind: 'ok' },
  row: OdooRow,
): WriteResult {
  const held = entity.odoo.decode(row, references);
  const governed = entity.groups.flatMap(({ owner, fields }) => (owner === 'app' ? fields : []));
  const fresh = governed.filter((field) => field in changes).map((field) => [field, held[field] ?? null] as const);
  return { ...result, stamp: row.write_date.slice(0, 19), values: { ...result.values, ...Object.fromEntries(fresh) } };
}

function toRow(entity: Entity, operation: UpdateOperation, write: OdooWrite): Row {
  const sources = new Set(Object.keys(operation.changes).flatMap((field) => entity.odoo.sources[field] ?? []));
  for (const field of Object.keys(write.values)) sources.add(field);
  const { raw } = operation.record;
  const expect = Object.fromEntries([...sources].filter((field) => field in raw).map((field) => [field, raw[field]]));
  return { id: Number(operation.record.id), operation, write, expect, set: write.values };
}

/** One bad record must not hold the others up: a batch that Odoo refuses is halved until it stands alone. */
async function writeRows(
  odoo: OdooContext,
  entity: Entity,
  rows: readonly Row[],
  quiet: boolean,
  results: Map<UpdateOperation, WriteResult>,
  budget: { denials: number },
): Promise<void> {
  try {
    await writeBatch(odoo, entity, rows, quiet, results);
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    const denied = error instanceof SetupError && error.code === 'access_denied';
    if (denied && rows.length === 1) budget.denials += 1;
    const divisible = error instanceof TerminalError || (denied && budget.denials < ENOUGH_DENIALS);
    if (divisible && rows.length > 1) {
      const middle = Math.ceil(rows.length / 2);
      await writeRows(odoo, entity, rows.slice(0, middle), quiet, results, budget);
      return writeRows(odoo, entity, rows.slice(middle), quiet, results, budget);
    }
    const { code, message, remedy } = error;
    const refused = error instanceof TerminalError;
    for (const { operation } of rows) {
      results.set(
        operation,
        refused ? { kind: 'refused', error: { code, message, remedy } } : { kind: 'failed', error },
      );
    }
  }
}

async function writeBatch(
  odoo: OdooContext,
  entity: Entity,
  rows: readonly Row[],
  quiet: boolean,
  results: Map<UpdateOperation, WriteResult>,
): Promise<void> {
  const action = await odoo.action('write_if_unchanged');
  const context = writeContext(quiet);
  let pending = rows;
  if (action === null) {
    // No conditional write here: look right before, which leaves a window of one call open (health says so).
    pending = await dropStale(odoo, entity, rows, results);
    if (pending.length === 0) return;
  }
  const sentAt = Date.now();
  const done =
    action === null
      ? await writePlain(odoo, entity.odoo.model, pending, context)
      : (await writeIfUnchanged(odoo.transport, action, entity.odoo.model, pending.map(toConditional), context)).done;
  odoo.observeWrite(done[0]?.write_date, sentAt);
  const byId = new Map(done.map((row) => [row.id, row]));
  for (const { operation, write, id } of pending) {
    const row = byId.get(id);
    results.set(operation, row ? toResult(odoo, entity, operation, write, row, action !== null) : { kind: 'stale' });
  }
}

function toConditional({ id, expect, set }: Row) {
  return { id, expect, set };
}

async function dropStale(
  odoo: OdooContext,
  entity: Entity,
  rows: readonly Row[],
  results: Map<UpdateOperation, WriteResult>,
): Promise<readonly Row[]> {
  const current = new Map(
    (
      await readRows(
        odoo,
        entity,
        rows.map(({ id }) => id),
      )
    ).map((row) => [row.id, row]),
  );
  return rows.filter(({ id, expect, operation }) => {
    const now: OdooRow | undefined = current.get(id);
    const same = now && Object.entries(expect).every(([field, value]) => isDeepStrictEqual(now[field], value));
    if (!same) results.set(operation, { kind: now ? 'stale' : 'missing' });
    return same;
  });
}

/**
 * What Odoo held after the write, in canonical form. Read by a later call (not `atOnce`), a value other than the one
 * sent may be somebody's edit: then what was sent counts, and the edit will show.
 */
function toResult(
  odoo: OdooContext,
  entity: Entity,
  operation: UpdateOperation,
  write: OdooWrite,
  written: (OdooValues & { readonly write_date: string }) | null,
  atOnce = true,
): WriteResult {
  const held = entity.odoo.decode({ ...operation.record.raw, ...written }, odoo.references);
  const values: Record<string, FieldValue> = {};
  const unheld = new Set(write.unheld.map(({ field }) => field));
  for (const [field, sent] of Object.entries(operation.changes)) {
    values[field] = atOnce || unheld.has(field) ? (held[field] ?? null) : sent;
  }
  return {
    kind: 'ok',
    id: operation.record.id,
    stamp: written?.write_date.slice(0, 19) ?? null,
    values,
    deferred: write.deferred,
    warnings: write.unheld.map(({ field, reason }) => ({ field, reason })),
  };
}

function unanswered(): WriteResult {
  return { kind: 'failed', error: new TypeError('a record was left out of the write') };
}
