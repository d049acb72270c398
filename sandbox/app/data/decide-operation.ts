/** What one operation does to one record: pure, so that a whole batch is decided between two statements. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  type Collection,
  type FieldError,
  type Fields,
  type ParsedFields,
  parseChangedFields,
  parseNewFields,
} from './collections.ts';
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

export type Event = 'created' | 'updated' | 'archived' | 'restored';

export type Decision =
  | { readonly kind: 'answer'; readonly result: OperationResult }
  | { readonly kind: 'write'; readonly fields: Fields; readonly archived: boolean; readonly event: Event };

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

/** @param record what is stored under the operation's id */
export function decideOperation(
  collection: Collection,
  operation: AnyOperation,
  record: StoredRecord | undefined,
): Decision {
  const parsed = parseFields(collection, operation);
  if (parsed.kind === 'invalid') return answer({ status: 'invalid', errors: parsed.errors });
  if (operation.op === 'create') return { kind: 'write', fields: parsed.fields, archived: false, event: 'created' };
  if (record === undefined) return answer({ status: 'not_found' });
  // Compared as text: a client that passes the stamp through a millisecond clock is told that it is stale.
  if (operation.if_updated_at != null && operation.if_updated_at !== record.updated_at) {
    return answer({ status: 'stale', record: showRecord(collection, record) });
  }
  const wasArchived = record.deleted_at !== null;
  const archived = operation.op === 'update' ? wasArchived : operation.op === 'archive';
  const fields = { ...record.fields, ...parsed.fields };
  if (archived === wasArchived && isDeepStrictEqual(fields, record.fields)) {
    return answer({ status: 'ok', record: showRecord(collection, record) });
  }
  const event = archived === wasArchived ? 'updated' : archived ? 'archived' : 'restored';
  return { kind: 'write', fields, archived, event };
}

function parseFields(collection: Collection, operation: AnyOperation): ParsedFields {
  const fields = operation.fields ?? {};
  return operation.op === 'create' ? parseNewFields(collection, fields) : parseChangedFields(collection, fields);
}

function answer(result: OperationResult): Decision {
  return { kind: 'answer', result };
}
