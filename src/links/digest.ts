import { hash } from 'node:crypto';
import type { CanonicalRecord } from '../entities/define-entity.ts';

/** A short name for the content of a record's mapped fields, independent of their order. */
export function digestRecord(record: CanonicalRecord): string {
  const pairs = Object.keys(record)
    .sort()
    .map((field) => [field, record[field]]);
  return hash('sha256', JSON.stringify(pairs), 'base64url').slice(0, 24);
}
