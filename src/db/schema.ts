/** The tables as Kysely sees them; migrations/ is what makes them. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type Fields = Record<string, string | number | boolean | null>;

export type LinkState = 'active' | 'parked' | 'held' | 'out_of_scope';

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
  error: JSONColumnType<StoredError> | null;
  hold: JSONColumnType<{ kind: string; detail: string; candidates?: string[] }> | null;
  warnings: JSONColumnType<{ field: string; reason: string }[]> | null;
  created_at: Generated<Date>;
  state_since: Generated<Date>;
}

export interface BasesTable {
  link_id: string;
  app: JSONColumnType<Fields>;
  odoo: JSONColumnType<Fields>;
  app_digest: string;
  odoo_digest: string;
  agreed_at: Generated<Date>;
}

export interface IntentsTable {
  id: Generated<string>;
  link_id: string;
  side: 'app' | 'odoo';
  kind: 'create' | 'update';
  key: string;
  fields: JSONColumnType<Fields>;
  expected: JSONColumnType<Record<string, unknown>> | null;
  created_at: Generated<Date>;
  over_at: Timestamp;
}

export interface DeliveriesTable {
  id: Generated<string>;
  source: 'app' | 'odoo';
  delivery_id: string | null;
  entity: string | null;
  record_id: string;
  received_at: Generated<Date>;
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
  total: Generated<number>;
  error: JSONColumnType<StoredError> | null;
  counts: JSONColumnType<Record<string, number>> | null;
  started_at: Generated<Date>;
  finished_at: Timestamp | null;
}

export interface RunLinksTable {
  run_id: string;
  link_id: string;
  seq: string;
  outcome: string | null;
}

export interface Database {
  links: LinksTable;
  bases: BasesTable;
  intents: IntentsTable;
  deliveries: DeliveriesTable;
  sync_logs: SyncLogsTable;
  conflicts: ConflictsTable;
  cursors: CursorsTable;
  runs: RunsTable;
  run_links: RunLinksTable;
}
