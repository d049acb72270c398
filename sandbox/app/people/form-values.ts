/** Between a record and the texts of its form. A cell of a list has a name such as `lines.0.quantity`. */
import { isDeepStrictEqual } from 'node:util';
import type { Collection, Fields } from '../data/collection.ts';
import type { Field, Row, Rows } from '../data/fields.ts';

export type FormValues = Readonly<Record<string, string>>;

/** The stored value as a browser shows it and gives it back: it trims and joins lines on its own. */
export function asFormValue(field: Field, value: unknown): string {
  const text = value == null ? '' : asText(field, value).replace(/\r\n?/g, '\n');
  if (field.input.kind !== 'line') return text;
  const line = text.replaceAll('\n', '');
  return field.input.type === 'email' ? line.trim() : line;
}

/** What a list or a person who may only read is shown. */
export function showValue(field: Field, value: unknown): string {
  if (value == null) return '';
  const { input } = field;
  if (input.kind === 'choice') return input.choices[String(value)] ?? String(value);
  if (input.kind === 'rows') return String(input.toRows(value).length);
  return input.kind === 'line' && input.type === 'datetime-local'
    ? `${asText(field, value).replace('T', ' ')} UTC`
    : asText(field, value);
}

export function isTyped(field: Field): boolean {
  return field.inForm && (field.keeper === 'both' || field.keeper === 'people');
}

export function toFormValues(collection: Collection, fields: Fields): FormValues {
  const values: Record<string, string> = {};
  for (const [name, field] of Object.entries(collection.fields)) {
    if (field.input.kind === 'rows') putRows(values, name, field.input.toRows(fields[name]));
    else values[name] = asFormValue(field, fields[name]);
  }
  return values;
}

/** Blank rows are taken out, so that the rows of the form are those of the record. */
export function normalizeForm(collection: Collection, form: FormValues): FormValues {
  const values: Record<string, string> = {};
  const lists = Object.entries(collection.fields).filter(([, { input }]) => input.kind === 'rows');
  for (const [name, text] of Object.entries(form)) {
    if (lists.some(([list]) => name.startsWith(`${list}.`))) continue;
    const field = collection.fields[name];
    values[name] = field === undefined ? text : asFormValue(field, text);
  }
  for (const [name, field] of lists) putRows(values, name, takeRows(form, name, field.input as Rows) ?? []);
  return values;
}

/** Only what the person has changed: a form gives back every field, and spells some in the browser's way. */
export function pickFields(collection: Collection, form: FormValues, before: Fields): Fields {
  const picked: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(collection.fields)) {
    if (!isTyped(field)) continue;
    if (field.input.kind === 'rows') {
      const rows = takeRows(form, name, field.input);
      if (rows && !isDeepStrictEqual(rows, field.input.toRows(before[name]))) picked[name] = field.input.fromRows(rows);
      continue;
    }
    const value = form[name] === undefined ? undefined : asFormValue(field, form[name]);
    if (value !== undefined && value !== asFormValue(field, before[name])) picked[name] = field.parse?.(value) ?? value;
  }
  return picked;
}

/** The name of the input that an error is about: `members.0.id` is typed into `members.0.party`. */
export function inputOf(collection: Collection, path: string): string {
  const [name = '', row = '', column = ''] = path.split('.');
  const input = Object.hasOwn(collection.fields, name) ? collection.fields[name]?.input : undefined;
  if (input?.kind !== 'rows' || !/^\d+$/.test(row)) return name;
  const columns = Object.keys(input.columns);
  const cell = columns.length === 1 ? columns[0] : columns.find((one) => one === column);
  return cell === undefined ? name : `${name}.${row}.${cell}`;
}

/** @returns undefined when the form has no such list */
function takeRows(form: FormValues, list: string, { columns }: Rows): readonly Row[] | undefined {
  const rows: Record<string, string>[] = [];
  for (const [name, text] of Object.entries(form)) {
    const [, index, column] = /^(\d{1,5})\.(\w+)$/.exec(name.slice(list.length + 1)) ?? [];
    const field = columns[column ?? ''];
    if (!name.startsWith(`${list}.`) || column === undefined || field === undefined) continue;
    rows[Number(index)] = { ...rows[Number(index)], [column]: asFormValue(field, text) };
  }
  if (rows.length === 0) return undefined;
  return Object.values(rows).filter((row) => Object.values(row).some((text) => text.trim() !== ''));
}

function putRows(values: Record<string, string>, list: string, rows: readonly Row[]): void {
  for (const [index, row] of rows.entries()) {
    for (const [column, text] of Object.entries(row)) values[`${list}.${index}.${column}`] = text;
  }
}

function asText(field: Field, value: unknown): string {
  return field.format?.(value) ?? String(value);
}
