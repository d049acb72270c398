/** What an entry of COLLECTIONS is. */
import { isDeepStrictEqual } from 'node:util';
import type { Field } from './fields.ts';

/** Stored fields of one record, every field of its collection present. */
export type Fields = Readonly<Record<string, unknown>>;

export interface FieldError {
  /** A path for what stands inside a field: `lines.0.quantity`. */
  readonly field: string;
  readonly message: string;
}

export interface Collection {
  /** As in the URLs: `mailing-lists`. */
  readonly name: string;
  /** As in the types of webhooks: `mailing_list`. */
  readonly entity: string;
  readonly title: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** The field that names a record to people. */
  readonly nameField: string;
  /** Fields beside the name that a list shows and a search looks into. */
  readonly columns: readonly string[];
  readonly hasEmail: boolean;
  /** Each record has bytes of its own, sent and fetched as a file. */
  readonly hasContent?: boolean;
  /** What may become of the field `status`, when people change it. */
  readonly lifecycle?: Lifecycle;
  readonly rules?: Rules;
}

export interface Lifecycle {
  /** Status to those that may follow it. */
  readonly next: Readonly<Record<string, readonly string[]>>;
  /** Statuses in which nothing but the status is changed any more. */
  readonly frozen: readonly string[];
  /** Statuses in which a record may not be archived. */
  readonly kept: readonly string[];
}

export interface Rules {
  /** The fields with those that are computed from others. */
  compute?(fields: Fields): Fields;
  /** The fields of a new record with those that need its id. */
  assign?(fields: Fields, id: string): Fields;
  /** A field that no two records have in common. */
  readonly unique?: string;
  /** What must hold of every record, whoever writes it. */
  check?(fields: Fields): readonly FieldError[];
  /** What people must keep to when they change a record; `before` is null for a new one. */
  checkEdit?(before: Fields | null, after: Fields): readonly FieldError[];
}

/** What a person calls one record of it. */
export function nameOne(collection: Collection): string {
  return collection.entity.replaceAll('_', ' ');
}

export function isFrozen({ lifecycle }: Collection, fields: Fields): boolean {
  return lifecycle?.frozen.includes(String(fields.status)) ?? false;
}

export function isKept({ lifecycle }: Collection, fields: Fields): boolean {
  return lifecycle?.kept.includes(String(fields.status)) ?? false;
}

/** @param before null for a new record: it may begin with any status, as one that comes from elsewhere does */
export function checkLifecycle(collection: Collection, before: Fields | null, after: Fields): readonly FieldError[] {
  const { lifecycle } = collection;
  if (lifecycle === undefined || before === null) return [];
  const [from, to] = [String(before.status), String(after.status)];
  const errors: FieldError[] = [];
  if (from !== to && !lifecycle.next[from]?.includes(to)) {
    errors.push({ field: 'status', message: `cannot go from ${from} to ${to}` });
  }
  if (!isFrozen(collection, before)) return errors;
  for (const field of Object.keys(collection.fields)) {
    if (field === 'status' || isDeepStrictEqual(before[field], after[field])) continue;
    errors.push({ field, message: `cannot be changed: the ${nameOne(collection)} is ${from}` });
  }
  return errors;
}
