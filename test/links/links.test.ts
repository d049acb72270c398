/** The queue and the memory on a real PostgreSQL. */
import t, { type Test } from 'tap';
import { openDatabase } from '../../src/db/open-database.ts';
import { type Claim, type ClaimedLink, type Links, PRIORITY, type Settlement } from '../../src/links/links.ts';
import { createPostgresLinks } from '../../src/links/postgres-links.ts';
import { createTestDatabase } from '../support/postgres.ts';

const MODEL = 'res.partner';
const INFO = { reconcileId: '00000000-0000-4000-8000-000000000001', clocks: {} };

async function setUp(t: Test) {
  const { url } = await createTestDatabase(t);
  const db = openDatabase({ url });
  t.teardown(() => db.destroy());
  const links = createPostgresLinks(db, () => ['teacher', 'tenant', 'guest']);
  return { db, links };
}

const markTeacher = (links: Links, ...ids: string[]) =>
  links.markApp(
    ids.map((id) => ({ entity: 'teacher', id })),
    MODEL,
    PRIORITY.live,
  );

async function claimOne(links: Links): Promise<Claim & { links: readonly [ClaimedLink] }> {
  const claim = await links.claim('teacher', MODEL, 10);
  if (claim?.links.length !== 1) throw new Error(`expected one link, got ${claim?.links.length ?? 0}`);
  return claim as Claim & { links: readonly [ClaimedLink] };
}

const done = (link: ClaimedLink, more: Partial<Settlement> = {}): Settlement => ({
  link,
  next: { kind: 'done' },
  outcome: 'noop',
  logged: false,
  ...more,
});

t.test('a marked record is claimed once, settled, and then idle', async (t) => {
  const { links } = await setUp(t);
  await markTeacher(links, '1');
  t.same(await links.findDirty(), ['teacher']);
  const claim = await claimOne(links);
  t.match(claim.links[0], { appId: '1', odooId: null, base: null, intents: [], seq: '1' });
  t.equal(await links.claim('teacher', MODEL, 10), null, 'a leased link is nobody elses');
  t.same(await links.findDirty(), []);
  t.equal(await links.settle(claim, [done(claim.links[0])], INFO), 0);
  t.equal(await links.claim('teacher', MODEL, 10), null);
});

t.test('a mark that comes while the record is worked on makes it run again', async (t) => {
  const { links } = await setUp(t);
  await markTeacher(links, '1');
  const first = await claimOne(links);
  await markTeacher(links, '1');
  await links.settle(first, [done(first.links[0])], INFO);
  const second = await claimOne(links);
  t.equal(second.links[0].seq, '2');
});

t.test('a worker that lost its lease settles nothing', async (t) => {
  const { db, links } = await setUp(t);
  await markTeacher(links, '1');
  const late = await claimOne(links);
  await db
    .updateTable('links')
    .set({ lease_until: new Date(0) })
    .execute();
  const other = await claimOne(links);
  t.same(await links.renewLease(late), new Set());
  t.equal(
    await links.settle(late, [done(late.links[0], { base: { app: { a: 1 }, odoo: { a: 1 } } })], INFO),
    1,
    'refused',
  );
  t.equal((await db.selectFrom('bases').selectAll().execute()).length, 0);
  t.same(await links.renewLease(other), new Set([other.links[0].id]));
  t.equal(await links.settle(other, [done(other.links[0])], INFO), 0);
});

t.test('deliveries: stored and marked once, whatever comes twice', async (t) => {
  const { db, links } = await setUp(t);
  const delivery = (deliveryId: string, recordId: string) =>
    ({ source: 'app', deliveryId, entity: 'teacher', odooModel: MODEL, recordId }) as const;
  t.same(await links.receive([delivery('m1', '1'), delivery('m2', '1'), delivery('m1', '1')]), [true, true, false]);
  t.same(await links.receive([delivery('m1', '1'), delivery('m3', '2')]), [false, true]);
  const rows = await db.selectFrom('links').select(['app_id', 'dirty_seq']).orderBy('app_id').execute();
  t.same(rows, [
    { app_id: '1', dirty_seq: '1' },
    { app_id: '2', dirty_seq: '1' },
  ]);
});

t.test('an Odoo record is marked where it is linked; an unknown one might be of any entity', async (t) => {
  const { db, links } = await setUp(t);
  const delivery = (recordId: string) =>
    ({ source: 'odoo', deliveryId: null, entity: null, odooModel: MODEL, recordId }) as const;
  await links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.poll);
  t.same(await links.receive([delivery('7'), delivery('8'), delivery('7')]), [true, true, true]);
  const rows = await db
    .selectFrom('links')
    .select(['entity', 'odoo_id', 'dirty_seq', 'priority'])
    .orderBy('odoo_id')
    .orderBy('entity')
    .execute();
  t.same(rows, [
    { entity: 'teacher', odoo_id: 7, dirty_seq: '2', priority: 0 },
    { entity: 'guest', odoo_id: 8, dirty_seq: '1', priority: 0 },
    { entity: 'teacher', odoo_id: 8, dirty_seq: '1', priority: 0 },
    { entity: 'tenant', odoo_id: 8, dirty_seq: '1', priority: 0 },
  ]);
});

t.test('live edits are claimed before what a resync asked for', async (t) => {
  const { links } = await setUp(t);
  await links.markApp([{ entity: 'teacher', id: 'backfill' }], MODEL, PRIORITY.resync);
  await markTeacher(links, 'live');
  const claim = await links.claim('teacher', MODEL, 1);
  t.equal(claim?.links[0]?.appId, 'live');
  t.equal(claim?.links[0]?.priority, PRIORITY.live);
});

t.test('two links on one Odoo record are never leased at once; a write through one marks the other', async (t) => {
  const { db, links } = await setUp(t);
  await links.markOdoo(MODEL, [7], ['teacher', 'guest'], PRIORITY.live);
  const teacher = await claimOne(links);
  t.equal(await links.claim('guest', MODEL, 10), null);
  await links.settle(teacher, [done(teacher.links[0], { wroteOdoo: true })], INFO);
  const rows = await db.selectFrom('links').select(['entity', 'dirty_seq', 'done_seq']).orderBy('entity').execute();
  t.same(rows, [
    { entity: 'guest', dirty_seq: '2', done_seq: '0' },
    { entity: 'teacher', dirty_seq: '1', done_seq: '1' },
  ]);
  t.ok(await links.claim('guest', MODEL, 10));
});

t.test('many workers share the queue: every link is claimed exactly once', async (t) => {
  const { links } = await setUp(t);
  await markTeacher(links, ...Array.from({ length: 300 }, (_, index) => `t${index}`));
  const taken: string[] = [];
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (
        let claim = await links.claim('teacher', MODEL, 17);
        claim;
        claim = await links.claim('teacher', MODEL, 17)
      ) {
        taken.push(...claim.links.map(({ id }) => id));
        await links.settle(
          claim,
          claim.links.map((link) => done(link)),
          INFO,
        );
      }
    }),
  );
  t.equal(taken.length, 300);
  t.equal(new Set(taken).size, 300);
});

t.test('marks and settlements in opposite orders do not deadlock', async (t) => {
  const { links } = await setUp(t);
  const ids = Array.from({ length: 50 }, (_, index) => `t${index}`);
  await markTeacher(links, ...ids);
  await Promise.all([
    ...Array.from({ length: 10 }, (_, round) => markTeacher(links, ...(round % 2 ? ids : [...ids].reverse()))),
    ...Array.from({ length: 10 }, async () => {
      const claim = await links.claim('teacher', MODEL, 50);
      if (claim)
        await links.settle(
          claim,
          [...claim.links].reverse().map((link) => done(link)),
          INFO,
        );
    }),
  ]);
  t.pass('all of them ended');
});

t.test('what a settlement remembers: base, stamps, conflict, log, parked error', async (t) => {
  const { db, links } = await setUp(t);
  await markTeacher(links, '1');
  const claim = await claimOne(links);
  const base = { app: { name: 'Anna', active: true }, odoo: { name: 'ANNA', active: true } };
  const conflict = {
    field: 'name',
    base: null,
    app: { value: 'Anna', at: 1_000 },
    odoo: { value: 'Ann', at: 2_000 },
    winner: 'app',
    rule: 'later',
    close: true,
  } as const;
  const error = { code: 'refused_by_odoo', message: 'No.', remedy: 'Mend it.' };
  await links.settle(
    claim,
    [
      done(claim.links[0], {
        base,
        conflicts: [conflict],
        next: { kind: 'park', error },
        outcome: 'park',
        logged: true,
        ownOdooStamp: 's1',
        warnings: [{ field: 'language', reason: 'r' }],
      }),
    ],
    INFO,
  );
  const link = await db.selectFrom('links').selectAll().executeTakeFirstOrThrow();
  t.match(link, {
    state: 'parked',
    error,
    attempts: 1,
    own_odoo_stamp: 's1',
    own_app_stamp: null,
    warnings: [{ field: 'language' }],
    lease_token: null,
  });
  t.match(await db.selectFrom('conflicts').selectAll().executeTakeFirstOrThrow(), {
    field: 'name',
    app_value: 'Anna',
    odoo_value: 'Ann',
    close: true,
  });
  t.match(await db.selectFrom('sync_logs').selectAll().executeTakeFirstOrThrow(), {
    outcome: 'park',
    error_code: 'refused_by_odoo',
    remedy: 'Mend it.',
    app_id: '1',
  });
  t.same(await links.findDirty(), [], 'parked is settled');
  await markTeacher(links, '1');
  const again = await claimOne(links);
  t.match(again.links[0], { base, attempts: 1, ownOdooStamp: 's1' });
});

t.test('a retry waits its time; released links come back as they were', async (t) => {
  const { links } = await setUp(t);
  await markTeacher(links, '1');
  const claim = await claimOne(links);
  const error = { code: 'app_unreachable', message: 'm', remedy: 'r' };
  await links.settle(claim, [done(claim.links[0], { next: { kind: 'retry', afterMs: 60_000, error } })], INFO);
  t.equal(await links.claim('teacher', MODEL, 10), null, 'not before its time');
  await markTeacher(links, '2');
  const other = await claimOne(links);
  await links.release(other, 0);
  t.equal((await claimOne(links)).links[0].attempts, 0);
});

t.test('intents live until a settlement ends them, and only under a live lease', async (t) => {
  const { db, links } = await setUp(t);
  await markTeacher(links, '1');
  const claim = await claimOne(links);
  const intent = {
    linkId: claim.links[0].id,
    side: 'odoo',
    kind: 'update',
    key: 'k',
    fields: { phone: '2' },
    overAt: 5_000,
  } as const;
  await links.recordIntents({ ...claim, token: '00000000-0000-4000-8000-00000000dead' }, [intent]);
  await links.recordIntents(claim, [intent]);
  await links.settle(claim, [done(claim.links[0], { next: { kind: 'again' }, keepIntents: true })], INFO);
  const again = await claimOne(links);
  t.same(again.links[0].intents, [intent]);
  await links.settle(again, [done(again.links[0])], INFO);
  t.equal((await db.selectFrom('intents').selectAll().execute()).length, 0);
});

t.test('attach: a half link of the same record is folded, a full one is not taken', async (t) => {
  const { db, links } = await setUp(t);
  await markTeacher(links, '1');
  const claim = await claimOne(links);
  await links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.live);
  const counterpart = { side: 'odoo', id: '7', odooModel: MODEL } as const;
  t.equal(await links.attach(claim, claim.links[0].id, counterpart), true);
  t.same(await db.selectFrom('links').select(['app_id', 'odoo_id']).execute(), [{ app_id: '1', odoo_id: 7 }]);
  await links.settle(claim, [done(claim.links[0])], INFO);
  const again = await claimOne(links);
  t.equal(again.links[0].odooId, 7, 'the mark of the folded link is kept: it may tell of an edit');
  await links.settle(again, [done(again.links[0])], INFO);
  await markTeacher(links, '2');
  const second = await claimOne(links);
  t.equal(await links.attach(second, second.links[0].id, counterpart), false);
  t.match(await links.findOccupants('odoo', 'teacher', MODEL, ['7', '8']), [
    { appId: '1', odooId: 7, entity: 'teacher' },
  ]);
  t.match(await links.findOccupants('app', 'teacher', MODEL, ['2']), [{ appId: '2', odooId: null }]);
});

t.test('match locks: the same key, in whatever order, is one at a time', async (t) => {
  const { links } = await setUp(t);
  let inside = 0;
  let most = 0;
  await Promise.all(
    [['a', 'b'], ['b', 'a'], ['b', 'c'], ['a']].map((keys) =>
      links.withMatchLocks(keys, async () => {
        inside += keys.includes('b') ? 1 : 0;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= keys.includes('b') ? 1 : 0;
      }),
    ),
  );
  t.equal(most, 1);
  t.equal(await links.withMatchLocks([], async () => 'free'), 'free');
});

t.test('a forgotten link is gone unless it was marked meanwhile', async (t) => {
  const { db, links } = await setUp(t);
  await links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.live);
  const claim = await claimOne(links);
  await links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.live);
  await links.settle(claim, [done(claim.links[0], { next: { kind: 'forget' } })], INFO);
  const again = await claimOne(links);
  await links.settle(again, [done(again.links[0], { next: { kind: 'forget' } })], INFO);
  t.equal((await db.selectFrom('links').selectAll().execute()).length, 0);
});

t.test('a listing tells what differs: content, not stamps', async (t) => {
  const { db, links } = await setUp(t);
  await markTeacher(links, '1');
  const claim = await claimOne(links);
  const values = { name: 'Anna', active: true };
  await links.settle(claim, [done(claim.links[0], { base: { app: values, odoo: values } })], INFO);
  const { app_digest: digest } = await db.selectFrom('bases').select('app_digest').executeTakeFirstOrThrow();
  const listed = (id: string, content: string, member = true) => ({ id, digest: content, member });
  t.same(await links.filterChanged('app', 'teacher', [listed('1', digest), listed('2', digest)]), ['2'], 'unknown');
  t.same(await links.filterChanged('app', 'teacher', [listed('1', 'other')]), ['1'], 'edited');
  t.same(
    await links.filterChanged('app', 'teacher', [listed('1', digest, false), listed('3', 'x', false)]),
    ['1'],
    'a member no more',
  );
});
