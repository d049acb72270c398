/** The guards: how much may be archived, or rewritten without an edit that explains it, before a person has to agree. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Claim, GuardedIntent, GuardKind } from './links.ts';

/** So long a use counts. */
export const GUARD_WINDOW_HOURS = 24;

/**
 * @param linked how many links of the entity tie two records together
 * @param percent DELETE_GUARD_PERCENT
 * @returns how many links may pass within the window
 */
export function guardLimit(kind: GuardKind, linked: number, percent: number): number {
  if (kind === 'rewrite') return Math.max(20, Math.ceil(linked / 2));
  return Math.max(5, Math.min(20, Math.floor((linked * percent) / 100)));
}

/**
 * Takes places for the links that need one, in their order, until the limit is reached. A link that took a place
 * within the window keeps it: a second try counts once. Processes take turns per entity.
 * @returns the links that found no place
 */
export async function reserve(
  trx: Db,
  { entity, links }: Claim,
  intents: readonly GuardedIntent[],
  percent: number,
): Promise<ReadonlyMap<string, GuardKind>> {
  const released = new Set(links.filter((link) => link.released).map(({ id }) => id));
  const held = new Map<string, GuardKind>();
  for (const kind of ['archive', 'rewrite'] as const) {
    const wanting = intents.filter(({ guard, linkId }) => guard === kind && !released.has(linkId));
    const ids = [...new Set(wanting.map(({ linkId }) => linkId))];
    if (ids.length === 0) continue;
    await sql`select pg_advisory_xact_lock(hashtextextended(${`guard:${entity}`}, 0))`.execute(trx);
    const { linked, used } = await countUses(trx, entity, kind);
    const free = Math.max(0, guardLimit(kind, linked, percent) - used.length);
    const placed = new Set(used);
    const fresh = ids.filter((id) => !placed.has(id));
    for (const id of fresh.slice(free)) held.set(id, kind);
    await use(trx, entity, kind, fresh.slice(0, free));
  }
  return held;
}

export async function countLinked(db: Db, entity: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from links
    where entity = ${entity} and app_id is not null and odoo_id is not null`.execute(db);
  return rows[0]?.count ?? 0;
}

async function countUses(trx: Db, entity: string, kind: GuardKind) {
  const { rows } = await sql<{ link_id: string }>`
    select link_id from guard_uses where entity = ${entity} and kind = ${kind}
      and used_at > clock_timestamp() - ${GUARD_WINDOW_HOURS} * interval '1 hour'`.execute(trx);
  return { linked: await countLinked(trx, entity), used: rows.map((row) => row.link_id) };
}

async function use(trx: Db, entity: string, kind: GuardKind, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    insert into guard_uses (link_id, kind, entity) select id, ${kind}, ${entity} from unnest(${ids}::bigint[]) as id
    on conflict (link_id, kind) do update set used_at = clock_timestamp()`.execute(trx);
}
