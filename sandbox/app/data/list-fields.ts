/** Fields that hold several values. An empty list is a list, never null. */
import { z } from 'zod';
import { type Field, type FieldOptions, makeField, type Row, textField, textSchema } from './fields.ts';
import {
  formatParty,
  ID_SCHEMA,
  idField,
  type Party,
  parseParty,
  partyField,
  partySchema,
  referTo,
} from './reference-fields.ts';

const MAX_MEMBERS = 100_000;
const MAX_ROWS = 1_000;

/** Objects of the same few fields, one a row. */
export function rowsField(label: string, columns: Readonly<Record<string, Field>>, options: FieldOptions = {}): Field {
  const empty = Object.fromEntries(Object.entries(columns).map(([name, { initial }]) => [name, initial]));
  const shape = Object.fromEntries(Object.entries(columns).map(([name, { schema }]) => [name, schema]));
  const schema = z.preprocess(
    (row) => (typeof row === 'object' && row !== null && !Array.isArray(row) ? { ...empty, ...row } : row),
    z.strictObject(shape, { error: (issue) => describeRow(issue) }),
  );
  type Line = Readonly<Record<string, unknown>>;
  return listField(label, options, schema, {
    columns,
    toRow: (value) =>
      Object.fromEntries(
        Object.entries(columns).map(([name, field]) => [name, formatCell(field, (value as Line)[name])]),
      ),
    fromRow: (row) =>
      Object.fromEntries(
        Object.entries(row).flatMap(([name, text]) =>
          text.trim() === '' ? [] : [[name, columns[name]?.parse?.(text) ?? text]],
        ),
      ),
    references: (value, path) =>
      Object.entries(columns).flatMap(([name, field]) => {
        const cell = (value as Line)[name];
        return cell == null ? [] : (field.references?.(cell) ?? []).map((one) => ({ ...one, path: `${path}.${name}` }));
      }),
  });
}

export function partyListField(label: string, entities: readonly string[], options: FieldOptions = {}): Field {
  return listField(label, options, partySchema(entities), {
    columns: { party: partyField(label, entities) },
    toRow: (value) => ({ party: formatParty(value as Party) }),
    fromRow: ({ party = '' }) => parseParty(party),
    references: (value, path) => [referTo(value as Party, path)],
  });
}

export function idListField(label: string, entity: string, options: FieldOptions = {}): Field {
  return listField(label, options, ID_SCHEMA, {
    columns: { id: idField(label, entity) },
    toRow: (value) => ({ id: String(value) }),
    fromRow: ({ id = '' }) => id.trim(),
    references: (value, path) => [{ path, entity, id: String(value) }],
  });
}

/** Texts by their names: `{"first_name": "Ada"}`. */
export function textsField(label: string, options: FieldOptions = {}): Field {
  const schema = z
    .record(z.string(), textSchema(), 'must be texts by their names')
    .refine((texts) => Object.keys(texts).every(isName), 'must each have a name');
  return makeList(label, options, {}, schema, {
    input: {
      kind: 'rows',
      columns: { name: textField('Name'), value: textField('Value') },
      toRows: (value) => Object.entries((value ?? {}) as Texts).map(([name, text]) => ({ name, value: text })),
      fromRows: (rows) => Object.fromEntries(rows.map(({ name = '', value = '' }) => [name.trim(), value])),
    },
  });
}

type Texts = Readonly<Record<string, string>>;

function isName(text: string): boolean {
  return text.trim() !== '' && textSchema().safeParse(text).success;
}

interface Item {
  readonly columns: Readonly<Record<string, Field>>;
  toRow(value: unknown): Row;
  fromRow(row: Row): unknown;
  references(value: unknown, path: string): ReturnType<NonNullable<Field['references']>>;
}

function listField(label: string, options: FieldOptions, item: z.ZodType, kind: Item): Field {
  const schema = z
    .array(item, 'must be a list')
    .max(kind.columns.party === undefined ? MAX_ROWS : MAX_MEMBERS, 'is too long')
    .superRefine((values, context) => {
      if (Object.keys(kind.columns).length > 1) return;
      const seen = new Set<string>();
      for (const [index, value] of values.entries()) {
        const key = JSON.stringify(kind.toRow(value));
        if (seen.has(key)) context.addIssue({ code: 'custom', path: [index], message: 'is named twice' });
        seen.add(key);
      }
    });
  return makeList(label, options, [], schema, {
    input: {
      kind: 'rows',
      columns: kind.columns,
      toRows: (value) => (Array.isArray(value) ? value.map(kind.toRow) : []),
      fromRows: (rows) => rows.map(kind.fromRow),
    },
    references: (value) => (value as readonly unknown[]).flatMap((one, index) => kind.references(one, String(index))),
  });
}

/** @param empty what null, or nothing, stands for */
function makeList(
  label: string,
  options: FieldOptions,
  empty: unknown,
  schema: z.ZodType,
  kind: Pick<Field, 'input' | 'references'>,
): Field {
  const whole = z.preprocess((value) => (value === null ? empty : value), schema);
  return { ...makeField(label, { initial: empty, ...options }, { ...kind, schema }), schema: whole };
}

function formatCell(field: Field, value: unknown): string {
  return value == null ? '' : (field.format?.(value) ?? String(value));
}

function describeRow(issue: { code?: string }): string | undefined {
  return issue.code === 'invalid_type' ? 'must be an object' : undefined;
}
