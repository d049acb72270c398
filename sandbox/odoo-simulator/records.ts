/** The ground floor of create, write, unlink, read and search: what every model has in common. */
import { checkAccess, checkVisible } from './access-rights.ts';
import { completeName, normalizeEmail } from './computed-fields.ts';
import { type Environment, specOf, tableOf, type Values } from './environment.ts';
import { applyLinks, checkRequired, childIds, toRead, toStored } from './field-values.ts';
import { missingError } from './odoo-errors.ts';
import type { FieldSpec, ModelSpec } from './schema.ts';
import { unknownField } from './search-rows.ts';
import type { Row } from './tables.ts';

export function rowOf(env: Environment, model: string, id: number): Row {
  const row = tableOf(env, model).get(id);
  if (!row) throw missingError(model, id, env.uid);
  return row;
}

export function insertRow(env: Environment, model: string, values: Values): number {
  checkAccess(env, model, 'create');
  const spec = specOf(env, model);
  const table = tableOf(env, model);
  const id = table.nextId();
  const { stamp } = env.transaction;
  const log = { create_uid: env.uid, create_date: stamp, write_uid: env.uid, write_date: stamp };
  const empty = Object.fromEntries(Object.keys(spec.fields).map((name) => [name, null]));
  const given = takeIn(env, model, { ...spec.defaults, ...values }, undefined, `Invalid field '%' in '${model}'`);
  const row = derive(env, model, { ...empty, ...given, ...log, id });
  checkRequired(spec.fields, row);
  env.transaction.put(table, row);
  writeLines(env, spec, id, values);
  return id;
}

/** Every write moves write_date, also one that changes nothing. */
export function updateRow(env: Environment, model: string, id: number, values: Values): void {
  const spec = specOf(env, model);
  const table = tableOf(env, model);
  const before = rowOf(env, model, id);
  const given = takeIn(env, model, values, before, `Invalid field '%' on model '${model}'`);
  const log = { write_uid: env.uid, write_date: env.transaction.stamp };
  const row = derive(env, model, { ...before, ...given, ...log });
  checkRequired(spec.fields, row);
  env.transaction.put(table, row);
  writeLines(env, spec, id, values);
}

/** Removes the record, its external ids and what refers to it, as the database's foreign keys do. */
export function deleteRow(env: Environment, model: string, id: number): void {
  rowOf(env, model, id);
  env.transaction.remove(tableOf(env, model), id);
  for (const data of [...tableOf(env, 'ir.model.data').rows.values()]) {
    if (data.model === model && data.res_id === id) env.transaction.remove(tableOf(env, 'ir.model.data'), data.id);
  }
  const forget = (owner: string, field: string, change: (held: unknown) => unknown) => {
    for (const row of [...tableOf(env, owner).rows.values()]) {
      const kept = change(row[field]);
      if (kept !== row[field]) env.transaction.put(tableOf(env, owner), { ...row, [field]: kept });
    }
  };
  if (model === 'res.partner') forget('res.partner', 'parent_id', (held) => (held === id ? null : held));
  if (model === 'res.partner.category') {
    forget('res.partner', 'category_id', (held) =>
      Array.isArray(held) && held.includes(id) ? held.filter((tag) => tag !== id) : held,
    );
  }
  if (model === 'base.automation') {
    for (const action of [...tableOf(env, 'ir.actions.server').rows.values()]) {
      if (action.base_automation_id === id) deleteRow(env, 'ir.actions.server', action.id);
    }
  }
}

function takeIn(env: Environment, model: string, values: Values, held: Row | undefined, unknown: string): Values {
  const { fields } = specOf(env, model);
  const taken: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const field = fields[name];
    if (!field) throw unknownField(env, model, name, unknown);
    // Odoo drops these without a word
    if (field.readonly && ['id', 'create_uid', 'create_date', 'write_uid', 'write_date'].includes(name)) continue;
    if (field.readonly) throw env.world.notCovered(`writing ${model}.${name}`);
    if (field.type === 'one2many') continue;
    taken[name] =
      field.type === 'many2many'
        ? applyLinks(env, field.relation as string, held?.[name], value)
        : toStored(env, model, name, field, value);
  }
  return taken;
}

/** Stored fields that Odoo works out itself. */
function derive(env: Environment, model: string, row: Row): Row {
  if (model !== 'res.partner') return row;
  return { ...row, email_normalized: normalizeEmail(row.email), complete_name: completeName(env, row) };
}

function writeLines(env: Environment, spec: ModelSpec, id: number, values: Values): void {
  for (const [name, commands] of Object.entries(values)) {
    const field = spec.fields[name];
    if (field?.type !== 'one2many' || !Array.isArray(commands)) continue;
    for (const command of commands as (readonly unknown[])[]) writeLine(env, field, id, command);
  }
}

function writeLine(env: Environment, field: FieldSpec, id: number, command: readonly unknown[]): void {
  const { operations } = env.world;
  const [relation, inverse] = [field.relation as string, field.inverse as string];
  const [code, line, values] = command;
  if (code === 0) operations.create(env, relation, [{ ...(values as Values), [inverse]: id }]);
  else if (code === 1) operations.write(env, relation, [Number(line)], values as Values);
  else if (code === 2) operations.unlink(env, relation, [Number(line)]);
  else if (code === 5) operations.unlink(env, relation, childIds(env, field, id));
  else throw env.world.notCovered(`one2many command ${code}`);
}

export function readRows(env: Environment, model: string, ids: readonly number[], fields: unknown, load: unknown) {
  checkAccess(env, model, 'read');
  checkVisible(env, model, ids);
  const spec = specOf(env, model);
  const names = Array.isArray(fields) && fields.length ? (fields as string[]) : Object.keys(spec.fields);
  const picked = names.map((name) => {
    const field = spec.fields[name];
    if (!field) throw unknownField(env, model, name, `Invalid field '%' on '${model}'`);
    return [name, field] as const;
  });
  const table = tableOf(env, model);
  const bare = load !== '_classic_read';
  const rows: Record<string, unknown>[] = [];
  for (const id of ids) {
    const row = table.get(id);
    if (!row) continue;
    const read: Record<string, unknown> = { id };
    for (const [name, field] of picked) read[name] = toRead(env, model, name, field, row, bare);
    rows.push(read);
  }
  return rows;
}
