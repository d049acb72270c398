/** Finding what was done: by what an operator has at hand, in pages, and by the indexes that are there for it. */
import { sql } from 'kysely';
import t from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { createLogs, type LogFilter, logFilter } from '../../src/links/logs.ts';
import { createTestDatabase } from '../support/postgres.ts';

const RECONCILE = '11111111-2222-4333-8444-555555555555';

t.test('logs', async (t) => {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url, onConnectionLost: () => undefined });
  t.teardown(() => db.destroy());
  const logs = createLogs(db);
  const found = async (filter: LogFilter) => (await logs.read(filter, null, 100)).map(({ id }) => Number(id));
  const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString();
  const row = { outcome: 'update', entity: 'guest', link_id: '1', app_id: 'g1', odoo_id: 7 };
  await db
    .insertInto('sync_logs')
    .values([
      { ...row, at: sql<Date>`${day(1)}::timestamptz`, reconcile_id: RECONCILE, direction: 'app→odoo' },
      { ...row, at: sql<Date>`${day(2)}::timestamptz`, outcome: 'park', error_code: 'tax_missing', message: 'No tax.' },
      { ...row, at: sql<Date>`${day(3)}::timestamptz`, entity: 'tenant', link_id: '2', app_id: '7', odoo_id: 8 },
      { ...row, at: sql<Date>`${day(4)}::timestamptz`, link_id: '3', app_id: RECONCILE, odoo_id: 9, outcome: 'park' },
    ])
    .execute();

  t.same(await found({}), [4, 3, 2, 1], 'newest first');
  t.same(await found({ q: 'g1' }), [2, 1], 'by the id in the app');
  t.same(await found({ q: '7' }), [3, 2, 1], 'by the id of either side');
  t.same(await found({ q: 'tax_missing' }), [2], 'by an error code');
  t.same(await found({ q: RECONCILE }), [4, 1], 'by a reconcile; ids of the app may look like one');
  t.same(await found({ q: RECONCILE, outcome: 'park' }), [4]);
  t.same(await found({ q: 'g' }), [], 'as a whole, not a part of it');
  t.same(await found({ q: "' or true --" }), []);
  t.same(await found({ entity: 'tenant' }), [3]);
  t.same(await found({ outcome: 'park', entity: 'guest' }), [4, 2]);
  t.same(await found({ since: day(2), until: day(4) }), [3, 2], 'until is not included');
  t.same((await logs.read({}, null, 3)).at(-1)?.id, '2');
  t.same(
    (await logs.read({}, '2', 3)).map(({ id }) => id),
    ['1'],
    'the next page',
  );
  t.match((await logs.read({ q: 'g1' }, '2', 3))[0], {
    id: '1',
    at: new Date(day(1)),
    direction: 'app→odoo',
    fields: null,
  });

  await t.test('by a run: what was done to its records while it ran', async (t) => {
    const link = { entity: 'guest', odoo_model: 'res.partner', app_id: 'g1' };
    const { id: linkId } = await db.insertInto('links').values(link).returning('id').executeTakeFirstOrThrow();
    const insert = async (from: number, to: number | null) => {
      const values = {
        collection: 'guests',
        scope: '{}',
        started_at: day(from),
        finished_at: to === null ? null : day(to),
      };
      const { id } = await db
        .insertInto('runs')
        .values(values as never)
        .returning('id')
        .executeTakeFirstOrThrow();
      await db.insertInto('run_links').values({ run_id: id, link_id: linkId, seq: '1', outcome: null }).execute();
      return id;
    };
    t.equal(linkId, '1');
    t.same(await found({ q: await insert(2, 3) }), [2], 'not what was before it');
    t.same(await found({ q: await insert(1, null) }), [2, 1], 'one that still runs');
  });

  await t.test('what may be asked', async (t) => {
    t.same(logFilter.parse({ q: ' 42 ', since: '2026-01-01T00:00:00+01:00' }), {
      q: '42',
      since: '2026-01-01T00:00:00+01:00',
    });
    for (const wrong of [{ q: ' ' }, { q: 'x'.repeat(129) }, { since: 'yesterday' }, { until: '2026-01-01' }]) {
      t.equal(logFilter.safeParse(wrong).success, false, JSON.stringify(wrong));
    }
  });

  await t.test('among many rows an index is used for each of them', async (t) => {
    await sql`
      insert into sync_logs (reconcile_id, entity, link_id, app_id, odoo_id, outcome, error_code)
      select md5((n / 40)::text)::uuid, 'guest', n % 2000 + 10, 'a' || n % 2000, n % 2000 + 1000, 'update',
        case when n % 1000 = 0 then 'refused_by_odoo' end
      from generate_series(1, 40000) n`.execute(db);
    await sql`vacuum analyze sync_logs`.execute(db);
    const plan = async (condition: ReturnType<typeof sql>) => {
      const { rows } = await sql<{ 'QUERY PLAN': string }>`
        explain select id from sync_logs where ${condition} order by id desc limit 101`.execute(db);
      return rows.map((line) => line['QUERY PLAN']).join('\n');
    };
    t.match(await plan(sql`app_id = 'a77'`), /sync_logs_app_id/);
    t.match(await plan(sql`odoo_id = 1077`), /sync_logs_odoo_id/);
    t.match(await plan(sql`error_code = 'refused_by_odoo'`), /sync_logs_error/);
    t.match(await plan(sql`reconcile_id = md5('77')::uuid`), /sync_logs_reconcile/);
    t.equal((await logs.read({ q: 'refused_by_odoo' }, null, 100)).length, 40);
  });
});
