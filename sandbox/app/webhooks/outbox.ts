/** The table of events that are still to be sent. */
import { sql } from 'kysely';
import { asStamp, type Db } from '../data/open-database.ts';

/** A claimed event comes back by itself after this time: longer than a delivery may take. */
const LEASE_SECONDS = 15;
const GIVE_UP_AFTER_DAYS = 3;

export interface OutboxEvent {
  readonly id: string;
  readonly type: string;
  readonly record_id: string;
  readonly record_updated_at: string;
  readonly created_at: string;
  /** This attempt included. */
  readonly attempts: number;
}

export async function claimEvents(db: Db, count: number): Promise<readonly OutboxEvent[]> {
  const { rows } = await sql<OutboxEvent>`
    update travel_app.outbox set
      attempts = attempts + 1,
      next_attempt_at = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    where id in (
      select id from travel_app.outbox
      where given_up_at is null and next_attempt_at <= clock_timestamp()
      order by next_attempt_at limit ${count}
      for update skip locked
    )
    returning id, type, record_id, attempts, ${asStamp('record_updated_at')} as record_updated_at,
      ${asStamp('created_at')} as created_at`.execute(db);
  return rows;
}

export async function removeEvents(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.deleteFrom('outbox').where(sql<boolean>`id = any(${ids})`).execute();
}

/** Sets the next attempt; an event older than three days is kept but not tried again. */
export async function postponeEvents(db: Db, events: readonly { id: string; delayMs: number }[]): Promise<void> {
  if (events.length === 0) return;
  await sql`
    update travel_app.outbox set
      next_attempt_at = clock_timestamp() + make_interval(secs => later.delay_ms / 1000),
      given_up_at = case
        when created_at < now() - make_interval(days => ${GIVE_UP_AFTER_DAYS}) then now()
      end
    from unnest(${events.map((event) => event.id)}::text[], ${events.map((event) => event.delayMs)}::float8[])
      as later (event_id, delay_ms)
    where id = later.event_id`.execute(db);
}

/** @returns milliseconds until an event is due, null when none waits */
export async function readNextDelay(db: Db): Promise<number | null> {
  const { rows } = await sql<{ delay: number | null }>`
    select (extract(epoch from min(next_attempt_at) - clock_timestamp()) * 1000)::float8 as delay
    from travel_app.outbox where given_up_at is null`.execute(db);
  return rows[0]?.delay ?? null;
}
