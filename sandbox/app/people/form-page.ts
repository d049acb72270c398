import type { Collection, FieldError } from '../data/collections.ts';
import type { Field } from '../data/fields.ts';
import type { StoredRecord } from '../data/records.ts';
import { type Html, html } from './html.ts';
import { type Notice, renderLayout } from './layout.ts';
import { recordPath } from './list-page.ts';

export interface FormView {
  /** Null for a new record. */
  readonly record: StoredRecord | null;
  /** What stands in the form: the record's values, or what the person has typed. */
  readonly values: Readonly<Record<string, string>>;
  readonly errors: readonly FieldError[];
  readonly stale: boolean;
}

export function renderFormPage(collection: Collection, view: FormView, notice: Notice | null): string {
  const { record } = view;
  const title = record === null ? `New ${collection.entity}` : String(record.fields[collection.nameField] ?? record.id);
  const path = record === null ? `/${collection.name}` : recordPath(collection, record.id);
  return renderLayout(
    title,
    collection,
    notice ?? describeTrouble(collection, view),
    html`<h1>${title}</h1>
${record !== null && renderState(record)}
<form method="post" action="${path}" novalidate>
${record !== null && html`<input type="hidden" name="if_updated_at" value="${record.updated_at}">`}
${Object.entries(collection.fields).map(([name, field]) => renderField(name, field, view))}
<div class="bar">
<button class="primary">Save</button>
<a href="/${collection.name}">Back to the list</a>
</div>
</form>
${record !== null && renderArchiving(path, record)}`,
  );
}

/** The stored value as a browser shows it and gives it back: it trims and joins lines on its own. */
export function asFormValue(field: Field, value: unknown): string {
  const text = value == null ? '' : String(value).replace(/\r\n?/g, '\n');
  if (field.input.kind !== 'line') return text;
  const line = text.replaceAll('\n', '');
  return field.input.type === 'email' ? line.trim() : line;
}

function describeTrouble(collection: Collection, view: FormView): Notice | null {
  if (view.stale) {
    const content = html`<p>Somebody else has changed this record meanwhile. What differs from your text is shown
beside it; save again to keep yours.</p>`;
    return { tone: 'bad', content };
  }
  if (view.errors.length === 0) return null;
  const items = view.errors.map(
    ({ field, message }) =>
      html`<li><a href="#${field}">${collection.fields[field]?.label ?? field} ${message}</a></li>`,
  );
  return { tone: 'bad', content: html`<p>Not saved:</p><ul>${items}</ul>` };
}

function renderState(record: StoredRecord): Html {
  const archived = record.deleted_at !== null && html` <strong>Archived.</strong>`;
  return html`<p class="state">No. ${record.id}, last changed ${record.updated_at.slice(0, 19).replace('T', ' ')} UTC.${archived}</p>`;
}

function renderArchiving(path: string, record: StoredRecord): Html {
  const [verb, label] = record.deleted_at === null ? ['archive', 'Archive'] : ['restore', 'Restore'];
  return html`<form method="post" action="${path}/${verb}"><button>${label}</button></form>`;
}

function renderField(name: string, field: Field, view: FormView): Html {
  const value = view.values[name] ?? '';
  const error = view.errors.find((one) => one.field === name);
  const stored = asFormValue(field, view.record?.fields[name]);
  const notes: readonly (readonly [string, string, string])[] = [
    ...(field.hint === undefined ? [] : [['hint', `${name}-hint`, field.hint] as const]),
    ...(error === undefined ? [] : [['error', `${name}-error`, `${field.label} ${error.message}`] as const]),
    ...(view.stale && stored !== value ? [['error', `${name}-stored`, `Now: ${stored || 'empty'}`] as const] : []),
  ];
  const state = html`${field.required && html` required`}${error !== undefined && html` aria-invalid="true"`}${
    notes.length > 0 && html` aria-describedby="${notes.map(([, id]) => id).join(' ')}"`
  }`;
  return html`<div class="field">
<label for="${name}">${field.label}${field.required && html` <span class="hint">(required)</span>`}</label>
${renderInput(name, field, value, state)}
${notes.map(([tone, id, text]) => html`<p class="${tone}" id="${id}">${text}</p>`)}
</div>
`;
}

function renderInput(name: string, { input }: Field, value: string, state: Html): Html {
  switch (input.kind) {
    case 'line':
      return html`<input id="${name}" name="${name}" type="${input.type}" value="${value}" autocomplete="${input.autocomplete}"${state}>`;
    case 'block':
      // A browser drops the first line end after the tag: this one, not the text's own.
      return html`<textarea id="${name}" name="${name}" rows="4"${state}>
${value}</textarea>`;
    case 'choice':
      return html`<select id="${name}" name="${name}"${state}><option value="">–</option>${Object.entries(
        input.choices,
      ).map(
        ([choice, label]) => html`<option value="${choice}"${choice === value && html` selected`}>${label}</option>`,
      )}</select>`;
  }
}
