/** All that the memory holds about one record, for who asks why it is as it is. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../db/open-database.ts';
import type { LinkState, StoredError } from '../db/schema.ts';
import { findEntity } from '../entities/registry.ts';
import { readUnclaimed } from './claim.ts';
import type { FieldDecision } from './field-decision.ts';
import type { ClaimedLink, Hold, RecordKey } from './links.ts';
import { createPauses } from './pauses.ts';

/** How many webhooks, reconciles and conflicts of a record are shown, the newest ones. */
const SHOWN = 100;

export interface StoryLink {
  readonly id: string;
  readonly odooModel: string;
  readonly state: LinkState;
  readonly stateSince: Date;
  readonly createdAt: Date;
  /** Since when it waits for a pass; null when nothing is to be done. */
  readonly dirtySince: Date | null;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  /** A worker has it under its lease just now. */
  readonly inWork: boolean;
  readonly error: StoredError | null;
  readonly hold: Hold | null;
  readonly warnings: readonly { readonly field: string; readonly reason: string }[];
  /** The parent whose counterpart it waits for. */
  readonly waitsFor: RecordKey | null;
  /** When both sides last agreed; null when they never did. */
  readonly agreedAt: Date | null;
}

export interface StoryLog {
  readonly at: Date;
  readonly reconcileId: string | null;
  readonly outcome: string;
  readonly direction: string | null;
  readonly fields: readonly string[] | null;
  /** Null for passes from before it was kept. */
  readonly decided: readonly FieldDecision[] | null;
  readonly errorCode: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
}

export interface StoryConflict {
  readonly id: string;
  readonly field: string;
  readonly base: unknown;
  readonly app: { readonly value: unknown; readonly at: Date | null };
  readonly odoo: { readonly value: unknown; readonly at: Date | null };
  readonly winner: 'app' | 'odoo';
  readonly rule: string;
  readonly close: boolean;
  readonly decidedAt: Date;
  readonly restoredAt: Date | null;
}

export interface Story {
  /** As a pass would see it. */
  readonly claimed: ClaimedLink;
  readonly link: StoryLink;
  readonly paused: boolean;
  /** Newest first, like the others. */
  readonly deliveries: readonly { readonly source: 'app' | 'odoo'; readonly at: Date }[];
  readonly logs: readonly StoryLog[];
  readonly conflicts: readonly StoryConflict[];
}

/** Which record: by its id in the app, or in Odoo. */
export interface StoryRequest {
  readonly entity: string;
  readonly side: 'app' | 'odoo';
  readonly id: string;
}

export interface Stories {
  /** @returns null when the bridge has never heard of the record */
  read(request: StoryRequest): Promise<Story | null>;
}

const decidedSchema = z
  .array(
    z.object({
      field: z.string(),
      to: z.enum(['app', 'odoo']),
      rule: z.string(),
      close: z.boolean(),
      at: z.object({ app: z.number().nullable(), odoo: z.number().nullable() }),
      written: z.enum(['ok', 'later', 'stale', 'missing', 'spent', 'refused', 'failed', 'none']),
    }),
  )
  .nullable();

export function createStories(db: Db): Stories {
  return {
    read: (request) =>
      // One picture: what a pass settles meanwhile is in all parts of it or in none.
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute((trx) => readStory(trx, request)),
  };
}

async function readStory(db: Db, { entity, side, id }: StoryRequest): Promise<Story | null> {
  if (side === 'odoo' && !/^\d{1,9}$/.test(id)) return null;
  const row = await db
    .selectFrom('links')
    .leftJoin('bases', 'bases.link_id', 'links.id')
    .selectAll('links')
    .select([
      'bases.agreed_at',
      sql<boolean>`coalesce(links.lease_until > clock_timestamp(), false)`.as('in_work'),
      sql<boolean>`links.dirty_seq > links.done_seq`.as('dirty'),
    ])
    .where('entity', '=', entity)
    .where((where) => (side === 'app' ? where('app_id', '=', id) : where('odoo_id', '=', Number(id))))
    .where('odoo_model', '=', findEntity(entity)?.odoo.model ?? '')
    .executeTakeFirst();
  const claimed = row && (await readUnclaimed(db, row.id, entity));
  if (!row || !claimed) return null;
  const { waits_entity, waits_app_id } = row;
  return {
    claimed,
    link: {
      id: row.id,
      odooModel: row.odoo_model,
      state: row.state,
      stateSince: row.state_since,
      createdAt: row.created_at,
      dirtySince: row.dirty ? row.dirty_at : null,
      attempts: row.attempts,
      nextAttemptAt: row.next_attempt_at,
      inWork: row.in_work,
      error: row.error,
      hold: row.hold as Hold | null,
      warnings: row.warnings ?? [],
      waitsFor: waits_entity !== null && waits_app_id !== null ? { entity: waits_entity, id: waits_app_id } : null,
      agreedAt: row.agreed_at,
    },
    paused: (await createPauses(db).paused()).has(entity),
    deliveries: await readDeliveries(db, row.odoo_model, { entity, appId: row.app_id, odooId: row.odoo_id }),
    logs: await readLogs(db, row.id),
    conflicts: await readConflicts(db, row.id),
  };
}

/** Without an index of its own, which each webhook would pay for: people ask seldom. */
async function readDeliveries(
  db: Db,
  model: string,
  { entity, appId, odooId }: { entity: string; appId: string | null; odooId: number | null },
) {
  const { rows } = await sql<{ source: 'app' | 'odoo'; at: Date }>`
    select source, received_at as at from deliveries
    where (source = 'app' and entity = ${entity} and record_id = ${appId}::text)
       or (source = 'odoo' and odoo_model = ${model} and record_id = ${odooId}::text)
    order by id desc limit ${SHOWN}`.execute(db);
  return rows;
}

async function readLogs(db: Db, linkId: string): Promise<readonly StoryLog[]> {
  const rows = await db
    .selectFrom('sync_logs')
    .selectAll()
    .where('link_id', '=', linkId)
    .orderBy('id', 'desc')
    .limit(SHOWN)
    .execute();
  return rows.map((row) => ({
    at: row.at,
    reconcileId: row.reconcile_id,
    outcome: row.outcome,
    direction: row.direction,
    fields: row.fields,
    decided: decidedSchema.parse(row.decided),
    errorCode: row.error_code,
    message: row.message,
    remedy: row.remedy,
  }));
}

async function readConflicts(db: Db, linkId: string): Promise<readonly StoryConflict[]> {
  const rows = await db
    .selectFrom('conflicts')
    .selectAll()
    .where('link_id', '=', linkId)
    .orderBy('id', 'desc')
    .limit(SHOWN)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    field: row.field,
    base: row.base,
    app: { value: row.app_value, at: row.app_at },
    odoo: { value: row.odoo_value, at: row.odoo_at },
    winner: row.winner,
    rule: row.rule,
    close: row.close,
    decidedAt: row.decided_at,
    restoredAt: row.restored_at,
  }));
}
