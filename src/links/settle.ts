/** Settling: the end of a pass. One transaction writes the queue, the base, the log and the conflicts. */
import { sql, type Transaction } from 'kysely';
import type { Db } from '../db/open-database.ts';
import type { Database, LinkState } from '../db/schema.ts';
import { digestRecord } from './digest.ts';
import type { Claim, ClaimedLink, Next, SettleInfo, Settlement } from './links.ts';
import { CHANNEL } from './mark.ts';
import { isNews, type Kept, markSiblings, markWaiting } from './mark-others.ts';
import { withoutErased } from './scrub-rosters.ts';

type Trx = Transaction<Database>;

interface Change {
  readonly state: LinkState;
  /** True when this pass answered the mark; false keeps the link dirty. */
  readonly done: boolean;
  readonly attempts: number;
  readonly afterMs: number | null;
  readonly error: unknown;
  readonly hold: unknown;
}

function toChange(next: Next, attempts: number): Change {
  const calm = { state: 'active' as const, attempts: 0, afterMs: null, error: null, hold: null };
  switch (next.kind) {
    case 'done':
      return { ...calm, done: true, state: next.outOfScope ? 'out_of_scope' : 'active' };
    case 'again':
      // At once, but not for ever: what changes again and again is looked at less and less often.
      return {
        ...calm,
        done: false,
        attempts: attempts + 1,
        afterMs: attempts < 5 ? null : Math.min(60_000, 250 * 2 ** (attempts - 5)),
      };
    case 'retry':
      return { ...calm, done: false, attempts: attempts + 1, afterMs: next.afterMs, error: next.error };
    case 'wait':
      return { ...calm, done: false, attempts, afterMs: next.afterMs, error: next.error };
    case 'park':
      return { ...calm, done: true, state: 'parked', attempts: attempts + 1, error: next.error };
    case 'hold':
      return { ...calm, done: true, state: 'held', hold: next.hold };
    case 'renew':
      return { ...calm, done: false };
    case 'forget':
      return { ...calm, done: true };
  }
}

export async function settle(
  db: Db,
  claimed: Claim,
  settlements: readonly Settlement[],
  info: SettleInfo,
): Promise<number> {
  if (settlements.length === 0) return 0;
  return db.transaction().execute(async (trx) => {
    await lockInOrder(trx, settlements);
    const kept = await settleLinks(trx, claimed, settlements);
    const valid = settlements.filter(({ link }) => kept.has(link.id));
    await settleBases(trx, valid);
    await renewLinks(trx, valid);
    await endIntents(trx, valid);
    await writeConflicts(trx, valid, kept, info);
    await noteRestored(trx, valid);
    await writeLogs(trx, valid, kept, info);
    await countForRuns(trx, valid);
    await markSiblings(trx, valid, kept);
    await markWaiting(trx, valid, kept);
    await forgetLinks(trx, valid);
    if (valid.some((settlement) => isNews(settlement, kept))) {
      await sql`select pg_notify(${CHANNEL}, '')`.execute(trx);
    }
    return settlements.length - valid.length;
  });
}

/** All rows that this settlement will touch, in the order of their ids as marks take them: so neither waits for the other. */
async function lockInOrder(trx: Trx, settlements: readonly Settlement[]): Promise<void> {
  const ids = settlements.map(({ link }) => link.id);
  await sql`
    with own as (select * from links where id = any(${ids}::bigint[]))
    select id from links where id in (
      select id from own
      union select l.id from own join links l on l.odoo_model = own.odoo_model and l.odoo_id = own.odoo_id
      union select l.id from own join links l on l.waits_entity = own.entity and l.waits_app_id = own.app_id)
    order by id for update`.execute(trx);
}

/** As long as something is undecided it must be known who edited when, whatever we wrote since. */
function keptEdits(link: Settlement['link'], next: Next, edits: Settlement['edits']): ClaimedLink['edits'] {
  return next.kind === 'done' ? { app: null, odoo: null } : (edits ?? link.edits);
}

/** Only rows that still carry the token are touched: a worker that came back late changes nothing. */
async function settleLinks(trx: Trx, claimed: Claim, settlements: readonly Settlement[]): Promise<Map<string, Kept>> {
  const rows = JSON.stringify(
    settlements.map(({ link, next, ownAppStamp, ownOdooStamp, edits, flips, warnings }) => ({
      ...toChange(next, link.attempts),
      waits: next.kind === 'wait',
      waitsFor: next.kind === 'wait' ? (next.waitsFor ?? null) : null,
      id: link.id,
      seq: link.seq,
      ownAppStamp,
      ownOdooStamp,
      appEdit: keptEdits(link, next, edits).app,
      odooEdit: keptEdits(link, next, edits).odoo,
      flips: flips ?? null,
      saw: { released: link.released, decision: link.decision, restoring: link.restoring },
      warnings,
    })),
  );
  const result = await sql<{ id: string; app_id: string | null; odoo_id: number | null; odoo_model: string }>`
    with s as (
      select * from jsonb_to_recordset(${rows}::jsonb) as s(id bigint, seq bigint, done boolean, waits boolean, state text, attempts integer,
        "afterMs" double precision, error jsonb, hold jsonb, warnings jsonb, "ownAppStamp" text, "ownOdooStamp" text, "appEdit" jsonb, "odooEdit" jsonb, flips jsonb, saw jsonb, "waitsFor" jsonb)),
    locked as (
      select l.id from links l join s on s.id = l.id where l.lease_token = ${claimed.token} order by l.id for update of l)
    update links set
      done_seq = case when s.done then s.seq else links.done_seq end,
      state = s.state,
      state_since = case when links.state = s.state then links.state_since else clock_timestamp() end,
      attempts = s.attempts,
      next_attempt_at = case when links.dirty_seq > s.seq and not s.waits then null
        else clock_timestamp() + s."afterMs" * interval '1 ms' end,
      error = nullif(s.error, 'null'), hold = nullif(s.hold, 'null'), warnings = case when s.warnings is null then links.warnings else nullif(s.warnings, '[]') end,
      own_app_stamp = coalesce(s."ownAppStamp", links.own_app_stamp),
      own_odoo_stamp = coalesce(s."ownOdooStamp", links.own_odoo_stamp),
      app_edit = nullif(s."appEdit", 'null'), odoo_edit = nullif(s."odooEdit", 'null'),
      flips = coalesce(nullif(s.flips, 'null'), links.flips),
      -- What a person decided while this pass was under way is for the next one.
      released = links.released and not (s.done and s.saw ->> 'released' = 'true'),
      decision = case when s.done and s.state = 'active' and s.saw -> 'decision' = links.decision then null else links.decision end,
      restoring = case when s.done and s.state = 'active' and s.saw -> 'restoring' = links.restoring then null else links.restoring end,
      waits_entity = s."waitsFor" ->> 'entity', waits_app_id = s."waitsFor" ->> 'id',
      lease_token = null, lease_until = null
    from s join locked on locked.id = s.id where links.id = s.id
    returning links.id, links.app_id, links.odoo_id, links.odoo_model`.execute(trx);
  return new Map(
    result.rows.map((row) => [row.id, { appId: row.app_id, odooId: row.odoo_id, odooModel: row.odoo_model }]),
  );
}

async function settleBases(trx: Trx, settlements: readonly Settlement[]): Promise<void> {
  const rows = settlements.flatMap(({ link, base }) =>
    base ? [{ id: link.id, ...base, appDigest: digestRecord(base.app), odooDigest: digestRecord(base.odoo) }] : [],
  );
  if (rows.length === 0) return;
  await sql`
    insert into bases (link_id, app, odoo, app_digest, odoo_digest, app_stamp, odoo_stamp, mapping)
    select b.id, b.app, b.odoo, b."appDigest", b."odooDigest", b.stamps ->> 'app', b.stamps ->> 'odoo', b.mapping
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as b(id bigint, app jsonb, odoo jsonb, "appDigest" text, "odooDigest" text, stamps jsonb, mapping text)
    on conflict (link_id) do update set app = excluded.app, odoo = excluded.odoo,
      app_stamp = excluded.app_stamp, odoo_stamp = excluded.odoo_stamp, mapping = excluded.mapping,
      app_digest = excluded.app_digest, odoo_digest = excluded.odoo_digest, agreed_at = clock_timestamp()`.execute(trx);
}

/** What was agreed on was agreed of the record that is spent. */
async function renewLinks(trx: Trx, settlements: readonly Settlement[]): Promise<void> {
  const ids = settlements.filter(({ next }) => next.kind === 'renew').map(({ link }) => link.id);
  if (ids.length === 0) return;
  await sql`delete from bases where link_id = any(${ids}::bigint[])`.execute(trx);
  await sql`
    update links set odoo_id = null, renewals = renewals + 1, own_odoo_stamp = null, odoo_edit = null
    where id = any(${ids}::bigint[])`.execute(trx);
}

async function endIntents(trx: Trx, settlements: readonly Settlement[]): Promise<void> {
  const rows = settlements.map(({ link, openIntents = [] }) => ({ id: link.id, open: openIntents }));
  await sql`
    delete from intents i using jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s(id bigint, open jsonb)
    where i.link_id = s.id and not s.open ? i.key`.execute(trx);
}

async function writeConflicts(
  trx: Trx,
  settlements: readonly Settlement[],
  kept: ReadonlyMap<string, Kept>,
  info: SettleInfo,
): Promise<void> {
  const remembered = await Promise.all(
    settlements.map(async ({ link, conflicts = [] }) => ({
      link,
      conflicts: await withoutErased(trx, link.entity, conflicts),
    })),
  );
  const rows = remembered.flatMap(({ link, conflicts }) =>
    conflicts.map((entry) => ({
      link_id: link.id,
      entity: link.entity,
      app_id: kept.get(link.id)?.appId ?? null,
      odoo_id: kept.get(link.id)?.odooId ?? null,
      field: entry.field,
      base: JSON.stringify(entry.base ?? null),
      app_value: JSON.stringify(entry.app.value ?? null),
      app_at: new Date(entry.app.at),
      odoo_value: JSON.stringify(entry.odoo.value ?? null),
      odoo_at: new Date(entry.odoo.at),
      winner: entry.winner,
      rule: entry.rule,
      close: entry.close,
      clocks: JSON.stringify(info.clocks),
    })),
  );
  if (rows.length > 0) await trx.insertInto('conflicts').values(rows).execute();
}

/** A loser that a person wanted back is on both sides now. */
async function noteRestored(trx: Trx, settlements: readonly Settlement[]): Promise<void> {
  const ids = settlements.flatMap(({ link, next }) =>
    next.kind === 'done' && link.restoring ? link.restoring.conflictId : [],
  );
  if (ids.length === 0) return;
  await trx
    .updateTable('conflicts')
    .set({ restored_at: sql<Date>`clock_timestamp()` })
    .where('id', 'in', ids)
    .execute();
}

async function writeLogs(
  trx: Trx,
  settlements: readonly Settlement[],
  kept: ReadonlyMap<string, Kept>,
  info: SettleInfo,
): Promise<void> {
  const rows = settlements
    .filter(({ logged }) => logged)
    .map(({ link, next, outcome, direction, fields, decided, warnings }) => ({
      reconcile_id: info.reconcileId,
      entity: link.entity,
      link_id: link.id,
      app_id: kept.get(link.id)?.appId ?? null,
      odoo_id: kept.get(link.id)?.odooId ?? null,
      outcome,
      direction: direction ?? null,
      fields: fields ?? null,
      decided: decided ?? null,
      error_code: 'error' in next ? next.error.code : next.kind === 'hold' ? `held_${next.hold.kind}` : null,
      message: 'error' in next ? next.error.message : next.kind === 'hold' ? next.hold.detail : warned(warnings),
      remedy: 'error' in next ? next.error.remedy : null,
    }));
  if (rows.length === 0) return;
  await sql`
    insert into sync_logs (reconcile_id, entity, link_id, app_id, odoo_id, outcome, direction, fields, error_code, message, remedy, decided)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(reconcile_id uuid, entity text, link_id bigint,
      app_id text, odoo_id integer, outcome text, direction text, fields jsonb, error_code text, message text, remedy text, decided jsonb)
    `.execute(trx);
}

/** Reasons name fields and ids, never a value. */
function warned(warnings: Settlement['warnings'] = []): string | null {
  return warnings.map(({ reason }) => reason).join(' ') || null;
}

/** A pass answers for a run when it ends the mark that the run made, or a later one. */
async function countForRuns(trx: Trx, settlements: readonly Settlement[]): Promise<void> {
  const rows = settlements
    .filter(({ next }) => ['done', 'park', 'hold', 'forget'].includes(next.kind))
    .map(({ link, outcome }) => ({ id: link.id, seq: link.seq, outcome }));
  if (rows.length === 0) return;
  await sql`
    with answered as (
      update run_links r set outcome = s.outcome
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s(id bigint, seq bigint, outcome text)
      where r.link_id = s.id and r.outcome is null and r.seq <= s.seq returning r.run_id)
    update runs set progressed_at = clock_timestamp() where id in (select run_id from answered)`.execute(trx);
}

async function forgetLinks(trx: Trx, settlements: readonly Settlement[]): Promise<void> {
  const forgotten = settlements.filter(({ next }) => next.kind === 'forget').map(({ link }) => [link.id, link.seq]);
  if (forgotten.length === 0) return;
  // A mark that came meanwhile keeps the row: it may tie something together by now.
  await sql`
    delete from links using jsonb_array_elements(${JSON.stringify(forgotten)}::jsonb) as f
    where links.id = (f ->> 0)::bigint and links.dirty_seq = (f ->> 1)::bigint`.execute(trx);
}
