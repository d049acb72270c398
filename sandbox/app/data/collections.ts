/** What the app keeps: one entry per collection. Everything else reads these entries. */
import { z } from 'zod';
import { APARTMENTS } from '../collections/apartments.ts';
import { CAMPAIGNS } from '../collections/campaigns.ts';
import { GUESTS, TEACHERS, TENANTS } from '../collections/contacts.ts';
import { DOCUMENTS } from '../collections/documents.ts';
import { INVOICES } from '../collections/invoices.ts';
import { MAILING_LISTS } from '../collections/mailing-lists.ts';
import { MESSAGES } from '../collections/messages.ts';
import { TRAVELS } from '../collections/travels.ts';
import type { Collection, FieldError, Fields } from './collection.ts';

export type ParsedFields =
  | { readonly kind: 'valid'; readonly fields: Fields }
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] };

export const COLLECTIONS: readonly Collection[] = [
  ...[TEACHERS, TENANTS, GUESTS],
  ...[APARTMENTS, TRAVELS, INVOICES, DOCUMENTS],
  ...[MAILING_LISTS, CAMPAIGNS, MESSAGES],
];

const SCHEMAS = new Map(COLLECTIONS.map((collection) => [collection, makeSchemas(collection)]));

export function findCollection(name: string): Collection | undefined {
  return COLLECTIONS.find((collection) => collection.name === name);
}

/** @param entity one that some collection keeps, as in the types of webhooks */
export function collectionOf(entity: string): Collection {
  const collection = COLLECTIONS.find((one) => one.entity === entity);
  if (collection === undefined) throw new Error(`No collection keeps ${entity}.`);
  return collection;
}

/** All fields of a new record: what is left out is as a new record has it, which a required field may not be. */
export function parseNewFields(collection: Collection, input: Fields): ParsedFields {
  const initial = Object.fromEntries(Object.entries(collection.fields).map(([name, field]) => [name, field.initial]));
  return parse(SCHEMAS.get(collection)?.whole, { ...initial, ...input });
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
  const errors = parsed.error.issues.flatMap(({ path, ...issue }) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'is not a field of this collection' }))
      : [{ field: path.join('.'), message: issue.message }],
  );
  return { kind: 'invalid', errors };
}
