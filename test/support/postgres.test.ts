import pg from 'pg';
import t from 'tap';
import { createTestDatabase } from './postgres.ts';

async function countTables(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(
    "select count(*)::int as n from information_schema.tables where table_schema = 'public'",
  );
  await client.end();
  return rows[0].n;
}

t.test('a test database is migrated, and its own', async (t) => {
  const [one, other] = await Promise.all([createTestDatabase(t), createTestDatabase(t)]);
  t.not(one.url, other.url);
  t.ok((await countTables(one.url)) > 1, 'the tables of the migrations are there');
  t.equal(await countTables(other.url), await countTables(one.url));
});

t.test('an empty test database has no tables', async (t) => {
  const { url } = await createTestDatabase(t, { empty: true });
  t.equal(await countTables(url), 0);
});

t.test('a test database is gone after its test, even with a connection left open', async (t) => {
  let url = '';
  let left = new pg.Client();
  await t.test('that uses it', async (t) => {
    url = (await createTestDatabase(t)).url;
    left = new pg.Client(url);
    left.on('error', () => undefined);
    await left.connect();
  });
  await t.rejects(new pg.Client(url).connect(), { code: '3D000' });
  await left.end().catch(() => undefined);
});
