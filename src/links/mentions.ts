/** Lists by who is on them, as both sides last agreed. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { RecordKey } from './links.ts';

/**
 * @param field of the app in which each line begins with whom it names, up to a tab
 * @param names `entity:id`
 * @returns the records of the entity that name one of them
 */
export async function findMentioning(
  db: Db,
  entity: string,
  field: string,
  names: readonly string[],
): Promise<readonly RecordKey[]> {
  const { rows } = await sql<{ app_id: string }>`
    select l.app_id from links l join bases b on b.link_id = l.id
    where l.entity = ${entity} and l.app_id is not null and exists (
      select from string_to_table(b.app ->> ${field}, E'\n') as line
      where split_part(line, E'\t', 1) = any(${[...names]}::text[]))`.execute(db);
  return rows.map(({ app_id }) => ({ entity, id: app_id }));
}
