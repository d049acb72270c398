/** `load`: the import. Rows of text, external ids, all or nothing. */
import { checkAccess } from './access-rights.ts';
import { type Environment, specOf, sudo, tableOf, type Values } from './environment.ts';
import { OdooError, validationError, valueError } from './odoo-errors.ts';
import { createLoadedPartners } from './partner-rules.ts';
import { deleteRow, insertRow } from './records.ts';
import { type FieldSpec, isNonexistentName } from './schema.ts';
import { searchRows } from './search-rows.ts';
import type { Row } from './tables.ts';

interface Message {
  readonly type: 'error';
  readonly rows: { readonly from: number; readonly to: number };
  readonly record: number;
  readonly field?: string;
  readonly field_name?: string;
  readonly message: string;
  readonly moreinfo?: unknown;
}
interface LoadResult {
  readonly ids: readonly number[] | false;
  readonly messages: readonly Message[];
  readonly nextrow: number;
}
interface Loaded {
  readonly index: number;
  readonly externalId: string | undefined;
  readonly id: number | undefined;
  readonly values: Values;
}
interface Column {
  readonly name: string;
  /** `id` for external ids, `.id` for database ids, '' for names */
  readonly by: string;
}

export function load(
  env: Environment,
  model: string,
  fields: readonly string[],
  data: readonly (readonly unknown[])[],
): LoadResult {
  const columns = fields.map((field) => parseColumn(env, model, field));
  const messages: Message[] = [];
  const savepoint = env.transaction.savepoint();
  const rows = data.map((cells, index) => convertRow(env, model, columns, cells, index, messages));
  let ids: number[] | false = false;
  try {
    ids = messages.length > 0 && rows.every((row) => row.refused) ? [] : saveRows(env, model, rows);
  } catch (error) {
    if (!(error instanceof OdooError)) throw error;
    env.transaction.rollback(savepoint);
    ids = saveOneByOne(env, model, rows, messages);
  }
  if (messages.length > 0) {
    env.transaction.rollback(savepoint);
    ids = false;
  }
  return { ids, messages, nextrow: 0 };
}

/** Which record is to blame: each on its own, in order. */
function saveOneByOne(env: Environment, model: string, rows: readonly Loaded[], messages: Message[]): number[] {
  const ids: number[] = [];
  for (const row of rows) {
    const savepoint = env.transaction.savepoint();
    try {
      ids.push(...saveRows(env, model, [row]));
    } catch (error) {
      if (!(error instanceof OdooError)) throw error;
      env.transaction.rollback(savepoint);
      const place = { rows: { from: row.index, to: row.index }, record: row.index, type: 'error' as const };
      messages.push({ ...place, ...describe(error) });
    }
  }
  return ids;
}

function describe(error: OdooError): { readonly message: string; readonly moreinfo?: string } {
  if (error.python === 'odoo.exceptions.ValidationError' || error.fault.code !== 1) {
    return { message: error.message.replace(/^The operation cannot be completed: (?=Contacts)/, '') };
  }
  const name = error.python.replace(/^builtins\./, '');
  return {
    message: `Unknown error during import: <class '${name}'>: ${error.message}`,
    moreinfo: 'Resolve other errors first',
  };
}

function parseColumn(env: Environment, model: string, field: string): Column {
  const [name = '', by = ''] = field
    .replace(/([^/])\.id/g, '$1/.id')
    .replace(/([^/]):id/g, '$1/id')
    .split('/');
  if (name !== 'id' && name !== '.id' && !specOf(env, model).fields[name]) {
    if (isNonexistentName(name)) throw valueError(`Invalid field name '${name}'`);
    throw env.world.notCovered(`${model}.${name}`);
  }
  return { name, by };
}

function convertRow(
  env: Environment,
  model: string,
  columns: readonly Column[],
  cells: readonly unknown[],
  index: number,
  messages: Message[],
): Loaded & { readonly refused: boolean } {
  const values: Record<string, unknown> = {};
  const place = { rows: { from: index, to: index }, type: 'error' as const, record: index };
  let externalId: string | undefined;
  let id: number | undefined;
  let refused = false;
  columns.forEach((column, position) => {
    const cell = cells[position];
    const { name } = column;
    const fail = (message: string, more: object = {}) => {
      refused = true;
      messages.push({ ...place, field: name, message, ...more });
    };
    if (name === 'id') externalId = cell ? withModule(String(cell)) : undefined;
    else if (name === '.id') {
      if (!cell) return;
      if (tableOf(env, model).get(Number(cell))) id = Number(cell);
      else fail(`Unknown database identifier '${cell}'`);
    } else {
      const field = specOf(env, model).fields[name] as FieldSpec;
      if (columns.some((other, at) => other.name === name && at !== position) && name in values) {
        fail(
          `Ambiguous specification for field '${field.string}', only provide one of name, external id or database id`,
        );
        return;
      }
      const converted = cell ? convertCell(env, field, column.by, String(cell)) : { value: false };
      if ('value' in converted) values[name] = converted.value;
      else fail(converted.message, { ...converted.more, field_name: field.string });
    }
  });
  return { index, externalId, id, values, refused };
}

const withModule = (id: string) => (id.includes('.') ? id : `__import__.${id}`);

type Converted = { readonly value: unknown } | { readonly message: string; readonly more?: object };

function convertCell(env: Environment, field: FieldSpec, by: string, cell: string): Converted {
  switch (field.type) {
    case 'integer':
      return /^\s*[+-]?\d+\s*$/.test(cell)
        ? { value: Number(cell) }
        : { message: `'${cell}' does not seem to be an integer for field '${field.string}'` };
    case 'boolean': {
      const word = cell.toLowerCase();
      if (['1', 'true', 'yes'].includes(word)) return { value: true };
      if (['0', 'false', 'no'].includes(word)) return { value: false };
      const more = { moreinfo: "Use '1' for yes and '0' for no" };
      return { message: `Unknown value '${cell}' for boolean field '${field.string}'`, more };
    }
    case 'selection': {
      const choices = field.selection ?? installedLanguages(env);
      const found = choices.find(([key, label]) => key === cell || label === cell);
      if (found) return { value: found[0] };
      const more = { moreinfo: choices.map(([, label]) => label) };
      return { message: `Value '${cell}' not found in selection field '${field.string}'`, more };
    }
    case 'many2one':
      return findReference(env, field, by, cell);
    case 'many2many': {
      const ids: unknown[] = [];
      for (const reference of cell.split(',')) {
        const found = findReference(env, field, by, reference);
        if ('message' in found) return found;
        ids.push(found.value);
      }
      return { value: [[6, 0, ids]] };
    }
    default:
      return { value: cell };
  }
}

function installedLanguages(env: Environment): readonly (readonly [string, string])[] {
  const rows = [...tableOf(env, 'res.lang').rows.values()].filter((row) => row.active);
  return rows.map((row) => [String(row.code), String(row.name)]);
}

function findReference(env: Environment, field: FieldSpec, by: string, reference: string): Converted {
  const relation = field.relation as string;
  const kind = by === '.id' ? 'database id' : by === 'id' ? 'external id' : 'name';
  let id: number | undefined;
  if (by === '.id') id = Number(reference);
  else if (by === 'id') id = findExternalId(env, withModule(reference), relation)?.res_id as number | undefined;
  else id = searchRows(sudo(env), relation, [['display_name', '=', reference]])[0]?.id;
  if (id !== undefined && tableOf(env, relation).get(id)) return { value: id };
  return { message: `No matching record found for ${kind} '${reference}' in field '${field.string}'` };
}

export function findExternalId(env: Environment, externalId: string, model?: string) {
  const dot = externalId.indexOf('.');
  const [module, name] = [externalId.slice(0, dot), externalId.slice(dot + 1)];
  for (const row of tableOf(env, 'ir.model.data').rows.values()) {
    if (row.name === name && row.module === module && (model === undefined || row.model === model)) return row;
  }
  return undefined;
}

/** External ids are written past the caller's rights: an ordinary user may use load() with them. */
function saveRows(env: Environment, model: string, rows: readonly Loaded[]): number[] {
  const ids = new Map<Loaded, number>();
  const fresh: Loaded[] = [];
  const named = new Map<string, Loaded>();
  const known = indexExternalIds(env);
  for (const row of rows) {
    const data = row.externalId === undefined ? undefined : known.get(row.externalId);
    if (data && data.model !== model) throw wrongModel(row.externalId, model, String(data.model), data.id);
    if (data && !tableOf(env, model).get(Number(data.res_id))) deleteRow(env, 'ir.model.data', data.id);
    const found = data ? tableOf(env, model).get(Number(data.res_id))?.id : row.externalId ? undefined : row.id;
    if (found !== undefined) {
      env.world.operations.write(env, model, [found], row.values);
      ids.set(row, found);
    } else if (row.externalId !== undefined && named.has(row.externalId)) {
      // twice in one call: the first creates, the second writes, one after the other
      throw validationError('the same external id twice');
    } else {
      if (row.externalId !== undefined) named.set(row.externalId, row);
      fresh.push(row);
    }
  }
  if (fresh.length > 0) {
    checkAccess(env, model, 'create');
    const values = fresh.map((row) => row.values);
    const isPartner = model === 'res.partner';
    const created = isPartner ? createLoadedPartners(env, values) : env.world.operations.create(env, model, values);
    for (const [index, row] of fresh.entries()) ids.set(row, created[index] as number);
  }
  for (const row of rows)
    if (row.externalId !== undefined)
      keepExternalId(env, known.get(row.externalId), row.externalId, model, ids.get(row) as number);
  return rows.map((row) => ids.get(row) as number);
}

function wrongModel(externalId: string | undefined, model: string, found: string, id: number) {
  return validationError(
    `For external id ${externalId} when trying to create/update a record of model ${model} found record of different model ${found} (${id})`,
  );
}

function indexExternalIds(env: Environment): ReadonlyMap<string, Row> {
  const rows = [...tableOf(env, 'ir.model.data').rows.values()];
  return new Map(rows.map((row) => [`${row.module}.${row.name}`, row]));
}

function keepExternalId(env: Environment, known: Row | undefined, externalId: string, model: string, id: number): void {
  if (known?.res_id === id) return;
  const dot = externalId.indexOf('.');
  const values = { module: externalId.slice(0, dot), name: externalId.slice(dot + 1), model, res_id: id };
  // the old row went with the record it named
  insertRow(sudo(env), 'ir.model.data', values);
}
