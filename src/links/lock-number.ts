import { createHash } from 'node:crypto';

/** PostgreSQL's advisory locks go by number. */
export function lockNumber(name: string): string {
  return createHash('sha256').update(name).digest().readBigInt64BE(0).toString();
}
