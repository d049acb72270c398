/** One field of a form, with what is to be said beside it. */
import type { FieldError } from '../data/collection.ts';
import type { Field, Rows } from '../data/fields.ts';
import type { Offer } from '../data/relations.ts';
import { asFormValue, type FormValues } from './form-values.ts';
import { type Html, html } from './html.ts';
import { type Names, renderLink } from './value.ts';

export interface InputView {
  readonly values: FormValues;
  /** By the names of inputs. */
  readonly errors: readonly FieldError[];
  /** Of the records that the stored values point to. */
  readonly names: Names;
}

/** Tone, id and text of a line under an input. */
type Note = readonly [tone: 'hint' | 'error', id: string, text: string];

const BLANK_ROWS = 2;

/** @param stored what the record holds now, when that is to be told */
export function renderField(name: string, field: Field, view: InputView, stored: unknown): Html {
  const errors = view.errors.filter((one) => one.field === name);
  const notes: Note[] = [
    ...(field.hint === undefined ? [] : [['hint', `${name}-hint`, field.hint] as const]),
    ...errors.map(({ message }, index): Note => ['error', `${name}-error${index || ''}`, `${field.label} ${message}`]),
  ];
  if (stored !== undefined) {
    const [now, typed] = describeDifference(name, field, view.values, stored);
    if (now !== typed) notes.push(['error', `${name}-stored`, `Now: ${now || 'empty'}`]);
  }
  if (field.input.kind === 'rows') return renderRows(name, field, field.input, view, notes);
  return html`<div class="field">
<label for="${name}">${field.label}${field.required && html` <span class="hint">(required)</span>`}</label>
${renderInput(name, field, view, describeState(field, errors.length > 0, notes))}
${renderNamed(field, view.values[name] ?? '', view.names)}${renderNotes(notes)}
</div>
`;
}

/** @returns what is stored and what stands in the form, both as one text */
function describeDifference(
  name: string,
  field: Field,
  values: FormValues,
  stored: unknown,
): readonly [string, string] {
  if (field.input.kind !== 'rows') return [asFormValue(field, stored), values[name] ?? ''];
  const join = (texts: readonly string[]) => texts.filter((text) => text !== '').join(', ');
  const typed = Object.entries(values).flatMap(([cell, text]) => (cell.startsWith(`${name}.`) ? text : []));
  return [join(field.input.toRows(stored).flatMap((row) => Object.values(row))), join(typed)];
}

/** The record that the text in an input means, if it is the stored one. */
function renderNamed({ input }: Field, text: string, names: Names): Html | false {
  if (input.kind !== 'line' || input.suggest === undefined) return false;
  const [entity, id] = input.suggest.length === 1 ? [input.suggest[0] ?? '', text] : splitParty(text);
  const isKnown = input.suggest.includes(entity) && names.has(`${entity}/${id}`);
  return isKnown && html`<p class="hint">${renderLink({ path: '', entity, id }, names)}</p>`;
}

function splitParty(text: string): readonly [string, string] {
  const slash = text.indexOf('/');
  return [text.slice(0, slash), text.slice(slash + 1)];
}

function renderRows(list: string, field: Field, { columns }: Rows, view: InputView, notes: readonly Note[]): Html {
  const used = Object.keys(view.values).flatMap((name) =>
    name.startsWith(`${list}.`) ? Number(name.split('.')[1]) : [],
  );
  const count = Math.max(-1, ...used) + 1 + BLANK_ROWS;
  return html`<fieldset class="rows"${notes.length > 0 && html` aria-describedby="${notes.map(([, id]) => id).join(' ')}"`}>
<legend id="${list}" tabindex="-1">${field.label}</legend>
<div class="scroll"><table>
<thead><tr>${Object.values(columns).map((column) => html`<th scope="col">${column.label}</th>`)}</tr></thead>
<tbody>
${Array.from(
  { length: count },
  (
    _,
    index,
  ) => html`<tr>${Object.entries(columns).map(([column, cell]) => renderCell(`${list}.${index}.${column}`, cell, index, view))}</tr>
`,
)}</tbody>
</table></div>
${renderNotes(notes)}
</fieldset>
`;
}

function renderCell(name: string, field: Field, index: number, view: InputView): Html {
  const errors = view.errors.filter((one) => one.field === name);
  const notes = errors.map(({ message }): Note => ['error', `${name}-error`, message]);
  const state = html`${describeState({ ...field, required: false }, errors.length > 0, notes)} aria-label="${field.label}, row ${index + 1}"`;
  const named = renderNamed(field, view.values[name] ?? '', view.names);
  return html`<td>${renderInput(name, field, view, state)}${named}${renderNotes(notes)}</td>`;
}

function describeState(field: Field, isWrong: boolean, notes: readonly Note[]): Html {
  return html`${field.required && html` required`}${isWrong && html` aria-invalid="true"`}${
    notes.length > 0 && html` aria-describedby="${notes.map(([, id]) => id).join(' ')}"`
  }`;
}

function renderNotes(notes: readonly Note[]): readonly Html[] {
  return notes.map(([tone, id, text]) => html`<p class="${tone}" id="${id}">${text}</p>`);
}

function renderInput(name: string, { input, required }: Field, view: InputView, state: Html): Html {
  const value = view.values[name] ?? '';
  switch (input.kind) {
    case 'line': {
      const offered = input.suggest !== undefined && html` list="${listId(input.suggest)}"`;
      return html`<input id="${name}" name="${name}" type="${input.type}" value="${value}" autocomplete="${input.autocomplete}"${offered}${state}>`;
    }
    case 'block':
      // A browser drops the first line end after the tag: this one, not the text's own.
      return html`<textarea id="${name}" name="${name}" rows="4"${state}>
${value}</textarea>`;
    case 'choice':
      return html`<select id="${name}" name="${name}"${state}>${!(required && value !== '') && html`<option value="">–</option>`}${Object.entries(
        input.choices,
      ).map(
        ([choice, label]) => html`<option value="${choice}"${choice === value && html` selected`}>${label}</option>`,
      )}</select>`;
    case 'rows':
      throw new Error('A list is not one input.');
  }
}

/** The records that are offered while somebody types, once for all inputs that take the same kinds. */
export function renderOffers(fields: readonly Field[], offers: readonly Offer[]): readonly Html[] {
  const kinds = new Map<string, readonly string[]>();
  for (const { input } of fields) {
    const inputs = input.kind === 'rows' ? Object.values(input.columns).map((column) => column.input) : [input];
    for (const one of inputs) if (one.kind === 'line' && one.suggest) kinds.set(listId(one.suggest), one.suggest);
  }
  return [...kinds].map(
    ([id, entities]) => html`<datalist id="${id}">${offers
      .filter(({ entity }) => entities.includes(entity))
      .map((offer) => {
        const value = entities.length === 1 ? offer.id : `${offer.entity}/${offer.id}`;
        return html`<option value="${value}">${offer.name}</option>`;
      })}</datalist>
`,
  );
}

function listId(entities: readonly string[]): string {
  return `offers-${entities.join('-')}`;
}
