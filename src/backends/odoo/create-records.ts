/** Creating records through `load()`: with an external id each, so that a second try finds the first. */
import type { CanonicalRecord, Entity, OdooWrite } from '../../entities/define-entity.ts';
import { findUnstorable } from '../../entities/storable-text.ts';
import { BridgeError, beforeSending, describeError, TerminalError } from '../../errors.ts';
import type { CreateOperation, WriteResult } from '../backend.ts';
import { createTurns } from './begin-in-time.ts';
import { encodeWrites } from './encode-writes.ts';
import { fillBytes } from './fill-bytes.ts';
import { findMissingRight } from './find-missing-right.ts';
import type { OdooContext } from './odoo-context.ts';
import { classifyFault, maskPersonal } from './odoo-errors.ts';
import { fieldsToRead, loadReferences, type OdooRow, readRows, toSideRecord, withoutSignals } from './odoo-records.ts';
import { type LoadRequest, loadAndRead, loadRecords } from './server-actions.ts';
import { writeContext } from './write-context.ts';

interface Row {
  readonly operation: CreateOperation;
  readonly write: OdooWrite;
  /** The first row of the record; rows after it hold only what hangs on it. */
  readonly columns: Readonly<Record<string, string>>;
  readonly further: readonly Readonly<Record<string, string>>[];
}

/** Records, and rows that hang on them, in one call: large enough to be fast, small enough to stay well under the deadline. */
const MOST_ROWS = 200;

export async function createRecords(
  odoo: OdooContext,
  entity: Entity,
  operations: readonly CreateOperation[],
  quiet: boolean,
): Promise<readonly WriteResult[]> {
  const results = new Map<CreateOperation, WriteResult>();
  let writes: readonly OdooWrite[];
  try {
    await odoo.references.load(entity);
    await odoo.references.counterparts.loadParents(operations.flatMap(({ values }) => entity.parents(values)));
    const records = operations.map(({ values }) => ({ changes: values, row: null }));
    writes = await encodeWrites(odoo, entity, records);
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return operations.map(() => ({ kind: 'failed', error: beforeSending(error) }));
  }
  const rows: Row[] = [];
  for (const [index, write] of writes.entries()) {
    const operation = operations[index] as CreateOperation;
    const refused = findUnstorable(operation.values) ?? write.refused ?? null;
    if (refused) results.set(operation, { kind: 'refused', error: refused });
    else if (write.bytes) await loadDocument(odoo, entity, toRow(odoo, entity, operation, write), quiet, results);
    else rows.push(toRow(odoo, entity, operation, write));
  }
  // One load per set of columns: a cell that is left empty for a record would take the default away that Odoo gives.
  const alike = Map.groupBy(rows, ({ columns }) => Object.keys(columns).sort().join());
  const mayBegin = createTurns();
  for (const batch of [...alike.values()].flatMap(inBatches)) {
    if (mayBegin()) await loadRows(odoo, entity, batch, quiet, results);
    else for (const { operation } of batch) results.set(operation, { kind: 'stale' });
  }
  return operations.map((operation) => results.get(operation) ?? unanswered());
}

/** Alone, so that no more than one document is in memory. */
async function loadDocument(
  odoo: OdooContext,
  entity: Entity,
  row: Row,
  quiet: boolean,
  results: Map<CreateOperation, WriteResult>,
): Promise<void> {
  const { operation, write, columns } = row;
  try {
    const { values } = await fillBytes(odoo, write, operation.values, null);
    const field = write.bytes?.field ?? '';
    await loadRows(odoo, entity, [{ ...row, columns: { ...columns, [field]: toCell(values[field]) } }], quiet, results);
  } catch (error) {
    results.set(operation, notFilled(error));
  }
}

/** Nothing has been sent to Odoo yet. */
export function notFilled(error: unknown): WriteResult {
  if (!(error instanceof BridgeError)) throw error;
  if (error instanceof TerminalError) return { kind: 'refused', error: describeError(error) };
  return { kind: 'failed', error: beforeSending(error) };
}

function toRow({ references }: OdooContext, entity: Entity, operation: CreateOperation, write: OdooWrite): Row {
  const membership = references.membershipOf(entity);
  const columns: Record<string, string> = { id: operation.key };
  const tag = references.tagId(entity.name);
  if (membership.kind === 'tag' && tag !== null) columns[`${membership.field}/.id`] = String(tag);
  for (const [field, value] of Object.entries({ ...entity.odoo.onCreate(references), ...write.values })) {
    // An attachment's `res_id` is a number whose model stands beside it.
    columns[/_ids?$/.test(field) && field !== 'res_id' ? `${field}/.id` : field] = toCell(value);
  }
  const [first = {}, ...further] = toLineRows(write);
  return { operation, write, columns: { ...columns, ...first }, further };
}

/** What hangs on a record stands in columns of its own: `invoice_line_ids/name`. */
function toLineRows({ lines = {} }: OdooWrite): readonly Readonly<Record<string, string>>[] {
  return Object.entries(lines).flatMap(([name, rows]) =>
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([field, value]) => [
          `${name}/${/_ids?$/.test(field) ? `${field}/.id` : field}`,
          toCell(value),
        ]),
      ),
    ),
  );
}

function inBatches(rows: readonly Row[]): readonly (readonly Row[])[] {
  const batches: Row[][] = [];
  let size = 0;
  for (const row of rows) {
    size += 1 + row.further.length;
    const last = batches.at(-1);
    if (last && size <= MOST_ROWS) last.push(row);
    else {
      batches.push([row]);
      size = 1 + row.further.length;
    }
  }
  return batches;
}

/** `load()` takes text; an empty cell empties the field. */
function toCell(value: unknown): string {
  if (Array.isArray(value)) return value.join();
  if (typeof value === 'boolean') return value ? '1' : '';
  return value === null || value === undefined ? '' : String(value);
}

/** All or nothing: rows that Odoo names as bad are set aside and the rest is loaded again. */
async function loadRows(
  odoo: OdooContext,
  entity: Entity,
  rows: readonly Row[],
  quiet: boolean,
  results: Map<CreateOperation, WriteResult>,
): Promise<void> {
  if (rows.length === 0) return;
  const fields = [...new Set(rows.flatMap(({ columns }) => Object.keys(columns)))];
  const data = rows.flatMap(({ columns, further }) => [
    fields.map((field) => columns[field] ?? (field.endsWith('_rank') ? '0' : '')),
    ...further.map((line) => fields.map((field) => line[field] ?? '')),
  ]);
  let answer: Loaded;
  try {
    answer = await load(odoo, entity, { model: entity.odoo.model, fields, data, context: writeContext(quiet) });
  } catch (error) {
    if (error instanceof TerminalError) return splitOrRefuse(odoo, entity, rows, quiet, results, error);
    if (!(error instanceof BridgeError)) throw error;
    for (const { operation } of rows) results.set(operation, { kind: 'failed', error });
    return;
  }
  if (answer.ids !== false) return tellHeld(odoo, entity, rows, answer.ids, answer.rows, results);
  const refused = new Map<number, string>();
  for (const { record = -1, message } of answer.messages) if (rows[record]) refused.set(record, message);
  const error = refusedByOdoo(answer.messages[0]?.message ?? '');
  if (refused.size === 0) return splitOrRefuse(odoo, entity, rows, quiet, results, error);
  for (const [index, message] of refused) {
    const row = rows[index];
    if (row) results.set(row.operation, { kind: 'refused', error: describeError(refusedByOdoo(message)) });
  }
  await loadRows(
    odoo,
    entity,
    rows.filter((_, index) => !refused.has(index)),
    quiet,
    results,
  );
}

async function splitOrRefuse(
  odoo: OdooContext,
  entity: Entity,
  rows: readonly Row[],
  quiet: boolean,
  results: Map<CreateOperation, WriteResult>,
  error: TerminalError,
): Promise<void> {
  const [only] = rows;
  if (rows.length === 1 && only) {
    results.set(only.operation, { kind: 'refused', error: describeError(error) });
    return;
  }
  const middle = Math.ceil(rows.length / 2);
  await loadRows(odoo, entity, rows.slice(0, middle), quiet, results);
  await loadRows(odoo, entity, rows.slice(middle), quiet, results);
}

interface Loaded {
  readonly ids: readonly number[] | false;
  readonly messages: readonly { readonly message: string; readonly record?: number | undefined }[];
  /** What Odoo held at the end of the same transaction; null where that cannot be had. */
  readonly rows: readonly OdooRow[] | null;
}

async function load(odoo: OdooContext, entity: Entity, request: LoadRequest): Promise<Loaded> {
  // What hangs on the records would have to be read later all the same.
  const action = entity.odoo.children ? null : await odoo.action('load_and_read');
  const loaded: Loaded =
    action === null
      ? { ...(await loadRecords(odoo.transport, request)), rows: null }
      : await loadAndRead(odoo.transport, action, request, fieldsToRead(entity, odoo.references));
  const denied =
    loaded.ids === false ? await findMissingRight(odoo, request.model, loaded.messages[0]?.message ?? '') : null;
  if (denied) throw denied;
  return loaded;
}

/**
 * What Odoo made of the records. Read in the same transaction, a value other than the one sent is Odoo's own way of
 * writing it. Read later it may be an edit: then what was sent counts as what Odoo held, and the edit will show.
 */
async function tellHeld(
  odoo: OdooContext,
  entity: Entity,
  rows: readonly Row[],
  ids: readonly number[],
  atOnce: readonly OdooRow[] | null,
  results: Map<CreateOperation, WriteResult>,
): Promise<void> {
  const found = atOnce ?? (await readBack(odoo, entity, ids));
  await loadReferences(odoo.references, entity, found);
  const byId = new Map(found.map((row) => [row.id, row]));
  // Of what the app alone governs, whatever Odoo holds is no edit.
  const governed = entity.groups.flatMap(({ owner, fields }) => (owner === 'app' ? fields : []));
  rows.forEach(({ operation, write }, index) => {
    const row = byId.get(ids[index] ?? 0);
    const values = row ? toSideRecord(entity, row, odoo.references).values : {};
    const held = row && atOnce ? values : { ...operation.values, ...withFields(values, governed) };
    const later = atOnce ? [] : write.deferred.filter((field) => !(field in withFields(values, governed)));
    results.set(operation, {
      kind: 'ok',
      id: String(ids[index]),
      stamp: row?.create_date.slice(0, 19) ?? null,
      values: withoutSignals(entity, withoutFields(held, later)),
      deferred: write.deferred,
      warnings: write.unheld.map(({ field, reason }) => ({ field, reason })),
    });
  });
}

/** They are made, whatever becomes of this look at them. */
async function readBack(odoo: OdooContext, entity: Entity, ids: readonly number[]): Promise<readonly OdooRow[]> {
  try {
    return await readRows(odoo, entity, ids);
  } catch (error) {
    if (error instanceof BridgeError) return [];
    throw error;
  }
}

function withFields(values: CanonicalRecord, fields: readonly string[]): CanonicalRecord {
  return Object.fromEntries(Object.entries(values).filter(([field]) => fields.includes(field)));
}

function withoutFields(values: CanonicalRecord, fields: readonly string[]): CanonicalRecord {
  return Object.fromEntries(Object.entries(values).filter(([field]) => !fields.includes(field)));
}

/** Odoo says it in the language of the user: in another than English it is shown as a refused value, with the same sentence. */
const FIELD_DENIED = /^You do not have enough rights to access the field /;

function refusedByOdoo(message: string): TerminalError {
  // Only of this record: say, it has a parent, whose accounting fields Odoo copies with the rights of the user.
  if (FIELD_DENIED.test(message)) {
    return new TerminalError(describeError(classifyFault({ name: 'AccessError', message })));
  }
  return new TerminalError({
    code: 'refused_by_odoo',
    message: `Odoo refused the record: ${maskPersonal(message)}`,
    remedy: 'Correct the field that Odoo names, on the side where it was entered; the record is tried again by itself.',
  });
}

function unanswered(): WriteResult {
  return { kind: 'failed', error: new TypeError('a record was left out of the load') };
}
