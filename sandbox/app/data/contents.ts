/** The bytes of documents. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { DOCUMENTS, isMediaType } from '../collections/documents.ts';
import type { Transaction } from './apply-operations.ts';
import type { Outcome } from './decide-operation.ts';
import type { Db } from './open-database.ts';

export const MAX_CONTENT_BYTES = 25 * 1024 * 1024;

export interface Upload {
  readonly bytes: Buffer;
  /** As the sender names it, with or without parameters; null when nothing is said. */
  readonly mediaType: string | null;
}

export interface Content {
  readonly bytes: Buffer;
  readonly filename: string;
  readonly mediaType: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Bytes and record change together; the same bytes again change nothing. */
export async function putContent(
  transaction: Transaction,
  id: string,
  { bytes, mediaType }: Upload,
  seen: string | null = null,
): Promise<Outcome> {
  if (bytes.length === 0) return refuse('is empty');
  if (bytes.length > MAX_CONTENT_BYTES) return refuse('is larger than 25 MB');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const type = mediaType?.split(';')[0]?.trim().toLowerCase() ?? '';
  const fields = { size: bytes.length, sha256, ...(isMediaType(type) && { media_type: type }) };
  const outcome = await transaction.write(DOCUMENTS, { op: 'update', id, fields, if_updated_at: seen }, 'app');
  if (outcome.result.status !== 'ok') return outcome;
  await transaction.db
    .insertInto('contents')
    .values({ document_id: id, bytes })
    .onConflict((conflict) => conflict.column('document_id').doUpdateSet({ bytes: sql`excluded.bytes` }))
    .execute();
  return outcome;
}

/** @returns undefined when there is no such document, or nothing was sent for it yet */
export async function readContent(db: Db, id: string): Promise<Content | undefined> {
  const row = await db
    .selectFrom('contents')
    .innerJoin('records', (join) =>
      join.onRef('records.id', '=', 'contents.document_id').on('records.collection', '=', DOCUMENTS.name),
    )
    .select(['contents.bytes', 'records.fields'])
    .where('contents.document_id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { filename, media_type: mediaType, sha256 } = row.fields;
  return {
    bytes: row.bytes,
    filename: String(filename),
    mediaType: String(mediaType ?? 'application/octet-stream'),
    sha256: String(sha256),
  };
}

function refuse(message: string): Outcome {
  return { result: { status: 'invalid', errors: [{ field: 'file', message }] }, before: null, changed: false };
}
