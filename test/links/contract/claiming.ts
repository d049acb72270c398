import type { Test } from 'tap';
import { LEASE_MS } from '../../../src/links/claim.ts';
import { PRIORITY } from '../../../src/links/links.ts';
import {
  BASE,
  checkNear,
  claimAll,
  claimOne,
  MODEL,
  markTeachers,
  readLink,
  readOnly,
  settle,
  tie,
  toIntent,
  toMarks,
} from './steps.ts';
import type { Make } from './subject.ts';

/** Claims and leases: who works on what. */
export async function contractClaiming(t: Test, make: Make): Promise<void> {
  await t.test('a marked record is claimed once, settled, and then idle', async (t) => {
    const store = await make(t);
    t.equal(await claimAll(store), null);
    await markTeachers(store, '1');
    t.same(await store.links.findDirty(), ['teacher']);
    const claim = await claimOne(store);
    t.same(
      { ...claim.links[0], id: '', dirtyAt: 0 },
      {
        id: '',
        entity: 'teacher',
        appId: '1',
        odooId: null,
        renewals: 0,
        seq: '1',
        priority: PRIORITY.live,
        attempts: 0,
        dirtyAt: 0,
        ownAppStamp: null,
        ownOdooStamp: null,
        edits: { app: null, odoo: null },
        base: null,
        intents: [],
        flips: {},
        restoring: null,
        released: false,
        decision: null,
      },
    );
    t.equal(await claimAll(store), null, "a leased link is nobody else's");
    t.same(await store.links.findDirty(), []);
    t.equal(await settle(store, claim), 0);
    t.equal(await claimAll(store), null);
    t.same(await store.links.findDirty(), []);
  });

  await t.test('a mark that comes while the record is worked on makes it run again', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const first = await claimOne(store);
    await markTeachers(store, '1');
    t.equal(await claimAll(store), null, 'not by two at once');
    await settle(store, first);
    t.equal((await claimOne(store)).links[0].seq, '2');
  });

  await t.test('the most urgent first, then what waits longest; of one entity only', async (t) => {
    const store = await make(t);
    const mark = async (id: string, priority: 0 | 1 | 2 | 3, entity = 'teacher') => {
      await store.links.markApp([{ entity, id }], MODEL, priority);
      await store.advance(1_000);
    };
    await mark('live-1', PRIORITY.live);
    await settle(store, await claimOne(store));
    await mark('backfill', PRIORITY.resync);
    await mark('sweep', PRIORITY.sweep);
    await mark('live-2', PRIORITY.live);
    await mark('other', PRIORITY.live, 'guest');
    await mark('poll', PRIORITY.poll);
    await mark('live-1', PRIORITY.live);
    const order: (string | null | undefined)[] = [];
    for (let turn = 0; turn < 5; turn += 1) order.push((await store.links.claim('teacher', MODEL, 1))?.links[0]?.appId);
    t.same(order, ['live-2', 'live-1', 'poll', 'backfill', 'sweep']);
    t.same(await store.links.findDirty(), ['guest']);
  });

  await t.test('entities with work are told in the order of their oldest links that have some', async (t) => {
    const store = await make(t);
    const mark = (entity: string, id: string) => store.links.markApp([{ entity, id }], MODEL, PRIORITY.live);
    await mark('tenant', '1');
    await mark('guest', '1');
    await mark('teacher', '1');
    await mark('guest', '2');
    t.same(await store.links.findDirty(), ['tenant', 'guest', 'teacher']);
    await settle(store, await claimOne(store, 'tenant'));
    await mark('tenant', '2');
    t.same(await store.links.findDirty(), ['guest', 'teacher', 'tenant']);
  });

  await t.test('a claim tells its links in the order in which they were made, not by urgency', async (t) => {
    const store = await make(t);
    await store.links.markApp([{ entity: 'teacher', id: 'c' }], MODEL, PRIORITY.poll);
    await markTeachers(store, 'a');
    await store.links.markApp([{ entity: 'teacher', id: 'b' }], MODEL, PRIORITY.sweep);
    t.same(
      (await store.links.claim('teacher', MODEL, 2))?.links.map(({ appId }) => appId),
      ['c', 'a'],
    );
  });

  await t.test('a worker that is silent too long loses its links, and then settles nothing', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const late = await claimOne(store);
    await store.advance(LEASE_MS - 10_000);
    t.equal(await claimAll(store), null);
    await store.advance(20_000);
    t.same(await store.links.findDirty(), ['teacher']);
    const other = await claimOne(store);
    t.equal(other.links[0].seq, late.links[0].seq);
    t.not(other.token, late.token);
    t.same(await store.links.renewLease(late), new Set());
    t.equal(await settle(store, late, { base: BASE, logged: true, conflicts: [] }), 1, 'refused');
    await store.links.release(late, 0);
    const rows = await store.read();
    t.equal(rows.bases.size, 0);
    t.equal(rows.logs.length, 0);
    t.match(rows.links[0], { doneSeq: 0, leaseToken: other.token });
    t.equal(await settle(store, other), 0);
  });

  await t.test('a worker that was slow but was not replaced may still settle', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    await store.advance(LEASE_MS * 3);
    t.equal(await settle(store, claim), 0);
    t.equal(await claimAll(store), null);
  });

  await t.test('a lease is renewed for as long as its worker lives', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1', '2');
    const claim = await claimAll(store);
    if (!claim) throw new Error('nothing to claim');
    for (let beat = 0; beat < 3; beat += 1) {
      await store.advance(LEASE_MS - 20_000);
      t.equal((await store.links.renewLease(claim)).size, 2);
    }
    t.equal(await claimAll(store), null);
    checkNear(t, (await store.read()).links[0]?.leaseUntil, store.now() + LEASE_MS, 'from now on');
    await store.links.settle(claim, [], { reconcileId: '', clocks: {} });
    t.equal((await store.links.renewLease(claim)).size, 2, 'settling nothing gives nothing back');
    await settle(store, { ...claim, links: claim.links.slice(0, 1) });
    t.same(
      await store.links.renewLease(claim),
      new Set([claim.links[1]?.id]),
      'what is settled is not leased any more',
    );
  });

  await t.test('what is released comes back untouched, after its time', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1', '2');
    const claim = await claimAll(store);
    if (!claim) throw new Error('nothing to claim');
    const [first, second] = claim.links;
    await store.links.release({ ...claim, links: first ? [first] : [] }, 40_000);
    t.same(await store.links.renewLease(claim), new Set([second?.id]), 'only what was given back');
    const row = await readLink(store, first?.id ?? '');
    t.match(row, { leaseToken: null, leaseUntil: null, attempts: 0, dirtySeq: 1, doneSeq: 0 });
    const after = (row?.nextAttemptAt ?? 0) - store.now();
    t.ok(after > 10_000 && after <= 60_000, 'within half and one and a half of the time', { after });
    t.equal(await claimAll(store), null);
    await store.advance(70_000);
    t.equal((await claimOne(store)).links[0].id, first?.id);
  });

  await t.test('what is released lets live edits go first, and is live again once it is edited', async (t) => {
    const store = await make(t);
    await markTeachers(store, 'waiting', 'edited');
    const claim = await claimAll(store);
    if (!claim) throw new Error('nothing to claim');
    await store.links.release(claim, 0);
    await markTeachers(store, 'new', 'edited');
    const order: unknown[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const [link] = (await store.links.claim('teacher', MODEL, 1))?.links ?? [];
      order.push([link?.appId, link?.priority]);
    }
    t.same(order, [
      ['edited', PRIORITY.live],
      ['new', PRIORITY.live],
      ['waiting', PRIORITY.poll],
    ]);
    await store.links.markApp([{ entity: 'teacher', id: 'seldom' }], MODEL, PRIORITY.sweep);
    await store.links.release(await claimOne(store), 0);
    t.equal((await claimOne(store)).links[0].priority, PRIORITY.sweep, 'what was less urgent stays so');
  });

  await t.test('two links on one Odoo record are never leased by two workers', async (t) => {
    const store = await make(t);
    await store.links.markOdoo(MODEL, [7], ['teacher', 'guest'], PRIORITY.live);
    await store.links.markOdoo(MODEL, [8], ['guest'], PRIORITY.live);
    const teacher = await claimOne(store);
    const guest = await claimOne(store, 'guest');
    t.equal(guest.links[0].odooId, 8, 'the one that is free');
    await settle(store, teacher);
    t.equal((await claimOne(store, 'guest')).links[0].odooId, 7);
    await markTeachers(store, 'x');
    t.ok(await claimAll(store), 'links without an Odoo record share none');
    await store.links.markOdoo(MODEL, [7], [], PRIORITY.live);
    t.equal(await claimAll(store), null, 'the guest is being worked on');
    await store.advance(LEASE_MS + 10_000);
    t.ok(await claimAll(store), 'a lease that ran out keeps nobody away');
  });

  await t.test('many workers share the queue: every link is claimed exactly once', async (t) => {
    const store = await make(t);
    const processes = [store, await store.connect(), await store.connect()];
    await markTeachers(store, ...Array.from({ length: 150 }, (_, index) => `t${index}`));
    const taken: string[] = [];
    await Promise.all(
      processes.map(async (process) => {
        for (
          let claim = await process.links.claim('teacher', MODEL, 17);
          claim;
          claim = await process.links.claim('teacher', MODEL, 17)
        ) {
          taken.push(...claim.links.map(({ id }) => id));
          await settle(process, claim);
        }
      }),
    );
    t.equal(taken.length, 150);
    t.equal(new Set(taken).size, 150);
    t.same(await store.links.findDirty(), []);
  });

  await t.test('links on one Odoo record stay apart under many claims at once', async (t) => {
    const store = await make(t);
    const other = await store.connect();
    for (let round = 0; round < 5; round += 1) {
      await store.links.markOdoo(MODEL, [1, 2, 3, 4], ['teacher', 'guest', 'tenant'], PRIORITY.live);
      const claims = await Promise.all(
        ['teacher', 'guest', 'tenant'].map((entity, index) =>
          (index % 2 ? other : store).links.claim(entity, MODEL, 3),
        ),
      );
      const records = claims.flatMap((claim) => claim?.links.map(({ odooId }) => odooId) ?? []);
      t.equal(new Set(records).size, records.length, 'no record twice');
      t.ok(records.length >= 3);
      for (const claim of claims) if (claim) await settle(store, claim);
    }
  });

  await t.test('what is handed out does not change by what happens later', async (t) => {
    const store = await make(t);
    const id = await tie(store, '1', 7);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    const fields = { phone: '2' };
    await store.links.recordIntents(claim, [toIntent(id, { fields })]);
    fields.phone = 'changed by its owner';
    await settle(store, claim, {
      next: { kind: 'again' },
      openIntents: ['k1'],
      edits: { app: { from: 1, to: 2, strayed: {} }, odoo: null },
    });
    const again = await claimOne(store);
    const before = structuredClone(again.links[0]);
    t.match(before, { intents: [{ fields: { phone: '2' } }], base: BASE });
    await markTeachers(store, '1');
    await settle(store, again, {
      base: { ...BASE, app: { name: 'Berta', active: false } },
      next: { kind: 'park', error: { code: 'c', message: 'm', remedy: 'r' } },
    });
    t.same(again.links[0], before);
    t.same(toMarks(await store.read()), ['teacher 1 7 2/3']);
    t.equal((await readOnly(store)).state, 'parked');
  });
}
