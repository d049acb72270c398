/** What only PostgreSQL can do wrong: locks, deadlocks, plans. What every store of links does is in contract/. */
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { listenOnChannel } from '../../src/db/listen.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { linkedKey, PRIORITY } from '../../src/links/links.ts';
import { CHANNEL } from '../../src/links/mark.ts';
import { createPostgresLinks, type LinksSettings } from '../../src/links/postgres-links.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { claimOne, MODEL, markTeachers, settle, tie } from './contract/steps.ts';
import { ENTITIES } from './contract/subject.ts';

const SETTINGS: LinksSettings = { entitiesOf: () => ENTITIES, guardPercent: 5, looksAgain: () => false };

/** @param parameters of the server, as `-c name=value` */
async function setUp(t: Test, parameters = '') {
  const { url } = await createTestDatabase(t);
  const options = encodeURIComponent(`-c timezone=UTC ${parameters}`);
  const db = openDatabase({ url: `${url}?options=${options}` });
  t.teardown(() => db.destroy());
  return { url, db, links: createPostgresLinks(db, SETTINGS) };
}

t.test('marks and settlements in opposite orders do not deadlock', async (t) => {
  const store = await setUp(t);
  const ids = Array.from({ length: 50 }, (_, index) => `t${index}`);
  await markTeachers(store, ...ids);
  const settleBackwards = async () => {
    const claim = await store.links.claim('teacher', MODEL, 50);
    if (claim) await settle(store, { ...claim, links: [...claim.links].reverse() });
    return claim?.links.length ?? 0;
  };
  const [settled] = await Promise.all([
    Promise.all(Array.from({ length: 10 }, settleBackwards)),
    ...Array.from({ length: 10 }, (_, round) => markTeachers(store, ...(round % 2 ? ids : [...ids].reverse()))),
  ]);
  t.ok(
    settled.some((count) => count > 0),
    'both were at it',
  );
  const row = await store.db.selectFrom('links').select(sql<string>`sum(dirty_seq)`.as('marks')).executeTakeFirst();
  t.equal(row?.marks, String(50 * 11), 'and no mark is lost');
});

t.test('webhooks of the same records in opposite orders are all received', async (t) => {
  const { db, links } = await setUp(t);
  const records = Array.from({ length: 20 }, (_, index) => String(index + 1));
  await Promise.all(
    Array.from({ length: 12 }, (_, round) =>
      links.receive(
        (round % 2 ? records : [...records].reverse()).map((recordId) =>
          round % 3
            ? { source: 'odoo', deliveryId: null, entity: null, odooModel: MODEL, recordId }
            : { source: 'app', deliveryId: `${round}-${recordId}`, entity: 'teacher', odooModel: MODEL, recordId },
        ),
      ),
    ),
  );
  const { count } = await db
    .selectFrom('deliveries')
    .select(sql<string>`count(*)`.as('count'))
    .executeTakeFirstOrThrow();
  t.equal(count, String(12 * 20));
});

t.test('a claim keeps to its limit, whichever plan PostgreSQL makes', async (t) => {
  // A nested loop without these would look for the most urgent ones anew for each row.
  const off = ['hashjoin', 'mergejoin', 'material', 'memoize', 'hashagg', 'sort', 'indexscan', 'bitmapscan'];
  const store = await setUp(t, off.map((name) => `-c enable_${name}=off`).join(' '));
  await markTeachers(store, ...Array.from({ length: 9 }, (_, index) => `t${index}`));
  const claim = await store.links.claim('teacher', MODEL, 2);
  t.same(
    claim?.links.map(({ appId }) => appId),
    ['t0', 't1'],
  );
});

t.test('workers of all processes are told of marks, and of what has to be done at once', async (t) => {
  const { url, links } = await setUp(t);
  const store = { links };
  let told = 0;
  const listening = listenOnChannel(url, CHANNEL, () => {
    told += 1;
  });
  t.teardown(() => listening.stop());
  await waitUntil('it listens', () => told === 1);
  const delivery = { source: 'app', deliveryId: 'm1', entity: 'teacher', odooModel: MODEL, recordId: '1' } as const;
  const mark = () => markTeachers(store, '1');
  const steps: readonly (readonly [what: string, loud: boolean, step: () => Promise<unknown>])[] = [
    ['a delivery', true, () => links.receive([delivery])],
    ['one that is known', false, () => links.receive([delivery])],
    ['its mark, for whoever makes it looks for work next', false, () => links.markDelivered()],
    ['a pass that is done', false, async () => settle(store, await claimOne(store))],
    ['a mark of the app', true, mark],
    ['a pass to be repeated', true, async () => settle(store, await claimOne(store), { next: { kind: 'again' } })],
    ['a write to Odoo', true, async () => settle(store, await claimOne(store), { wroteOdoo: true })],
    ['a mark of Odoo', true, () => links.markOdoo(MODEL, [7], ['guest'], PRIORITY.poll)],
    [
      'a delivery of Odoo',
      true,
      () => links.receive([{ ...delivery, source: 'odoo', deliveryId: null, recordId: '7' }]),
    ],
  ];
  let expected = 1;
  for (const [what, loud, step] of steps) {
    await step();
    if (!loud) continue;
    expected += 1;
    // One too many, from a step that ought to be silent, would show here as well.
    await waitUntil(what, () => told >= expected);
    t.equal(told, expected, what);
  }
});

t.test('a record is named by its kind and id', async (t) => {
  t.equal(linkedKey({ entity: 'teacher', id: '1' }), 'teacher:1');
});

t.test('a run learns what became of the marks that it made', async (t) => {
  const { db, links } = await setUp(t);
  const id = await tie({ links }, '1', 7);
  const run = await db
    .insertInto('runs')
    .values({ collection: 'teachers', scope: JSON.stringify({}) })
    .returning('id')
    .executeTakeFirstOrThrow();
  await markTeachers({ links }, '1');
  await db.insertInto('run_links').values({ run_id: run.id, link_id: id, seq: '2' }).execute();
  const outcome = async () => (await db.selectFrom('run_links').select('outcome').executeTakeFirstOrThrow()).outcome;
  await settle({ links }, await claimOne({ links }), { next: { kind: 'again' }, outcome: 'update' });
  t.equal(await outcome(), null, 'not before a pass is through with it');
  await settle({ links }, await claimOne({ links }), { outcome: 'update' });
  t.equal(await outcome(), 'update');
  await links.markApp([{ entity: 'teacher', id: '1' }], MODEL, PRIORITY.live);
  await settle({ links }, await claimOne({ links }), { outcome: 'noop' });
  t.equal(await outcome(), 'update', 'later passes are not of this run');
});
