/** Who was erased: the tombstones are all that is left of them. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';

/** @param names `entity:id` @returns those of them that were erased */
export async function findErased(db: Db, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${[...names]}::text[]) as name
      join links on entity = split_part(name, ':', 1) and app_id = substr(name, strpos(name, ':') + 1)
    where state = 'erased'`.execute(db);
  return new Set(rows.map(({ name }) => name));
}
