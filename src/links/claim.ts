/** Claiming: a batch of dirty links of one entity, leased to one worker. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../db/open-database.ts';
import { reserve } from './guard.ts';
import {
  type Announced,
  type Claim,
  type ClaimedLink,
  type GuardedIntent,
  type Intent,
  PRIORITY,
  type Priority,
} from './links.ts';

/** How long a worker may be silent before its links are taken over. Longer than the longest single call. */
export const LEASE_MS = 90_000;

const fieldsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const stamp = z.string().nullable();
const baseSchema = z.object({
  app: fieldsSchema,
  odoo: fieldsSchema,
  stamps: z.object({ app: stamp, odoo: stamp }),
  mapping: z.string().nullable(),
});
const side = z.enum(['app', 'odoo']);
const instantsSchema = z.object({ from: z.number(), to: z.number() }).nullable();
const coveredSchema = z.object({ from: z.number(), to: z.number(), strayed: fieldsSchema }).nullable();
const flipsSchema = z.record(z.string(), z.array(z.object({ to: side, at: z.number() }))).nullable();
const restoringSchema = z.object({ conflictId: z.string(), values: fieldsSchema }).nullable();
const decisionSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('link'), id: z.string() }),
    z.object({ kind: z.literal('create') }),
    z.object({ kind: z.literal('ignore') }),
  ])
  .nullable();
const valueAt = z.object({ value: z.unknown(), at: z.number() });
const conflictSchema = z.object({
  field: z.string(),
  base: z.unknown(),
  app: valueAt,
  odoo: valueAt,
  winner: side,
  rule: z.string(),
  close: z.boolean(),
});

interface Row {
  id: string;
  app_id: string | null;
  odoo_id: number | null;
  renewals: number;
  dirty_seq: string;
  priority: number;
  attempts: number;
  dirty_at: Date | null;
  own_app_stamp: string | null;
  own_odoo_stamp: string | null;
  app_edit: unknown;
  odoo_edit: unknown;
  flips: unknown;
  restoring: unknown;
  released: boolean;
  decision: unknown;
  app: unknown;
  odoo: unknown;
  app_stamp: string | null;
  odoo_stamp: string | null;
  mapping: string | null;
  intents: unknown;
}

const intentsSchema = z.array(
  z.object({
    side,
    kind: z.enum(['create', 'update']),
    key: z.string(),
    fields: fieldsSchema,
    conflicts: z.array(conflictSchema),
    edited: instantsSchema,
    strayed: fieldsSchema,
    on_stamp: stamp,
    sent_at: z.number(),
    over_at: z.number(),
  }),
);

export async function findDirty(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ entity: string }>`
    select entity from links
    where dirty_seq > done_seq and (next_attempt_at is null or next_attempt_at <= clock_timestamp())
      and (lease_until is null or lease_until < clock_timestamp())
    -- In an order that depends on nothing but the rows: the same story goes the same way twice.
    group by entity order by min(id)`.execute(db);
  return rows.map((row) => row.entity);
}

/**
 * Takes up to `limit` dirty links, most urgent first. Claims on one Odoo model take turns (a lock of some
 * milliseconds), so that two links on one Odoo record are never leased by two workers.
 * @param token a fresh UUID, which the lease is known by
 */
export async function claim(
  db: Db,
  token: string,
  entity: string,
  odooModel: string,
  limit: number,
): Promise<Claim | null> {
  const rows = await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`claim:${odooModel}`}, 0))`.execute(trx);
    const leased = await sql<{ id: string }>`
      with due as materialized (
        select l.id from links l
        where l.entity = ${entity} and l.dirty_seq > l.done_seq
          and (l.next_attempt_at is null or l.next_attempt_at <= clock_timestamp())
          and (l.lease_until is null or l.lease_until < clock_timestamp())
          and (l.odoo_id is null or not exists (
            select from links other
            where other.odoo_model = l.odoo_model and other.odoo_id = l.odoo_id and other.id <> l.id
              and other.lease_until > clock_timestamp()))
        order by l.priority, l.dirty_at limit ${limit} for update skip locked)
      update links set lease_token = ${token}, lease_until = clock_timestamp() + ${LEASE_MS} * interval '1 ms'
      from due where links.id = due.id
      returning links.id`.execute(trx);
    if (leased.rows.length === 0) return [];
    return (await readRows(trx, sql`l.lease_token = ${token}`)).rows;
  });
  return rows.length === 0 ? null : { entity, token, links: rows.map((row) => toClaimed(row, entity)) };
}

function readRows(db: Db, which: ReturnType<typeof sql>) {
  return sql<Row>`
    select l.id, l.app_id, l.odoo_id, l.renewals, l.dirty_seq, l.priority, l.attempts, l.dirty_at, l.own_app_stamp, l.own_odoo_stamp,
      l.app_edit, l.odoo_edit, l.flips, l.restoring, l.released, l.decision, b.app, b.odoo, b.app_stamp, b.odoo_stamp, b.mapping,
      (select jsonb_agg(jsonb_build_object('side', i.side, 'kind', i.kind, 'key', i.key, 'fields', i.fields,
        'conflicts', i.conflicts, 'edited', i.edited, 'strayed', i.strayed, 'on_stamp', i.on_stamp, 'sent_at', extract(epoch from i.sent_at) * 1000, 'over_at', extract(epoch from i.over_at) * 1000) order by i.id) from intents i where i.link_id = l.id) as intents
    from links l left join bases b on b.link_id = l.id
    where ${which} order by l.id`.execute(db);
}

/** As a pass would see the link, for who only looks: it is not leased. */
export async function readUnclaimed(db: Db, id: string, entity: string): Promise<ClaimedLink | null> {
  const [row] = (await readRows(db, sql`l.id = ${id}`)).rows;
  return row ? toClaimed(row, entity) : null;
}

function toClaimed(row: Row, entity: string): ClaimedLink {
  return {
    id: row.id,
    entity,
    appId: row.app_id,
    odooId: row.odoo_id,
    renewals: row.renewals,
    seq: row.dirty_seq,
    priority: row.priority as Priority,
    attempts: row.attempts,
    dirtyAt: row.dirty_at?.getTime() ?? 0,
    ownAppStamp: row.own_app_stamp,
    ownOdooStamp: row.own_odoo_stamp,
    edits: { app: coveredSchema.parse(row.app_edit), odoo: coveredSchema.parse(row.odoo_edit) },
    base: row.app === null ? null : toBase(row),
    intents: row.intents === null ? [] : toIntents(row),
    flips: flipsSchema.parse(row.flips) ?? {},
    restoring: restoringSchema.parse(row.restoring),
    released: row.released,
    decision: decisionSchema.parse(row.decision),
  };
}

function toBase({ app, odoo, app_stamp, odoo_stamp, mapping }: Row) {
  return baseSchema.parse({ app, odoo, stamps: { app: app_stamp, odoo: odoo_stamp }, mapping });
}

function toIntents(row: Row): readonly Intent[] {
  return intentsSchema.parse(row.intents).map(({ on_stamp, sent_at, over_at, ...intent }) => ({
    ...intent,
    linkId: row.id,
    onStamp: on_stamp,
    sentAt: sent_at,
    overAt: over_at,
  }));
}

/** @returns the links of the claim that are still this worker's */
export async function renewLease(db: Db, claimed: Claim): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    with mine as (select id from links where lease_token = ${claimed.token} order by id for update)
    update links set lease_until = clock_timestamp() + ${LEASE_MS} * interval '1 ms'
    from mine where links.id = mine.id returning links.id`.execute(db);
  return new Set(rows.map((row) => row.id));
}

/** Ends leases whose claim may have been committed although its answer was lost. */
export async function dropLeases(db: Db, tokens: readonly string[]): Promise<void> {
  await sql`
    with mine as (select id from links where lease_token = any(${[...tokens]}::uuid[]) order by id for update)
    update links set lease_token = null, lease_until = null from mine where links.id = mine.id`.execute(db);
}

export async function release(db: Db, claimed: Claim, afterMs: number): Promise<void> {
  const ids = claimed.links.map(({ id }) => id);
  await sql`
    with mine as (
      select id from links where lease_token = ${claimed.token} and id = any(${ids}::bigint[]) order by id for update)
    update links set lease_token = null, lease_until = null,
      -- It has waited already: who is edited now goes first.
      priority = greatest(priority, ${PRIORITY.poll}),
      -- Not all at the same instant: one bad record must not meet the same batch again.
      next_attempt_at = clock_timestamp() + ${afterMs} * (0.5 + random()) * interval '1 ms'
    from mine where links.id = mine.id`.execute(db);
}

/**
 * Announces writes, renews the lease with it, and reserves what a guard counts: all in one transaction. Only for
 * links under a live lease: a worker that lost one must not announce, and so not do, a write.
 */
export async function recordIntents(
  db: Db,
  claimed: Claim,
  intents: readonly GuardedIntent[],
  guardPercent: number,
): Promise<Announced> {
  if (!intents.some(({ guard }) => guard)) return { ours: await announce(db, claimed, intents), held: new Map() };
  return db.transaction().execute(async (trx) => {
    const ours = await renewLease(trx, claimed);
    const written = intents.filter(({ linkId }) => ours.has(linkId));
    const held = await reserve(trx, claimed, written, guardPercent);
    const passing = written.filter(({ linkId }) => !held.has(linkId));
    return { ours: await announce(trx, claimed, passing), held };
  });
}

async function announce(db: Db, claimed: Claim, intents: readonly Intent[]): Promise<ReadonlySet<string>> {
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  const rows = JSON.stringify(
    intents.map((intent) => ({ ...intent, sentAt: time(intent.sentAt), overAt: time(intent.overAt) })),
  );
  const held = await sql<{ id: string }>`
    with mine as (select id from links where lease_token = ${claimed.token} order by id for update),
    held as (
      update links set lease_until = clock_timestamp() + ${LEASE_MS} * interval '1 ms'
      from mine where links.id = mine.id returning links.id),
    replaced as (
      delete from intents where kind = 'create' and link_id in (
        select held.id from jsonb_to_recordset(${rows}::jsonb) as i("linkId" bigint, kind text)
        join held on held.id = i."linkId" where i.kind = 'create')
      returning link_id, created_at),
    announced as (
      insert into intents (created_at, link_id, side, kind, key, fields, conflicts, edited, strayed, on_stamp, sent_at, over_at)
      -- A second try at a creation is as old as the first: what came to be since then may be of either.
      select coalesce((select min(created_at) from replaced where link_id = held.id), clock_timestamp()), held.id, i.side, i.kind, i.key, i.fields, i.conflicts, nullif(i.edited, 'null'), i.strayed, i."onStamp", i."sentAt", i."overAt"
      from jsonb_to_recordset(${rows}::jsonb)
        as i("linkId" bigint, side text, kind text, key text, fields jsonb, conflicts jsonb, edited jsonb, strayed jsonb, "onStamp" text, "sentAt" timestamptz, "overAt" timestamptz)
      join held on held.id = i."linkId" returning 1)
    select id, (select count(*) from announced) from held`.execute(db);
  return new Set(held.rows.map((row) => row.id));
}
