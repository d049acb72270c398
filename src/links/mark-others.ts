/** Whom a settlement gives something to do: links on the same Odoo record, and those that waited for this one. */
import { sql, type Transaction } from 'kysely';
import type { Database } from '../db/schema.ts';
import type { ClaimedLink, Settlement } from './links.ts';

/** What a settled link ties together now. */
export interface Kept {
  readonly appId: string | null;
  readonly odooId: number | null;
  readonly odooModel: string;
}

/**
 * Another link on the same Odoo record has to carry the write on to its own app record; and to archive it, when it was
 * in use for the sake of a record that is no longer one of ours.
 */
export async function markSiblings(
  trx: Transaction<Database>,
  settlements: readonly Settlement[],
  kept: ReadonlyMap<string, Kept>,
): Promise<void> {
  const written = settlements.filter(concernsSiblings).map(({ link }) => link.id);
  if (written.length === 0) return;
  const models = new Map<string, number[]>();
  for (const id of written) {
    const { odooModel = '', odooId = null } = kept.get(id) ?? {};
    if (odooId !== null) models.set(odooModel, [...(models.get(odooModel) ?? []), odooId]);
  }
  for (const [model, odooIds] of models) {
    await sql`
      with siblings as (
        select id from links where odoo_model = ${model} and odoo_id = any(${odooIds}::integer[])
          and state <> 'out_of_scope' and id <> all(${written}::bigint[]) order by id for update)
      update links set dirty_seq = dirty_seq + 1,
        dirty_at = case when dirty_seq > done_seq then dirty_at else clock_timestamp() end
      from siblings where links.id = siblings.id`.execute(trx);
  }
}

/** Who waited for a record that has its counterpart now goes on at once. */
export async function markWaiting(
  trx: Transaction<Database>,
  settlements: readonly Settlement[],
  kept: ReadonlyMap<string, Kept>,
): Promise<void> {
  const parents = settlements.filter(({ link }) => gainedCounterpart(link, kept)).map(({ link }) => link.id);
  if (parents.length === 0) return;
  await sql`
    with waiting as (
      select l.id from links l join links p on p.entity = l.waits_entity and p.app_id = l.waits_app_id
      where p.id = any(${parents}::bigint[]) order by l.id for update of l)
    update links set dirty_seq = dirty_seq + 1, next_attempt_at = null, waits_entity = null, waits_app_id = null
    from waiting where links.id = waiting.id`.execute(trx);
}

function gainedCounterpart({ id, appId, odooId }: ClaimedLink, kept: ReadonlyMap<string, Kept>): boolean {
  const now = kept.get(id);
  return (appId === null || odooId === null) && now?.appId != null && now.odooId !== null;
}

/** There is more to do at once, here or for others. */
export function isNews(settlement: Settlement, kept: ReadonlyMap<string, Kept>): boolean {
  const { link, next } = settlement;
  return (
    next.kind === 'again' || next.kind === 'renew' || concernsSiblings(settlement) || gainedCounterpart(link, kept)
  );
}

function concernsSiblings({ wroteOdoo, next }: Settlement): boolean {
  return wroteOdoo || (next.kind === 'done' && next.outOfScope === true);
}
