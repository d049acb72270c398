/** What the app keeps: one entry per collection. Everything else reads these entries. */
import { z } from 'zod';
import { choiceField, type Field, isEmailLike, isLanguageTag, longTextField, textField } from './fields.ts';

export interface Collection {
  /** As in the URLs: `teachers`. */
  readonly name: string;
  /** As in the types of webhooks: `teacher`. */
  readonly entity: string;
  readonly title: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** The field that names a record to people. */
  readonly nameField: string;
  /** Fields beside the name that a list shows and a search looks into. */
  readonly columns: readonly string[];
  readonly hasEmail: boolean;
}

/** Stored fields of one record, every field of its collection present. */
export type Fields = Readonly<Record<string, unknown>>;

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export type ParsedFields =
  | { readonly kind: 'valid'; readonly fields: Fields }
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] };

const SCHOOL = { school: textField('School', { autocomplete: 'organization' }) };

const CONTACT = {
  name: textField('Name', { required: true }),
  email: textField('E-mail', {
    type: 'email',
    check: { test: isEmailLike, message: 'must be an e-mail address' },
  }),
  phone: textField('Phone', { type: 'tel' }),
  street: textField('Street'),
  street2: textField('Street, second line'),
  zip: textField('Postal code'),
  city: textField('City'),
  country: textField('Country', {
    hint: 'Two capital letters, such as FR',
    check: { test: (value) => /^[A-Z]{2}$/.test(value), message: 'must be two capital letters (ISO 3166-1)' },
  }),
  vat: textField('VAT number'),
  type: choiceField('Type', { customer: 'Customer', supplier: 'Supplier', both: 'Both', none: 'None' }),
  language: textField('Language', {
    hint: 'A language tag, such as fr or fr-BE',
    check: { test: isLanguageTag, message: 'must be a language tag such as fr or fr-BE (BCP 47)' },
  }),
  notes: longTextField('Notes'),
} satisfies Record<string, Field>;

function defineContacts(
  name: string,
  entity: string,
  title: string,
  more: Readonly<Record<string, Field>>,
): Collection {
  const fields = { ...CONTACT, ...more };
  const columns = ['email', 'phone', ...Object.keys(more), 'city', 'country'];
  return { name, entity, title, fields, nameField: 'name', columns, hasEmail: true };
}

export const COLLECTIONS: readonly Collection[] = [
  defineContacts('teachers', 'teacher', 'Teachers', SCHOOL),
  defineContacts('tenants', 'tenant', 'Tenants', {}),
  defineContacts('guests', 'guest', 'Guests', {}),
];

const SCHEMAS = new Map(COLLECTIONS.map((collection) => [collection, makeSchemas(collection)]));

export function findCollection(name: string): Collection | undefined {
  return COLLECTIONS.find((collection) => collection.name === name);
}

/** All fields of a new record: what is left out is null, unless it is required. */
export function parseNewFields(collection: Collection, input: Fields): ParsedFields {
  const empty = Object.fromEntries(Object.keys(collection.fields).map((field) => [field, null]));
  return parse(SCHEMAS.get(collection)?.whole, { ...empty, ...input });
}

/** Only the fields that are given. */
export function parseChangedFields(collection: Collection, input: Fields): ParsedFields {
  return parse(SCHEMAS.get(collection)?.part, input);
}

function makeSchemas(collection: Collection) {
  const shape = Object.fromEntries(Object.entries(collection.fields).map(([name, field]) => [name, field.schema]));
  const whole = z.strictObject(shape);
  return { whole, part: whole.partial() };
}

function parse(schema: z.ZodType<Fields> | undefined, input: Fields): ParsedFields {
  if (schema === undefined) throw new Error('This collection is not in COLLECTIONS.');
  const parsed = schema.safeParse(input);
  if (parsed.success) return { kind: 'valid', fields: parsed.data };
  const errors = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field, message: 'is not a field of this collection' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  );
  return { kind: 'invalid', errors };
}
