/** What is remembered of a record goes, wherever it is, and the tombstone does not move. */
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { createErasures, type ErasedLink } from '../../src/links/erasures.ts';
import { createPostgresLinks } from '../../src/links/postgres-links.ts';
import { createTestDatabase } from '../support/postgres.ts';

interface Row {
  readonly entity: string;
  readonly app_id?: string | null;
  readonly odoo_model: string;
  readonly odoo_id?: number | null;
  readonly app?: Readonly<Record<string, unknown>>;
}

async function setUp(t: Test) {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url, onConnectionLost: () => undefined });
  t.teardown(() => db.destroy());
  const insert = async ({ app, ...row }: Row): Promise<ErasedLink> => {
    const { id } = await db.insertInto('links').values(row).returning('id').executeTakeFirstOrThrow();
    const base = { link_id: id, app: JSON.stringify(app), odoo: '{}', app_digest: 'a', odoo_digest: 'o' };
    if (app) await db.insertInto('bases').values(base).execute();
    const { entity, odoo_model: odooModel, app_id: appId = null, odoo_id: odooId = null } = row;
    return { id, entity, odooModel, appId, odooId };
  };
  const links = createPostgresLinks(db, { entitiesOf: () => ['guest'], guardPercent: 10, looksAgain: () => false });
  return { db, insert, links, erasures: createErasures(db) };
}

t.test('only what is of the record goes', async (t) => {
  const { db, insert, links, erasures } = await setUp(t);
  const link = await insert({
    entity: 'guest',
    app_id: '42',
    odoo_model: 'res.partner',
    odoo_id: 7,
    app: { name: 'Eva' },
  });
  const teacher = await insert({
    entity: 'teacher',
    app_id: '42',
    odoo_model: 'res.partner',
    odoo_id: 7,
    app: { name: 'Eva' },
  });
  const delivery = { deliveryId: null, entity: null, odooModel: 'res.partner' };
  await links.receive([
    { ...delivery, source: 'app', entity: 'guest', recordId: '42' },
    { ...delivery, source: 'app', entity: 'teacher', recordId: '42' },
    { ...delivery, source: 'odoo', recordId: '7' },
  ]);
  const log = { outcome: 'update', odoo_id: 7 };
  await db
    .insertInto('sync_logs')
    .values([
      { ...log, entity: 'guest', link_id: link.id, app_id: '42' },
      { ...log, entity: 'guest', link_id: '999', app_id: null, message: 'of a link that was folded into it' },
      { ...log, entity: 'teacher', link_id: teacher.id, app_id: '42' },
    ])
    .execute();
  const { id: run } = await db
    .insertInto('runs')
    .values({ collection: 'guests', scope: '{}', listed: true })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db.insertInto('run_links').values({ run_id: run, link_id: link.id, seq: '1', outcome: null }).execute();

  const done = await erasures.erase(link);
  t.same(done?.removed, { bases: 1, conflicts: 0, intents: 0, logs: 2, deliveries: 1, lists: 0 });
  t.same(await db.selectFrom('sync_logs').select(['entity', 'outcome']).orderBy('id').execute(), [
    { entity: 'teacher', outcome: 'update' },
    { entity: 'guest', outcome: 'erase' },
  ]);
  t.equal((await db.selectFrom('deliveries').selectAll().execute()).length, 2, 'what came for the teacher stays');
  t.equal((await db.selectFrom('bases').selectAll().execute()).length, 1);
  t.match(await db.selectFrom('run_links').select('outcome').execute(), [{ outcome: 'erase' }], 'no run waits for it');

  t.same((await erasures.erase(teacher))?.removed.deliveries, 2, 'the last one takes what Odoo told of both');
  const again = await erasures.erase(link);
  t.same(again?.erasedAt, done?.erasedAt, 'since when does not change');
});

t.test('a tombstone is not woken, claimed, listed, folded nor tied', async (t) => {
  const { db, insert, links, erasures } = await setUp(t);
  const link = await insert({ entity: 'guest', app_id: '42', odoo_model: 'res.partner', odoo_id: 7, app: {} });
  const half = await insert({ entity: 'guest', app_id: '43', odoo_model: 'res.partner' });
  await erasures.erase(link);
  await erasures.erase(half);
  const tombstones = () => db.selectFrom('links').selectAll().where('state', '=', 'erased').orderBy('id').execute();
  const before = await tombstones();
  await links.markApp(
    [
      { entity: 'guest', id: '42' },
      { entity: 'guest', id: '43' },
    ],
    'res.partner',
    0,
  );
  await links.markOdoo('res.partner', [7], ['guest'], 0);
  await links.receive([{ source: 'odoo', deliveryId: null, entity: null, odooModel: 'res.partner', recordId: '7' }]);
  await links.markDelivered();
  t.same(await tombstones(), before);
  t.same(await links.findDirty(), []);
  t.equal(await links.claim('guest', 'res.partner', 10), null);
  t.same(await links.listPairs('guest', 'res.partner', null, 10), []);
  const row = { digest: 'x', member: true };
  t.same(await links.filterChanged('app', 'guest', 'res.partner', [{ ...row, id: '42' }]), {
    changed: [],
    unlinked: [],
  });
  t.same(await links.filterChanged('odoo', 'guest', 'res.partner', [{ ...row, id: '8' }]), {
    changed: [],
    unlinked: ['8'],
  });
  t.match(
    await links.findOccupants('odoo', 'guest', 'res.partner', ['7']),
    [{ inScope: false }],
    'others need not heed it',
  );

  await links.markOdoo('res.partner', [8], ['guest'], 0);
  const claim = await links.claim('guest', 'res.partner', 10);
  const other = claim?.links[0]?.id ?? '';
  for (const id of ['42', '43']) {
    t.equal(claim && (await links.attach(claim, other, { side: 'app', id, odooModel: 'res.partner' })), false, id);
  }
  t.same(await tombstones(), before);
});

t.test('not while it is in work, may still be written, or is not what was looked at', async (t) => {
  const { db, insert, erasures } = await setUp(t);
  const link = await insert({
    entity: 'guest',
    app_id: '42',
    odoo_model: 'res.partner',
    odoo_id: 7,
    app: { name: 'Eva' },
  });
  t.equal(await erasures.erase({ ...link, odooId: 8 }), null, 'it was merged meanwhile');
  await sql`update links set lease_until = clock_timestamp() + interval '1 minute'`.execute(db);
  t.equal(await erasures.erase(link), null, 'in work');
  await sql`update links set lease_until = clock_timestamp() - interval '1 minute'`.execute(db);
  const announce = (overAt: string) =>
    sql`
    insert into intents (link_id, side, kind, key, fields, sent_at, over_at)
    values (${link.id}, 'odoo', 'update', 'k', '{}', now(), clock_timestamp() + ${overAt}::interval)`.execute(db);
  await announce('1 minute');
  t.equal(await erasures.erase(link), null, 'a write may land');
  await sql`delete from intents`.execute(db);
  await announce('-1 minute');
  t.match(await erasures.erase(link), { removed: { bases: 1, intents: 1 } });
});

t.test('who was erased', async (t) => {
  const { insert, erasures } = await setUp(t);
  for (const app_id of ['42', 'a:b'])
    await erasures.erase(await insert({ entity: 'guest', app_id, odoo_model: 'res.partner' }));
  await insert({ entity: 'guest', app_id: '43', odoo_model: 'res.partner' });
  await insert({ entity: 'tenant', app_id: '42', odoo_model: 'res.partner' });
  const names = ['guest:42', 'guest:a:b', 'guest:43', 'tenant:42', 'guest:nobody'];
  t.same([...(await erasures.findErased(names))].sort(), ['guest:42', 'guest:a:b']);
  t.same([...(await erasures.findErased([]))], []);
});

t.test('who else is to be thought of', async (t) => {
  const { insert, erasures } = await setUp(t);
  const link = await insert({ entity: 'teacher', app_id: '42', odoo_model: 'res.partner', odoo_id: 7, app: {} });
  const erased = await insert({ entity: 'tenant', app_id: '3', odoo_model: 'res.partner', odoo_id: 7 });
  await erasures.erase(erased);
  await insert({ entity: 'guest', app_id: '1', odoo_model: 'res.partner', odoo_id: 7 });
  await insert({ entity: 'travel', app_id: '9', odoo_model: 'crm.lead', app: { teacher_id: '42', title: 'x' } });
  await insert({ entity: 'travel', app_id: '10', odoo_model: 'crm.lead', app: { teacher_id: '43', title: '42' } });
  await insert({ entity: 'document', app_id: '11', odoo_model: 'ir.attachment', app: { owner: 'teacher:42' } });
  await insert({ entity: 'document', app_id: '12', odoo_model: 'ir.attachment', app: { owner: 'guest:42' } });
  t.same(await erasures.findRelated(link), [
    { entity: 'guest', id: '1', why: 'same_odoo_record' },
    { entity: 'travel', id: '9', why: 'refers_to_it' },
    { entity: 'document', id: '11', why: 'refers_to_it' },
  ]);
  const alone = { id: '1', entity: 'guest', odooModel: 'res.partner' };
  t.same(await erasures.findRelated({ ...alone, appId: null, odooId: 99 }), []);
  t.same(await erasures.findRelated({ ...alone, appId: 'nobody', odooId: null }), []);
});
