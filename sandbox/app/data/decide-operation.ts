/** What one operation does to one record: pure, so that a whole batch is decided between two statements. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type Collection, checkLifecycle, type FieldError, type Fields, isKept, nameOne } from './collection.ts';
import { collectionOf, type ParsedFields, parseChangedFields, parseNewFields } from './collections.ts';
import type { Keeper, Reference } from './fields.ts';
import { type AppRecord, type StoredRecord, showRecord } from './records.ts';

/** No control characters and no halves of characters: neither could be looked up in the database. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]+$/u;

const COMMON = {
  idempotency_key: z.string().regex(PRINTABLE, 'must be printable text').max(255),
  fields: z.record(z.string(), z.unknown()).optional(),
};
const EXISTING = {
  ...COMMON,
  id: z.string().regex(PRINTABLE, 'must be printable text').max(128),
  if_updated_at: z.string().nullable().optional(),
};

const OPS = 'must be create, update, archive or restore';
const OPERATION = z.discriminatedUnion(
  'op',
  [
    z.strictObject({ op: z.literal('create'), ...COMMON }),
    z.strictObject({ op: z.literal('update'), ...EXISTING }),
    z.strictObject({ op: z.literal('archive'), ...EXISTING }),
    z.strictObject({ op: z.literal('restore'), ...EXISTING }),
  ],
  { error: (issue) => (issue.code === 'invalid_union' ? OPS : 'must be an operation') },
);

export type Operation = z.infer<typeof OPERATION>;
type WithoutKey<O> = O extends unknown ? Omit<O, 'idempotency_key'> : never;
/** A person's edit has no key: it is done once, when it comes. */
export type KeylessOperation = WithoutKey<Operation>;
export type AnyOperation = KeylessOperation & { readonly idempotency_key?: string };

export type OperationResult =
  | { readonly status: 'ok'; readonly record: AppRecord }
  | { readonly status: 'stale'; readonly record: AppRecord }
  | { readonly status: 'not_found' }
  | { readonly status: 'invalid'; readonly errors: readonly FieldError[] };

export type Refusal = Exclude<OperationResult, { readonly status: 'ok' }>;

export type Event = 'created' | 'updated' | 'archived' | 'restored';

export type Decision =
  | { readonly kind: 'answer'; readonly result: OperationResult }
  | { readonly kind: 'write'; readonly fields: Fields; readonly archived: boolean; readonly event: Event };

/** What becomes of an operation. */
export interface Outcome {
  readonly result: OperationResult;
  /** What was stored before, when the operation changed it; null when it created the record or changed nothing. */
  readonly before: Fields | null;
  readonly changed: boolean;
}

export type ParsedOperation =
  | { readonly kind: 'operation'; readonly operation: Operation }
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] };

export function parseOperation(input: unknown): ParsedOperation {
  const parsed = OPERATION.safeParse(input);
  if (parsed.success) return { kind: 'operation', operation: parsed.data };
  const errors = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field, message: 'is not a member of this operation' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  );
  return { kind: 'invalid', errors };
}

/** Who asks: what each may write differs. */
export type Author = 'people' | 'bridge' | 'app';

/** What the decision needs to know of everything but the operation. */
export interface Circumstances {
  readonly author: Author;
  /** The operation's fields. */
  readonly parsed: ParsedFields;
  /** What is stored under the operation's id. */
  readonly record: StoredRecord | undefined;
  exists(reference: Reference): boolean;
  /** The id of the record that has this value of the collection's unique field. */
  holderOf(value: unknown): string | undefined;
}

const MAY_WRITE: Readonly<Record<Author, readonly Keeper[]>> = {
  people: ['both', 'people'],
  bridge: ['both', 'odoo'],
  app: ['both', 'people', 'odoo', 'app'],
};
const KEPT_BY: Readonly<Record<Keeper, string>> = {
  both: '',
  people: "is the app's own: the bridge cannot change it",
  odoo: 'is kept in Odoo and cannot be changed here',
  app: 'is set by the app itself',
};

export function decideOperation(collection: Collection, operation: AnyOperation, given: Circumstances): Decision {
  const { author, record, parsed } = given;
  const errors = [...findForeign(collection, operation, author), ...(parsed.kind === 'invalid' ? parsed.errors : [])];
  if (parsed.kind === 'invalid' || errors.length > 0) return answer({ status: 'invalid', errors });
  if (operation.op === 'create') {
    const fields = compute(collection, parsed.fields);
    const wrong = checkFields(collection, fields, given);
    if (wrong.length > 0) return answer({ status: 'invalid', errors: wrong });
    return { kind: 'write', fields, archived: false, event: 'created' };
  }
  if (record === undefined) return answer({ status: 'not_found' });
  // Compared as text: a client that passes the stamp through a millisecond clock is told that it is stale.
  if (operation.if_updated_at != null && operation.if_updated_at !== record.updated_at) {
    return answer({ status: 'stale', record: showRecord(collection, record) });
  }
  const wasArchived = record.deleted_at !== null;
  const archived = operation.op === 'update' ? wasArchived : operation.op === 'archive';
  const fields = compute(collection, { ...record.fields, ...parsed.fields });
  if (archived === wasArchived && isDeepStrictEqual(fields, record.fields)) {
    return answer({ status: 'ok', record: showRecord(collection, record) });
  }
  const wrong = checkFields(collection, fields, given);
  if (archived && !wasArchived && author === 'people' && isKept(collection, record.fields)) {
    wrong.push({
      field: 'deleted_at',
      message: `cannot be set: the ${nameOne(collection)} is ${record.fields.status}`,
    });
  }
  if (wrong.length > 0) return answer({ status: 'invalid', errors: wrong });
  const event = archived === wasArchived ? 'updated' : archived ? 'archived' : 'restored';
  return { kind: 'write', fields, archived, event };
}

/** All that the fields point to; a record never vanishes, so those it had before are there. */
export function findReferences(collection: Collection, parsed: ParsedFields): readonly Reference[] {
  if (parsed.kind === 'invalid') return [];
  return Object.entries(collection.fields).flatMap(([name, field]) => {
    const value = parsed.fields[name];
    if (value == null) return [];
    return (field.references?.(value) ?? []).map((one) => ({ ...one, path: one.path ? `${name}.${one.path}` : name }));
  });
}

export function parseFields(collection: Collection, operation: AnyOperation): ParsedFields {
  const fields = operation.fields ?? {};
  return operation.op === 'create' ? parseNewFields(collection, fields) : parseChangedFields(collection, fields);
}

function findForeign(collection: Collection, operation: AnyOperation, author: Author): readonly FieldError[] {
  return Object.keys(operation.fields ?? {}).flatMap((field) => {
    const keeper = collection.fields[field]?.keeper ?? 'both';
    return MAY_WRITE[author].includes(keeper) ? [] : [{ field, message: KEPT_BY[keeper] }];
  });
}

function compute({ rules }: Collection, fields: Fields): Fields {
  return rules?.compute?.(fields) ?? fields;
}

function checkFields(collection: Collection, fields: Fields, given: Circumstances): FieldError[] {
  const { rules } = collection;
  const { record, parsed } = given;
  const before = record?.fields ?? null;
  const errors = [...(rules?.check?.(fields) ?? [])];
  if (given.author === 'people') {
    errors.push(...checkLifecycle(collection, before, fields), ...(rules?.checkEdit?.(before, fields) ?? []));
  }
  for (const reference of findReferences(collection, parsed)) {
    if (given.exists(reference)) continue;
    const message = `is not there: there is no ${nameOne(collectionOf(reference.entity))} ${reference.id}`;
    errors.push({ field: reference.path, message });
  }
  const holder = rules?.unique && given.holderOf(fields[rules.unique]);
  if (holder && holder !== record?.id) {
    errors.push({ field: rules?.unique ?? '', message: `is taken: ${nameOne(collection)} ${holder} has it` });
  }
  return errors;
}

function answer(result: OperationResult): Decision {
  return { kind: 'answer', result };
}
