/** A stored value for a person who only reads it; records that it points to are a click away. */
import { collectionOf } from '../data/collections.ts';
import type { Field, Reference } from '../data/fields.ts';
import { showValue } from './form-values.ts';
import { type Html, html } from './html.ts';
import { recordPath } from './record-path.ts';

/** By `entity/id`. */
export type Names = ReadonlyMap<string, string>;

export function renderValue(field: Field, value: unknown, names: Names): Html {
  if (value == null) return html`–`;
  const { input } = field;
  const [reference] = field.references?.(value) ?? [];
  if (input.kind !== 'rows') return reference ? renderLink(reference, names) : html`${showValue(field, value)}`;
  const columns = Object.entries(input.columns);
  const rows = input.toRows(value);
  if (rows.length === 0) return html`–`;
  return html`<table>
${columns.length > 1 && html`<thead><tr>${columns.map(([, { label }]) => html`<th scope="col">${label}</th>`)}</tr></thead>`}
<tbody>${rows.map(
    (
      row,
    ) => html`<tr>${columns.map(([name, column]) => html`<td>${renderCell(column, row[name] ?? '', names)}</td>`)}</tr>
`,
  )}</tbody></table>`;
}

function renderCell(field: Field, text: string, names: Names): Html {
  if (text === '' || field.references === undefined) return html`${text}`;
  const [reference] = field.references(field.parse?.(text) ?? text);
  return reference ? renderLink(reference, names) : html`${text}`;
}

export function renderLink(reference: Reference, names: Names): Html {
  const name = names.get(`${reference.entity}/${reference.id}`) ?? `${reference.entity}/${reference.id}`;
  return html`<a href="${recordPath(collectionOf(reference.entity), reference.id)}">${name}</a>`;
}
