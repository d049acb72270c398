/** Lists of people hold the name and the address of each: a line of its own, which begins with whom it names, up to a tab. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { entities, entityNamed } from '../entities/registry.ts';
import { digestRecord } from './digest.ts';
import type { ErasedLink } from './erasures.ts';
import { type ConflictEntry, PRIORITY } from './links.ts';
import { markApp } from './mark.ts';
import { findErased } from './tombstones.ts';

const ROSTERS = entities.filter(({ odoo }) => odoo.roster !== undefined).map(({ name }) => name);

/**
 * Locks the link and the lists that name it, and takes its lines out of all that is remembered of them. The lists are
 * marked: should a side still have the line, their next pass finds that out.
 * @returns how many rows had one; null when a pass is at work on one of the lists
 */
export async function scrubRosters(trx: Db, link: ErasedLink): Promise<number | null> {
  const name = `${link.entity}:${link.appId}\t`;
  // As the text of a JSON value spells it.
  const needle = JSON.stringify(name).slice(1, -1);
  const { rows: naming } = await sql<{ id: string; entity: string; app_id: string }>`
    select l.id, l.entity, l.app_id from links l left join bases b on b.link_id = l.id
    where l.entity = any(${ROSTERS}::text[]) and l.app_id is not null and (
      strpos(concat(b.app, b.odoo, l.app_edit, l.odoo_edit, l.restoring), ${needle}) > 0
      or exists (select from intents i where i.link_id = l.id and strpos(concat(i.fields, i.conflicts, i.strayed), ${needle}) > 0))
    `.execute(trx);
  const ids = naming.map(({ id }) => id);
  // In the order of their ids, as marks take them.
  await sql`select from links where id = any(${[...ids, link.id]}::bigint[]) order by id for update`.execute(trx);
  const { rows: busy } = await sql`
    select from links l where id = any(${ids}::bigint[]) and (l.lease_until > clock_timestamp()
      or exists (select from intents i where i.link_id = l.id))`.execute(trx);
  if (busy.length > 0) return null;
  const plans = await removePlans(trx, needle);
  const scrubbed = (await scrubBases(trx, ids, name)) + (await scrubConflicts(trx, name, needle)) + plans;
  await sql`
    update links set app_edit = null, odoo_edit = null, restoring = null
    where id = any(${ids}::bigint[]) and strpos(concat(app_edit, odoo_edit, restoring), ${needle}) > 0`.execute(trx);
  for (const [entity, lists] of Map.groupBy(naming, (list) => list.entity)) {
    const keys = lists.map(({ app_id }) => ({ entity, id: app_id }));
    await markApp(trx, keys, entityNamed(entity).odoo.model, PRIORITY.live);
  }
  return scrubbed;
}

/**
 * A side that still has the line of somebody who was erased disagrees with what is remembered. That is no edit to be kept:
 * the line is taken out of what lost, and where nothing else was lost there is no conflict.
 */
export async function withoutErased(
  trx: Db,
  entity: string,
  conflicts: readonly ConflictEntry[],
): Promise<readonly ConflictEntry[]> {
  if (conflicts.length === 0 || !ROSTERS.includes(entity)) return conflicts;
  const erased = await findErased(trx, [...new Set(namesIn(conflicts))]);
  if (erased.size === 0) return conflicts;
  const scrubbed = [...erased].reduce<unknown>((value, name) => withoutLines(value, `${name}\t`), conflicts);
  return (scrubbed as ConflictEntry[]).filter(({ winner, base, ...sides }) => {
    const loser = winner === 'app' ? 'odoo' : 'app';
    const agreed = (base as Readonly<Record<string, unknown>> | null)?.[loser];
    return JSON.stringify(sides[loser].value) !== JSON.stringify(agreed);
  });
}

/** Whom the lines of a value name, however deep in it. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split('\n').flatMap((line) => /^([^\t]+)\t/.exec(line)?.[1] ?? []);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(namesIn);
}

async function scrubBases(trx: Db, ids: readonly string[], name: string): Promise<number> {
  if (ids.length === 0) return 0;
  const rows = await trx
    .selectFrom('bases')
    .select(['link_id', 'app', 'odoo'])
    .where('link_id', 'in', [...ids])
    .execute();
  for (const row of rows) {
    const [app, odoo] = [
      withoutLines(row.app, name) as typeof row.app,
      withoutLines(row.odoo, name) as typeof row.odoo,
    ];
    const digests = { app_digest: digestRecord(app), odoo_digest: digestRecord(odoo) };
    const values = { app: JSON.stringify(app), odoo: JSON.stringify(odoo), ...digests };
    await trx.updateTable('bases').set(values).where('link_id', '=', row.link_id).execute();
  }
  return rows.length;
}

async function scrubConflicts(trx: Db, name: string, needle: string): Promise<number> {
  const rows = await trx
    .selectFrom('conflicts')
    .select(['id', 'base', 'app_value', 'odoo_value'])
    .where('entity', 'in', ROSTERS)
    .where(sql<boolean>`strpos(concat(base, app_value, odoo_value), ${needle}) > 0`)
    .execute();
  for (const { id, ...values } of rows) {
    const set = Object.fromEntries(
      Object.entries(values).map(([column, value]) => [column, JSON.stringify(withoutLines(value, name))]),
    );
    await trx.updateTable('conflicts').set(set).where('id', '=', id).execute();
  }
  return rows.length;
}

/** What a dry run would have done to such a list: it was to be read, not to be kept. */
async function removePlans(trx: Db, needle: string): Promise<number> {
  const { rows } = await sql`
    delete from run_changes where entity = any(${ROSTERS}::text[]) and strpos(fields::text, ${needle}) > 0
    returning 1`.execute(trx);
  return rows.length;
}

/** The same value without these lines, however deep in it; a text of which nothing is left is null. */
function withoutLines(value: unknown, start: string): unknown {
  if (typeof value === 'string') {
    if (!value.includes(start)) return value;
    return (
      value
        .split('\n')
        .filter((line) => !line.startsWith(start))
        .join('\n') || null
    );
  }
  if (Array.isArray(value)) return value.map((one) => withoutLines(one, start));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutLines(one, start)]));
}
