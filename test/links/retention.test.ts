import { sql } from 'kysely';
import t from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { forgetOld } from '../../src/links/retention.ts';
import { createTestDatabase } from '../support/postgres.ts';

const DAYS = { logDays: 30, auditDays: 365 };

t.test('what is old goes, in portions; the rest stays', async (t) => {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url });
  t.teardown(() => db.destroy());
  await sql`insert into sync_logs (at, outcome) select now() - interval '31 days', 'old' from generate_series(1, 12000)`.execute(
    db,
  );
  await sql`insert into sync_logs (at, outcome) select now() - interval '29 days', 'new' from generate_series(1, 10)`.execute(
    db,
  );
  await sql`
    insert into deliveries (source, delivery_id, entity, odoo_model, record_id, received_at, looks, look_at)
    select 'app', d::text, 'teacher', 'res.partner', '1', now() - d * interval '20 days', 0, null from generate_series(1, 3) d`.execute(
    db,
  );
  await sql`
    insert into idempotency_keys (id, request, attempt, busy_until, started_at)
    select sha256(h::text::bytea), '', gen_random_uuid(), now(), now() - h * interval '1 hour' from generate_series(23, 25, 2) h`.execute(
    db,
  );
  await sql`
    insert into audit (at, via, who, operation, subject)
    select now() - d * interval '1 day', 'api', 'desk', 'pauseEntity', '{}' from generate_series(364, 366, 2) d`.execute(
    db,
  );
  await sql`create table portions (size integer)`.execute(db);
  await sql`
    create function note() returns trigger language plpgsql as $$
    begin insert into portions select count(*) from gone; return null; end $$`.execute(db);
  await sql`
    create trigger note after delete on sync_logs referencing old table as gone for each statement execute function note()`.execute(
    db,
  );
  // As two processes do it at the same hour.
  const counts = await Promise.all([forgetOld(db, DAYS), forgetOld(db, DAYS)]);
  const again = await forgetOld(db, DAYS);
  t.equal(
    counts.reduce((sum, count) => sum + count, again),
    12_004,
  );
  const { rows } = await sql<{ outcome: string; count: number }>`
    select outcome, count(*)::integer as count from sync_logs group by 1`.execute(db);
  t.same(rows, [{ outcome: 'new', count: 10 }]);
  const { rows: portions } = await sql<{ most: number }>`select max(size) as most from portions`.execute(db);
  t.equal(portions[0]?.most, 5_000);
  t.equal(await forgetOld(db, DAYS), 0);
});
