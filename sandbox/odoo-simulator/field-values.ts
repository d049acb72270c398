/** How Odoo takes written values in and gives read ones out, by the type of the field. */
import { readComputed } from './computed-fields.ts';
import { formatSeconds } from './datetimes.ts';
import { type Environment, sudo, tableOf } from './environment.ts';
import { missingError, validationError, valueError } from './odoo-errors.ts';
import type { FieldSpec } from './schema.ts';
import { searchRows } from './search-rows.ts';
import type { Row } from './tables.ts';

export function toStored(env: Environment, model: string, name: string, field: FieldSpec, value: unknown): unknown {
  const empty = value === false || value === null || value === undefined;
  switch (field.type) {
    case 'char':
    case 'text':
      if (empty) return null;
      return value === true ? 'True' : String(value);
    case 'html':
      return empty ? null : sanitizeHtml(String(value));
    case 'boolean':
      return Boolean(value);
    case 'integer':
      return toInteger(value);
    case 'selection':
      if (empty || value === '') return null;
      // the languages are a list made at run time, which Odoo does not check
      if (field.selection && !field.selection.some(([key]) => key === value)) {
        throw valueError(`Wrong value for ${model}.${name}: ${python(value)}`);
      }
      return value;
    case 'many2one':
      if (empty || value === 0) return null;
      if (typeof value !== 'number') throw valueError(`Wrong value for ${model}.${name}: ${python(value)}`);
      checkExists(env, field.relation as string, value);
      return value;
    default:
      throw env.world.notCovered(`writing ${model}.${name}`);
  }
}

function toInteger(value: unknown): number {
  if (typeof value === 'number') return Math.trunc(value);
  if (!value) return 0;
  if (value === true) return 1;
  if (!/^\s*[+-]?\d+\s*$/.test(String(value))) {
    throw valueError(`invalid literal for int() with base 10: ${python(value)}`);
  }
  return Number(value);
}

function python(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

export function checkExists(env: Environment, model: string, id: number): void {
  if (!tableOf(env, model).get(id)) throw missingError(model, id, env.uid);
}

/** A many2many as commands or ids: `[6,0,ids]` sets, `[4,id]` adds, `[3,id]` takes away, `[5]` empties. */
export function applyLinks(env: Environment, relation: string, held: unknown, commands: unknown): readonly number[] {
  const ids = new Set(Array.isArray(held) ? (held as number[]) : []);
  if (commands === false || commands === null) return [];
  if (!Array.isArray(commands)) throw valueError(`Wrong value for a list of ${relation}: ${python(commands)}`);
  if (commands.every((command) => typeof command === 'number'))
    return applyLinks(env, relation, [], [[6, 0, commands]]);
  for (const command of commands as (readonly unknown[])[]) {
    const [code, first, list] = command;
    if (code === 6 || code === 5) {
      ids.clear();
      for (const id of code === 6 ? (list as number[]) : []) ids.add(id);
    } else if (code === 4) ids.add(Number(first));
    else if (code === 3) ids.delete(Number(first));
    else throw env.world.notCovered(`many2many command ${code}`);
  }
  for (const id of ids) checkExists(env, relation, id);
  return [...ids].sort((a, b) => a - b);
}

/** What `read` gives: false for nothing, times in whole seconds, `[id, name]` unless `bare`. */
export function toRead(env: Environment, model: string, name: string, field: FieldSpec, row: Row, bare: boolean) {
  if (field.type === 'one2many') return childIds(env, field, row.id);
  const held = field.computed ? readComputed(env, model, name, row) : row[name];
  switch (field.type) {
    case 'many2many':
      return shownLinks(env, field.relation as string, (held ?? []) as number[]);
    case 'boolean':
      return Boolean(held);
    case 'integer':
      return held ?? 0;
    case 'datetime':
      return typeof held === 'number' ? formatSeconds(held) : false;
    case 'many2one': {
      if (typeof held !== 'number') return false;
      if (bare) return held;
      const target = tableOf(env, field.relation as string).get(held);
      return target ? [held, readComputed(env, field.relation as string, 'display_name', target)] : false;
    }
    default:
      return held ?? false;
  }
}

/** In the order of the linked model (tags: by name), the archived ones left out unless the context wants them. */
function shownLinks(env: Environment, relation: string, ids: readonly number[]): readonly number[] {
  if (ids.length === 0) return ids;
  return searchRows(sudo(env), relation, [['id', 'in', ids]]).map((row) => row.id);
}

/** Contacts that are archived are not among the children of a partner. */
export function childIds(env: Environment, field: FieldSpec, id: number): number[] {
  const ids: number[] = [];
  for (const row of tableOf(env, field.relation as string).rows.values()) {
    if (row[field.inverse as string] === id && row.active !== false) ids.push(row.id);
  }
  return ids;
}

export function checkRequired(fields: Readonly<Record<string, FieldSpec>>, row: Row): void {
  for (const [name, field] of Object.entries(fields)) {
    if (!field.required || (row[name] !== null && row[name] !== undefined)) continue;
    throw validationError(
      'The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n' +
        '- Delete: another model requires the record being deleted. If possible, archive it instead.\n\n' +
        `Field: ${field.string} (${name})\n`,
    );
  }
}

/** As far as the bridge's own notes need it: text becomes a paragraph, scripts go, `<br/>` is written `<br>`. */
function sanitizeHtml(html: string): string {
  if (html === '') return '';
  const cleaned = html.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, '').replace(/<br\s*\/>/gi, '<br>');
  if (/^\s*</.test(cleaned)) return cleaned.replaceAll('&#39;', "'");
  return `<p>${cleaned.replace(/&(?!\w+;|#)/g, '&amp;').replace(/<(?![a-z/])/gi, '&lt;')}</p>`;
}
