/** Whoever is erased is on no list any more, as far as it is remembered who is on it. */
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { digestRecord } from '../../src/links/digest.ts';
import type { ErasedLink } from '../../src/links/erasures.ts';
import type { ConflictEntry } from '../../src/links/links.ts';
import { scrubRosters, withoutErased } from '../../src/links/scrub-rosters.ts';
import { createTestDatabase } from '../support/postgres.ts';

const WANDA = 'guest:4\twanda@example.org\tWanda Weg';
const OTHERS = ['guest:42\totto@example.org\tOtto', 'teacher:4\ttina@example.org\tTina'];

async function setUp(t: Test) {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url, onConnectionLost: () => undefined });
  t.teardown(() => db.destroy());
  const model = { odoo_model: 'mailing.list' };
  const insert = async (app_id: string, members: readonly string[]) => {
    const row = { ...model, entity: 'mailing_list', app_id, dirty_seq: '1', done_seq: '1' };
    const { id } = await db.insertInto('links').values(row).returning('id').executeTakeFirstOrThrow();
    const record = JSON.stringify({ name: 'Parents', members: members.join('\n') || null, opted_out: 'guest:4' });
    const base = { link_id: id, app: record, odoo: record, app_digest: 'a', odoo_digest: 'o' };
    await db.insertInto('bases').values(base).execute();
    return id;
  };
  const person = { entity: 'guest', app_id: '4', odoo_model: 'res.partner' };
  const { id } = await db.insertInto('links').values(person).returning('id').executeTakeFirstOrThrow();
  const link: ErasedLink = { id, entity: 'guest', odooModel: 'res.partner', appId: '4', odooId: null };
  const scrub = () => db.transaction().execute((trx) => scrubRosters(trx, link));
  return { db, insert, link, scrub };
}

t.test('the line of the person goes, and only that', async (t) => {
  const { db, insert, scrub } = await setUp(t);
  const full = await insert('1', [WANDA, ...OTHERS]);
  const only = await insert('2', [WANDA]);
  const others = await insert('3', OTHERS);
  t.equal(await scrub(), 2);
  const bases = new Map((await db.selectFrom('bases').selectAll().execute()).map((row) => [row.link_id, row]));
  const left = { name: 'Parents', members: OTHERS.join('\n'), opted_out: 'guest:4' };
  t.match(bases.get(full), { app: left, odoo: left, app_digest: digestRecord(left), odoo_digest: digestRecord(left) });
  t.match(bases.get(only), { app: { members: null }, odoo: { members: null } });
  t.match(bases.get(others), { app: left, app_digest: 'a' }, 'a list without them is not touched');
  const dirty = await db
    .selectFrom('links')
    .select('id')
    .where(sql<boolean>`dirty_seq > done_seq`)
    .orderBy('id')
    .execute();
  t.same(dirty, [{ id: full }, { id: only }], 'should a side still have them, the next pass finds out');
  t.equal(await scrub(), 0);
});

t.test('also from what lost, and from edits that are remembered', async (t) => {
  const { db, insert, scrub } = await setUp(t);
  const id = await insert('1', OTHERS);
  const text = JSON.stringify([WANDA, ...OTHERS].join('\n'));
  const conflict = {
    link_id: id,
    entity: 'mailing_list',
    winner: 'app',
    rule: 'owner',
    close: false,
    clocks: '{}',
  } as const;
  await db
    .insertInto('conflicts')
    .values([
      {
        ...conflict,
        field: 'members',
        base: `{"app":${text},"odoo":[${text},null,1]}`,
        app_value: text,
        odoo_value: 'null',
      },
      { ...conflict, field: 'name', base: 'null', app_value: '"a"', odoo_value: '"b"' },
    ])
    .execute();
  const strayed = JSON.stringify({ from: 1, to: 2, strayed: { members: WANDA } });
  await sql`update links set odoo_edit = ${strayed}::jsonb where id = ${id}`.execute(db);
  t.equal(await scrub(), 2);
  const left = OTHERS.join('\n');
  t.match(await db.selectFrom('conflicts').select(['base', 'app_value', 'odoo_value']).orderBy('id').execute(), [
    { base: { app: left, odoo: [left, null, 1] }, app_value: left, odoo_value: null },
    { base: null, app_value: 'a', odoo_value: 'b' },
  ]);
  const { rows } = await sql`select from links where odoo_edit is not null`.execute(db);
  t.equal(rows.length, 0);
});

t.test('a plan that names them goes', async (t) => {
  const { db, scrub } = await setUp(t);
  const run = { collection: 'mailing-lists', scope: '{}', listed: true };
  const { id } = await db.insertInto('runs').values(run).returning('id').executeTakeFirstOrThrow();
  const plan = async (number: number, entity: string, members: readonly string[]) => {
    const fields = JSON.stringify({ members: { from: null, to: members.join('\n') } });
    await sql`
      insert into run_changes (run_id, id, entity, app_id, action, to_side, fields, detail)
      values (${id}, ${number}, ${entity}, '1', 'update', 'odoo', ${fields}::json, '{}')`.execute(db);
  };
  await plan(1, 'mailing_list', [...OTHERS, WANDA]);
  await plan(2, 'mailing_list', OTHERS);
  t.equal(await scrub(), 1);
  const { rows } = await sql<{ id: number }>`select id from run_changes`.execute(db);
  t.same(rows, [{ id: 2 }]);
});

t.test('not while the list is in work', async (t) => {
  const { db, insert, link, scrub } = await setUp(t);
  const id = await insert('1', [WANDA]);
  await sql`update links set lease_until = clock_timestamp() + interval '1 minute' where id = ${id}`.execute(db);
  t.equal(await scrub(), null);
  await sql`update links set lease_until = null`.execute(db);
  const fields = JSON.stringify({ members: WANDA });
  await sql`
    insert into intents (link_id, side, kind, key, fields, sent_at, over_at)
    values (${id}, 'odoo', 'update', 'k', ${fields}::jsonb, now(), now())`.execute(db);
  t.equal(await scrub(), null, 'what was announced is judged by its own pass');
  await sql`delete from intents`.execute(db);
  t.equal(await scrub(), 1);
  const nobody = { ...link, appId: null };
  t.equal(await db.transaction().execute((trx) => scrubRosters(trx, nobody)), 0);
});

t.test('what a side has still of them is no edit to be kept', async (t) => {
  const { db } = await setUp(t);
  const [otto = '', tina = ''] = OTHERS;
  const lost = (odoo: unknown, base: unknown, winner: 'app' | 'odoo' = 'app'): ConflictEntry => ({
    ...{ field: 'members', rule: 'owner', close: false, winner, base },
    app: { value: otto, at: 1 },
    odoo: { value: odoo, at: 2 },
  });
  const still = lost(`${WANDA}\n${otto}`, { app: otto, odoo: otto });
  const more = lost(`${otto}\n${tina}\n${WANDA}`, { app: otto, odoo: otto });
  const never = lost(WANDA, null, 'odoo');
  const conflicts = [still, more, never];
  const scrub = (entity: string) => withoutErased(db, entity, conflicts);
  t.same(await scrub('mailing_list'), conflicts, 'as long as nobody was erased');
  await sql`update links set state = 'erased' where entity = 'guest' and app_id = '4'`.execute(db);
  const [left, unagreed] = [lost(`${otto}\n${tina}`, { app: otto, odoo: otto }), lost(null, null, 'odoo')];
  t.same(await scrub('mailing_list'), [left, unagreed], 'where nothing else was lost, nothing is left');
  t.same(await scrub('guest'), conflicts, 'other records hold no people');
  t.same(await withoutErased(db, 'mailing_list', []), []);
});
