import { type Collection, type FieldError, isFrozen, isKept, nameOne } from '../data/collection.ts';
import { collectionOf } from '../data/collections.ts';
import type { Field } from '../data/fields.ts';
import type { StoredRecord } from '../data/records.ts';
import type { Offer } from '../data/relations.ts';
import { listActions } from './actions.ts';
import { type FormValues, inputOf, isTyped } from './form-values.ts';
import { type Html, html } from './html.ts';
import { renderField, renderOffers } from './input.ts';
import { type Notice, renderLayout } from './layout.ts';
import { recordPath } from './record-path.ts';
import { type Names, renderValue } from './value.ts';

export interface FormView {
  /** Null for a new record. */
  readonly record: StoredRecord | null;
  /** What stands in the form: the record's values, or what the person has typed. */
  readonly values: FormValues;
  readonly errors: readonly FieldError[];
  readonly stale: boolean;
  readonly offers: readonly Offer[];
  readonly names: Names;
  /** Records that point to this one. */
  readonly related: readonly Offer[];
}

export function renderFormPage(collection: Collection, view: FormView, notice: Notice | null): string {
  const { record } = view;
  const title =
    record === null ? `New ${nameOne(collection)}` : String(record.fields[collection.nameField] ?? record.id);
  const path = record === null ? `/${collection.name}` : recordPath(collection, record.id);
  const frozen = record !== null && isFrozen(collection, record.fields);
  const fields = Object.entries(collection.fields);
  const typed = frozen ? [] : fields.filter(([, field]) => isTyped(field));
  const errors = view.errors.map((one) => ({ ...one, field: inputOf(collection, one.field) }));
  const shown = record === null ? [] : fields.filter((entry) => !typed.includes(entry));
  return renderLayout(
    title,
    collection,
    notice ?? describeTrouble(collection, view),
    html`<h1>${title}</h1>
${record !== null && renderState(record)}
<form method="post" action="${path}"${collection.hasContent && html` enctype="multipart/form-data"`} novalidate>
${record !== null && html`<input type="hidden" name="if_updated_at" value="${record.updated_at}">`}
${typed.map(([name, field]) => renderField(name, field, { ...view, errors }, view.stale ? (record?.fields[name] ?? null) : undefined))}
${collection.hasContent && renderFile(view, path)}
${renderOffers(
  typed.map(([, field]) => field),
  view.offers,
)}
<div class="bar">
${!frozen && html`<button class="primary">Save</button>`}
${record !== null && renderActions(collection, record, path)}
<a href="/${collection.name}">Back to the list</a>
</div>
</form>
${record !== null && shown.length > 0 && renderShown(shown, record, view.names)}
${view.related.length > 0 && renderRelated(view.related)}
${record !== null && !isKept(collection, record.fields) && renderArchiving(path, record)}`,
  );
}

/** They save what was typed as well: whoever types an amount and validates the quote means that amount. */
function renderActions(collection: Collection, record: StoredRecord, path: string): readonly Html[] {
  if (record.deleted_at !== null) return [];
  return listActions(collection, record.fields.status).map(
    ({ name, label }) => html`<button formaction="${path}/${name}">${label}</button>
`,
  );
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
      html`<li><a href="#${inputOf(collection, field)}">${labelOf(collection, field)} ${message}</a></li>`,
  );
  return { tone: 'bad', content: html`<p>Not saved:</p><ul>${items}</ul>` };
}

/** `lines.0.quantity` as "Lines, row 1: Quantity". */
function labelOf(collection: Collection, path: string): string {
  const [name = '', row, column = ''] = path.split('.');
  const field = Object.hasOwn(collection.fields, name) ? collection.fields[name] : undefined;
  if (field === undefined) return path === 'file' ? 'File' : path;
  if (field.input.kind !== 'rows' || row === undefined) return field.label;
  const cell = field.input.columns[column];
  const place = /^\d+$/.test(row) ? `, row ${Number(row) + 1}:` : '';
  return `${field.label}${place}${cell === undefined ? '' : ` ${cell.label}`}`;
}

function renderState(record: StoredRecord): Html {
  const archived = record.deleted_at !== null && html` <strong>Archived.</strong>`;
  return html`<p class="state">No. ${record.id}, last changed ${record.updated_at.slice(0, 19).replace('T', ' ')} UTC.${archived}</p>`;
}

/** Choosing none keeps the bytes that are there. */
function renderFile({ record, errors }: FormView, path: string): Html {
  const wrong = errors.filter(({ field }) => field === 'file');
  const state = wrong.length > 0 && html` aria-invalid="true" aria-describedby="file-error"`;
  return html`<div class="field">
<label for="file">File</label>
<input id="file" name="file" type="file"${state}>
${wrong.map(({ message }) => html`<p class="error" id="file-error">File ${message}</p>`)}
${record?.fields.sha256 != null && html`<p><a href="${path}/content">Download ${String(record.fields.filename)}</a></p>`}
</div>
`;
}

/** What is not typed in here: kept in Odoo, computed, or settled. */
function renderShown(fields: readonly (readonly [string, Field])[], record: StoredRecord, names: Names): Html {
  return html`<dl class="shown">
${fields.map(
  ([
    name,
    field,
  ]) => html`<div><dt id="${name}">${field.label}</dt><dd>${renderValue(field, record.fields[name], names)}</dd></div>
`,
)}</dl>`;
}

function renderRelated(related: readonly Offer[]): Html {
  return html`<h2>Belongs to it</h2>
<ul>${related.map(({ entity, id, name }) => {
    const collection = collectionOf(entity);
    return html`<li>${nameOne(collection)} <a href="${recordPath(collection, id)}">${name}</a></li>
`;
  })}</ul>`;
}

function renderArchiving(path: string, record: StoredRecord): Html {
  const [verb, label] = record.deleted_at === null ? ['archive', 'Archive'] : ['restore', 'Restore'];
  return html`<form method="post" action="${path}/${verb}"><button>${label}</button></form>`;
}
