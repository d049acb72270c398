import { type Kysely, sql } from 'kysely';

/** The memory of the bridge: links (which are also the work queue), what both sides agreed on, and the logs. */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's schema types.
export async function up(db: Kysely<any>): Promise<void> {
  await sql`
    create table links (
      id bigint generated always as identity primary key,
      entity text not null,
      app_id text,
      odoo_model text not null,
      odoo_id integer,
      state text not null default 'active' check (state in ('active', 'parked', 'held', 'out_of_scope')),
      priority smallint not null default 0,
      dirty_seq bigint not null default 0,
      done_seq bigint not null default 0,
      dirty_at timestamptz,
      lease_token uuid,
      lease_until timestamptz,
      attempts integer not null default 0,
      next_attempt_at timestamptz,
      own_app_stamp text,
      own_odoo_stamp text,
      app_edit jsonb,
      odoo_edit jsonb,
      flips jsonb,
      restoring jsonb,
      released boolean not null default false,
      decision jsonb,
      error jsonb,
      hold jsonb,
      warnings jsonb,
      created_at timestamptz not null default now(),
      state_since timestamptz not null default now(),
      unique (entity, app_id),
      unique (entity, odoo_model, odoo_id),
      check (app_id is not null or odoo_id is not null)
    )`.execute(db);
  // The queue: only dirty rows are in it, so an idle bridge with 100,000 links looks at an empty index.
  await sql`create index links_queue on links (entity, priority, dirty_at) where dirty_seq > done_seq`.execute(db);
  await sql`create index links_odoo on links (odoo_model, odoo_id)`.execute(db);
  await sql`create index links_leases on links (lease_token) where lease_token is not null`.execute(db);
  await sql`create index links_attention on links (state, id) where state <> 'active'`.execute(db);

  await sql`
    create table bases (
      link_id bigint primary key references links on delete cascade,
      app jsonb not null,
      odoo jsonb not null,
      app_digest text not null,
      odoo_digest text not null,
      app_stamp text,
      odoo_stamp text,
      mapping text,
      agreed_at timestamptz not null default now()
    )`.execute(db);

  await sql`
    create table intents (
      id bigint generated always as identity primary key,
      link_id bigint not null references links on delete cascade,
      side text not null check (side in ('app', 'odoo')),
      kind text not null check (kind in ('create', 'update')),
      key text not null,
      fields jsonb not null,
      conflicts jsonb not null default '[]',
      edited jsonb,
      strayed jsonb not null default '{}',
      on_stamp text,
      sent_at timestamptz not null,
      created_at timestamptz not null default now(),
      over_at timestamptz not null
    )`.execute(db);
  await sql`create index intents_link on intents (link_id)`.execute(db);

  // What the guards let pass in the last 24 hours: reserved in the transaction that announces the write.
  await sql`
    create table guard_uses (
      link_id bigint not null references links on delete cascade,
      kind text not null check (kind in ('archive', 'rewrite')),
      entity text not null,
      used_at timestamptz not null default now(),
      primary key (link_id, kind)
    )`.execute(db);
  await sql`create index guard_uses_recent on guard_uses (entity, kind, used_at)`.execute(db);

  await sql`
    create table deliveries (
      id bigint generated always as identity primary key,
      source text not null check (source in ('app', 'odoo')),
      delivery_id text,
      entity text,
      odoo_model text not null,
      record_id text not null,
      received_at timestamptz not null,
      looks smallint not null,
      look_at timestamptz,
      unique (source, delivery_id)
    )`.execute(db);
  await sql`create index deliveries_looks on deliveries (look_at) where look_at is not null`.execute(db);
  await sql`create index deliveries_received on deliveries (received_at)`.execute(db);

  await sql`
    create table sync_logs (
      id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      reconcile_id uuid,
      entity text,
      link_id bigint,
      app_id text,
      odoo_id integer,
      outcome text not null,
      direction text,
      fields jsonb,
      error_code text,
      message text,
      remedy text
    )`.execute(db);
  await sql`create index sync_logs_at on sync_logs (at)`.execute(db);
  await sql`create index sync_logs_link on sync_logs (link_id, id)`.execute(db);

  await sql`
    create table conflicts (
      id bigint generated always as identity primary key,
      link_id bigint not null references links on delete cascade,
      entity text not null,
      app_id text,
      odoo_id integer,
      field text not null,
      base jsonb,
      app_value jsonb,
      app_at timestamptz,
      odoo_value jsonb,
      odoo_at timestamptz,
      winner text not null check (winner in ('app', 'odoo')),
      rule text not null,
      close boolean not null,
      clocks jsonb not null,
      decided_at timestamptz not null default now(),
      restored_at timestamptz
    )`.execute(db);
  await sql`create index conflicts_link on conflicts (link_id, id)`.execute(db);

  await sql`
    create table cursors (
      name text primary key,
      value text not null,
      moved_at timestamptz not null default now()
    )`.execute(db);

  await sql`
    create table runs (
      id uuid primary key default gen_random_uuid(),
      collection text not null,
      scope jsonb not null,
      status text not null default 'running' check (status in ('running', 'done', 'cancelled', 'failed')),
      listed boolean not null default false,
      error jsonb,
      started_at timestamptz not null default now(),
      progressed_at timestamptz not null default now(),
      finished_at timestamptz
    )`.execute(db);
  await sql`
    create table run_links (
      run_id uuid not null references runs on delete cascade,
      link_id bigint not null references links on delete cascade,
      seq bigint not null,
      outcome text,
      primary key (run_id, link_id)
    )`.execute(db);
  await sql`create index run_links_open on run_links (link_id) where outcome is null`.execute(db);
}
