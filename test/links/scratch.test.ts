import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { type Db, openDatabase } from '../../src/db/open-database.ts';
import { openScratch } from '../../src/db/open-scratch.ts';
import { createScratchLinks, fillScratch, findSchema } from '../../src/links/scratch.ts';
import { createTestDatabase } from '../support/postgres.ts';

async function open(t: Test) {
  const { url } = await createTestDatabase(t);
  const real = openDatabase({ url });
  t.teardown(() => real.destroy());
  await sql`
    insert into links (entity, app_id, odoo_model, odoo_id, dirty_seq, done_seq, lease_token, lease_until, next_attempt_at)
    select 'teacher', n::text, 'res.partner', n, 3, 1, gen_random_uuid(), now(), now() from generate_series(1, 50) n`.execute(
    real,
  );
  await sql`
    insert into bases (link_id, app, odoo, app_digest, odoo_digest) select id, '{"a":1}', '{}', 'x', 'y' from links`.execute(
    real,
  );
  const scratch = await openScratch(url);
  t.teardown(() => scratch.destroy());
  return { real, scratch };
}

async function count(db: Db, table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(db);
  return rows[0]?.n ?? -1;
}

t.test('the copy holds all links, calm; what is done to it touches no real table', async (t) => {
  const { real, scratch } = await open(t);
  t.equal(await count(scratch, 'links'), 0, 'empty at first, and not the real one');
  await fillScratch(scratch, await findSchema(real));
  t.same([await count(scratch, 'links'), await count(scratch, 'bases')], [50, 50]);
  const { rows } = await sql`
    select distinct dirty_seq::int, done_seq::int, lease_token, lease_until, next_attempt_at from links`.execute(
    scratch,
  );
  t.same(rows, [{ dirty_seq: 3, done_seq: 3, lease_token: null, lease_until: null, next_attempt_at: null }]);

  const added = await sql<{ id: string }>`
    insert into links (entity, app_id, odoo_model) values ('teacher', 'new', 'res.partner') returning id`.execute(
    scratch,
  );
  t.equal(Number(added.rows[0]?.id), 51, 'its ids go on after the real ones');
  await sql`delete from links where app_id = '7'`.execute(scratch);
  t.equal(await count(scratch, 'bases'), 49, 'cascades hold as in the real tables');
  await t.rejects(
    sql`insert into links (entity, app_id, odoo_model) values ('teacher', 'new', 'res.partner')`.execute(scratch),
    'so do the unique keys',
  );
  t.same([await count(real, 'links'), await count(real, 'bases')], [50, 50]);
  t.equal(await leased(real), 50, 'the leases of the real links are as they were');
});

t.test('when the connection is lost a statement finds no table, and never a real one', async (t) => {
  const { real, scratch } = await open(t);
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(scratch);
  await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(real);
  await t.rejects(sql`delete from links`.execute(scratch), 'the first one hears of the loss');
  await t.rejects(sql`delete from links`.execute(scratch), { code: '42P01' });
  t.equal(await count(real, 'links'), 50);
});

async function leased(db: Db): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(lease_token)::int as n from links`.execute(db);
  return rows[0]?.n ?? -1;
}

t.test('who may not make temporary tables is told what to grant', async (t) => {
  const { url } = await createTestDatabase(t);
  const real = openDatabase({ url });
  t.teardown(() => real.destroy());
  const address = new URL(url);
  const role = `plain_${address.pathname.slice(1)}`.slice(0, 60);
  await sql`create role ${sql.id(role)} login password 'plain'`.execute(real);
  await sql`revoke temporary on database ${sql.id(address.pathname.slice(1))} from public`.execute(real);
  t.teardown(() => sql`drop role ${sql.id(role)}`.execute(real));
  address.username = role;
  address.password = 'plain';
  await t.rejects(openScratch(address.href), { code: 'no_temporary_tables', remedy: /GRANT TEMPORARY/ });
  await t.rejects(
    openScratch('postgres://127.0.0.1:1/none'),
    { code: 'ECONNREFUSED' },
    'other errors are told as they are',
  );
});

t.test('who matches may ask the links meanwhile, though there is one connection', { timeout: 10_000 }, async (t) => {
  const { scratch, real } = await open(t);
  await fillScratch(scratch, await findSchema(real));
  const links = createScratchLinks(scratch, {
    entitiesOf: () => ['teacher'],
    guardPercent: 5,
    looksAgain: () => false,
  });
  const found = await links.withMatchLocks(['a'], () => links.findLinked([{ entity: 'teacher', id: '7' }]));
  t.same([...found.values()], [7]);
});
