/** Lists in pages: in the order of the numbers, each row once, none left out. */
import { sql } from 'kysely';
import t from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { createLogs } from '../../src/links/logs.ts';
import { createReports, type Page, type PageRequest } from '../../src/links/reports.ts';
import { createTestDatabase } from '../support/postgres.ts';

t.test('pages of lists', async (t) => {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url, onConnectionLost: () => undefined });
  t.teardown(() => db.destroy());
  await sql`
    insert into links (entity, app_id, odoo_model, state, hold)
    select 'guest', n::text, 'res.partner', (array['active', 'parked', 'held'])[1 + n % 3],
      '{"kind":"create","detail":""}' from generate_series(1, 360) as n`.execute(db);
  await sql`insert into sync_logs (outcome) select 'update' from generate_series(1, 120)`.execute(db);
  await sql`
    insert into conflicts (link_id, entity, field, winner, rule, close, clocks)
    select 1, 'guest', 'phone', 'app', 'later', false, '{}' from generate_series(1, 120)`.execute(db);
  const reports = createReports(db);

  async function readAll(list: (request: PageRequest) => Promise<Page>): Promise<readonly number[]> {
    const ids: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ limit: 50, cursor });
      ids.push(...page.data.map(({ id }) => Number(id)));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return ids;
  }
  const numbers = (count: number, choose = (_: number) => true) =>
    Array.from({ length: count }, (_, index) => index + 1).filter(choose);
  t.same(await readAll(reports.links), numbers(360));
  t.same(
    await readAll(reports.parked),
    numbers(360, (number) => number % 3 === 1),
  );
  t.same(
    await readAll(reports.held),
    numbers(360, (number) => number % 3 === 2),
  );
  const logs = createLogs(db);
  const newest = await logs.read({}, null, 50);
  const older = await logs.read({}, newest.at(-1)?.id ?? null, 100);
  t.same(
    [...newest, ...older].map(({ id }) => Number(id)),
    numbers(120).reverse(),
    'newest first',
  );
  t.same(await readAll(reports.conflicts), numbers(120).reverse(), 'newest first');
});
