/** The tables as Kysely sees them; migrations/ is what makes them. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type Fields = Record<string, string | number | boolean | null>;

export type LinkState = 'active' | 'parked' | 'held' | 'out_of_scope' | 'erased';

export interface StoredError {
  code: string;
  message: string;
  remedy: string;
}

export interface LinksTable {
  id: Generated<string>;
  entity: string;
  app_id: string | null;
  odoo_model: string;
  odoo_id: number | null;
  state: Generated<LinkState>;
  priority: Generated<number>;
  dirty_seq: Generated<string>;
  done_seq: Generated<string>;
  dirty_at: Timestamp | null;
  lease_token: string | null;
  lease_until: Timestamp | null;
  attempts: Generated<number>;
  next_attempt_at: Timestamp | null;
  own_app_stamp: string | null;
  own_odoo_stamp: string | null;
  app_edit: JSONColumnType<{ from: number; to: number; strayed: Fields }> | null;
  odoo_edit: JSONColumnType<{ from: number; to: number; strayed: Fields }> | null;
  flips: JSONColumnType<Record<string, { to: 'app' | 'odoo'; at: number }[]>> | null;
  restoring: JSONColumnType<{ conflictId: string; values: Fields }> | null;
  released: Generated<boolean>;
  decision: JSONColumnType<{ kind: 'link' | 'create' | 'ignore'; id?: string }> | null;
  error: JSONColumnType<StoredError> | null;
  hold: JSONColumnType<{ kind: string; detail: string; candidates?: string[] }> | null;
  warnings: JSONColumnType<{ field: string; reason: string }[]> | null;
  /** How many Odoo records it has had before this one. */
  renewals: Generated<number>;
  /** The parent that this link waits for. */
  waits_entity: string | null;
  waits_app_id: string | null;
  created_at: Generated<Date>;
  state_since: Generated<Date>;
}

export interface BasesTable {
  link_id: string;
  app: JSONColumnType<Fields>;
  odoo: JSONColumnType<Fields>;
  app_digest: string;
  odoo_digest: string;
  app_stamp: string | null;
  odoo_stamp: string | null;
  mapping: string | null;
  agreed_at: Generated<Date>;
}

export interface IntentsTable {
  id: Generated<string>;
  link_id: string;
  side: 'app' | 'odoo';
  kind: 'create' | 'update';
  key: string;
  fields: JSONColumnType<Fields>;
  conflicts: JSONColumnType<Record<string, unknown>[]>;
  edited: JSONColumnType<{ from: number; to: number }> | null;
  strayed: JSONColumnType<Fields>;
  on_stamp: string | null;
  sent_at: Timestamp;
  created_at: Generated<Date>;
  over_at: Timestamp;
}

export interface DeliveriesTable {
  id: Generated<string>;
  source: 'app' | 'odoo';
  delivery_id: string | null;
  entity: string | null;
  odoo_model: string;
  record_id: string;
  received_at: Timestamp;
  /** How often its record is still to be marked. */
  looks: number;
  look_at: Timestamp | null;
}

export interface GuardUsesTable {
  link_id: string;
  kind: 'archive' | 'rewrite';
  entity: string;
  used_at: Generated<Date>;
}

export interface SyncLogsTable {
  id: Generated<string>;
  at: Generated<Date>;
  reconcile_id: string | null;
  entity: string | null;
  link_id: string | null;
  app_id: string | null;
  odoo_id: number | null;
  outcome: string;
  direction: string | null;
  fields: JSONColumnType<string[]> | null;
  /** See links/field-decision.ts. */
  decided: unknown;
  error_code: string | null;
  message: string | null;
  remedy: string | null;
}

export interface ConflictsTable {
  id: Generated<string>;
  link_id: string;
  entity: string;
  app_id: string | null;
  odoo_id: number | null;
  field: string;
  base: unknown;
  app_value: unknown;
  app_at: Timestamp | null;
  odoo_value: unknown;
  odoo_at: Timestamp | null;
  winner: 'app' | 'odoo';
  rule: string;
  close: boolean;
  clocks: unknown;
  decided_at: Generated<Date>;
  restored_at: Timestamp | null;
}

export interface CursorsTable {
  name: string;
  value: string;
  moved_at: Generated<Date>;
}

export interface RunsTable {
  id: Generated<string>;
  collection: string;
  scope: unknown;
  status: Generated<'running' | 'done' | 'cancelled' | 'failed'>;
  listed: Generated<boolean>;
  dry_run: Generated<boolean>;
  /** Of a dry run, whose links are none of ours: how far it has come. */
  counts: unknown;
  error: JSONColumnType<StoredError> | null;
  /** See links/runs.ts. */
  read_back: unknown;
  started_at: Generated<Date>;
  progressed_at: Generated<Date>;
  finished_at: Timestamp | null;
}

export interface RunLinksTable {
  run_id: string;
  link_id: string;
  seq: string;
  outcome: string | null;
}

/** What a dry run would change. */
export interface RunChangesTable {
  run_id: string;
  /** In their order, from 1. */
  id: number;
  entity: string;
  app_id: string | null;
  odoo_id: number | null;
  action: string;
  to_side: 'app' | 'odoo' | null;
  fields: unknown;
  detail: unknown;
}

export interface AlertsTable {
  kind: string;
  subject: string;
  since: Generated<Date>;
  sent_at: Timestamp | null;
  attempts: Generated<number>;
  next_attempt_at: Generated<Date>;
  over_at: Timestamp | null;
}

/** Of a request that carried an Idempotency-Key: hashes, and its answer once there is one. */
export interface IdempotencyKeysTable {
  id: Buffer;
  request: Buffer;
  attempt: string;
  busy_until: Timestamp;
  status: number | null;
  headers: JSONColumnType<Record<string, string>> | null;
  body: string | null;
  started_at: Generated<Date>;
}

export interface AuditTable {
  id: Generated<string>;
  at: Generated<Date>;
  via: 'api' | 'command';
  who: string;
  operation: string;
  subject: JSONColumnType<Record<string, unknown>>;
  /** Null while it runs, and for ever when nobody saw its end. */
  outcome: 'done' | 'refused' | 'failed' | null;
  code: string | null;
  ended_at: Timestamp | null;
}

export interface Database {
  alerts: AlertsTable;
  links: LinksTable;
  bases: BasesTable;
  intents: IntentsTable;
  deliveries: DeliveriesTable;
  guard_uses: GuardUsesTable;
  sync_logs: SyncLogsTable;
  conflicts: ConflictsTable;
  cursors: CursorsTable;
  runs: RunsTable;
  run_links: RunLinksTable;
  run_changes: RunChangesTable;
  idempotency_keys: IdempotencyKeysTable;
  audit: AuditTable;
}
