import type { Test } from 'tap';
import { PRIORITY } from '../../../src/links/links.ts';
import { checkNear, claimAll, claimOne, ERROR, MODEL, markTeachers, readOnly, settle, tie, toMarks } from './steps.ts';
import { ENTITIES, type Make } from './subject.ts';

const fromApp = (deliveryId: string, recordId: string, entity = 'teacher') =>
  ({ source: 'app', deliveryId, entity, odooModel: MODEL, recordId }) as const;
const fromOdoo = (recordId: string) =>
  ({ source: 'odoo', deliveryId: null, entity: null, odooModel: MODEL, recordId }) as const;

/** Marks: the way in for work. */
export async function contractMarking(t: Test, make: Make): Promise<void> {
  await t.test('marks of one record coalesce into one link', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1', '2', '1');
    await markTeachers(store, '1');
    t.same(toMarks(await store.read()), ['teacher 1 - 0/2', 'teacher 2 - 0/1']);
    t.equal((await claimAll(store))?.links.length, 2);
    await store.links.markApp([], MODEL, PRIORITY.live);
    await store.links.markOdoo(MODEL, [], ENTITIES, PRIORITY.live);
    t.equal((await store.read()).links.length, 2, 'nothing marked is nothing made');
  });

  await t.test('how long a link waits counts from the first mark that is not answered', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const first = store.now();
    await store.advance(40_000);
    await markTeachers(store, '1');
    checkNear(t, (await readOnly(store)).dirtyAt, store.now() - 40_000, 'the first');
    checkNear(t, (await claimOne(store)).links[0].dirtyAt, store.now() - 40_000, 'and so the worker is told');
    t.ok(store.now() >= first);
    const other = await make(t);
    await tie(other, '1', 7);
    await other.advance(40_000);
    await markTeachers(other, '1');
    checkNear(t, (await readOnly(other)).dirtyAt, other.now(), 'an answered one does not count');
  });

  await t.test('the most urgent mark that is not answered decides the priority', async (t) => {
    const store = await make(t);
    const mark = (priority: 0 | 1 | 2 | 3) => store.links.markApp([{ entity: 'teacher', id: '1' }], MODEL, priority);
    await mark(PRIORITY.resync);
    await mark(PRIORITY.sweep);
    t.equal((await readOnly(store)).priority, PRIORITY.resync);
    await mark(PRIORITY.poll);
    const claim = await claimOne(store);
    t.equal(claim.links[0].priority, PRIORITY.poll);
    await settle(store, claim);
    await mark(PRIORITY.sweep);
    t.equal((await readOnly(store)).priority, PRIORITY.sweep, 'an answered mark does not linger');
    await store.links.markOdoo(MODEL, [7], ['tenant'], PRIORITY.sweep);
    await store.links.markOdoo(MODEL, [7], ['tenant'], PRIORITY.live);
    t.equal((await claimOne(store, 'tenant')).links[0].priority, PRIORITY.live, 'marks from Odoo as well');
  });

  await t.test("a person's edit is tried at once, a poll's find waits its time", async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    await settle(store, await claimOne(store), { next: { kind: 'retry', afterMs: 3_600_000, error: ERROR } });
    await store.links.markApp([{ entity: 'teacher', id: '1' }], MODEL, PRIORITY.poll);
    t.equal(await claimAll(store), null);
    await markTeachers(store, '1');
    t.equal((await claimOne(store)).links[0].attempts, 1);
  });

  await t.test('an Odoo record is marked on all its links; missing ones are made', async (t) => {
    const store = await make(t);
    await store.links.markOdoo(MODEL, [7, 7], ['teacher'], PRIORITY.poll);
    await store.links.markOdoo(MODEL, [7, 8], ['teacher', 'guest'], PRIORITY.poll);
    t.same(toMarks(await store.read()), ['guest - 7 0/1', 'guest - 8 0/1', 'teacher - 7 0/2', 'teacher - 8 0/1']);
    await store.links.markOdoo(MODEL, [7], [], PRIORITY.poll);
    t.same(toMarks(await store.read()).slice(0, 3), ['guest - 7 0/2', 'guest - 8 0/1', 'teacher - 7 0/3']);
    await store.links.markOdoo('product.template', [7], ['apartment'], PRIORITY.poll);
    t.ok(toMarks(await store.read()).includes('teacher - 7 0/3'), 'another model, another record');
  });

  await t.test('deliveries of the app count once, whatever comes twice', async (t) => {
    const store = await make(t);
    t.same(await store.links.receive([fromApp('m1', '1'), fromApp('m2', '1'), fromApp('m1', '1')]), [
      true,
      true,
      false,
    ]);
    t.same(await store.links.receive([fromApp('m1', '1'), fromApp('m3', '2'), fromApp('m4', '1', 'guest')]), [
      false,
      true,
      true,
    ]);
    t.same(toMarks(await store.read()), [], 'nothing is marked yet');
    t.equal(await store.links.markDelivered(), 4);
    t.equal(await store.links.markDelivered(), 0);
    const rows = await store.read();
    t.same(toMarks(rows), ['guest 1 - 0/1', 'teacher 1 - 0/1', 'teacher 2 - 0/1']);
    t.same(
      rows.deliveries.map(({ deliveryId, recordId }) => [deliveryId, recordId]),
      [
        ['m1', '1'],
        ['m2', '1'],
        ['m3', '2'],
        ['m4', '1'],
      ],
    );
    t.same(await store.links.receive([]), []);
  });

  await t.test('deliveries of Odoo all count; an unknown record might be of any entity', async (t) => {
    const store = await make(t);
    await store.links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.poll);
    t.same(await store.links.receive([fromOdoo('7'), fromApp('m1', '1'), fromOdoo('8'), fromOdoo('7')]), [
      true,
      true,
      true,
      true,
    ]);
    t.equal(await store.links.markDelivered(), 4);
    const rows = await store.read();
    t.same(toMarks(rows), ['guest - 8 0/1', 'teacher - 7 0/2', 'teacher - 8 0/1', 'teacher 1 - 0/1', 'tenant - 8 0/1']);
    t.same(new Set(rows.links.map(({ priority }) => priority)), new Set([PRIORITY.live]));
    t.equal(rows.deliveries.length, 4);
    t.match(
      rows.deliveries.find(({ recordId }) => recordId === '8'),
      { source: 'odoo', deliveryId: null, entity: null, odooModel: MODEL },
    );
    await store.advance(400_000);
    t.equal(await store.links.markDelivered(), 0, 'one look is enough where Odoo tells after its commit');
  });

  await t.test('what is new gets its links in one order: of the app before Odoo, by entity, by record', async (t) => {
    const store = await make(t, { looksAgain: true });
    await store.links.receive([fromOdoo('9')]);
    await store.links.markDelivered();
    for (const entity of ['guest', 'teacher', 'tenant'])
      await settle(store, await claimOne(store, entity), { next: { kind: 'forget' } });
    await store.advance(3_000);
    // The further look at 9 is less urgent than the first at 8, and still comes in its place.
    await store.links.receive([fromOdoo('8'), fromApp('m1', '2'), fromApp('m2', '1'), fromApp('m3', '1', 'guest')]);
    t.equal(await store.links.markDelivered(), 5);
    t.same(
      (await store.read()).links.map(({ entity, appId, odooId }) => `${entity} ${appId ?? odooId}`),
      [
        ...['guest 1', 'teacher 1', 'teacher 2'],
        ...['guest 8', 'guest 9', 'teacher 8', 'teacher 9', 'tenant 8', 'tenant 9'],
      ],
    );
  });

  await t.test('where Odoo tells before its commit, it is looked again after 2, 15, 60 and 300 s', async (t) => {
    const store = await make(t, { looksAgain: true });
    await store.links.receive([fromOdoo('7'), fromApp('m1', '1')]);
    t.equal(await store.links.markDelivered(), 2, 'at once');
    t.equal(await store.links.markDelivered(), 0, 'and not again at once');
    const marks: string[] = [];
    for (const wait of [3_000, 7_000, 6_000, 45_000, 200_000, 40_000, 400_000]) {
      await store.advance(wait);
      marks.push(`${wait / 1_000} s: ${await store.links.markDelivered()}`);
    }
    t.same(marks, ['3 s: 1', '7 s: 0', '6 s: 1', '45 s: 1', '200 s: 0', '40 s: 1', '400 s: 0']);
    t.ok(toMarks(await store.read()).includes('teacher - 7 0/5'), 'each look marks');
  });

  await t.test('a further look is less urgent, and makes no link where one is', async (t) => {
    const store = await make(t, { looksAgain: true });
    await store.links.receive([fromOdoo('7')]);
    t.equal(await store.links.markDelivered(), 1);
    for (const entity of ['tenant', 'guest'])
      await settle(store, await claimOne(store, entity), { next: { kind: 'forget' } });
    await settle(store, await claimOne(store));
    await store.advance(3_000);
    t.equal(await store.links.markDelivered(), 1);
    t.match(await readOnly(store), { entity: 'teacher', dirtySeq: 2, priority: PRIORITY.poll });
  });
}
