import type { Test } from 'tap';
import { type Next, PRIORITY, type Settlement } from '../../../src/links/links.ts';
import {
  BASE,
  checkNear,
  claimAll,
  claimOne,
  ERROR,
  MODEL,
  markTeachers,
  readLink,
  readOnly,
  settle,
  tie,
  toMarks,
} from './steps.ts';
import type { Make, Subject } from './subject.ts';

const MINUTE_MS = 60_000;
const HOLD = { kind: 'match', detail: 'Two candidates.', candidates: ['7', '8'] } as const;
const CALM = { attempts: 0, error: null, hold: null, nextAttemptAt: null, leaseToken: null, leaseUntil: null };

/** Marks, claims and settles one record. */
async function passOnce(store: Subject, next: Next, more: Partial<Settlement> = {}): Promise<void> {
  await markTeachers(store, '1');
  await settle(store, await claimOne(store), { next, ...more });
}

/** What the queue does with a link that was worked on. */
export async function contractSettling(t: Test, make: Make): Promise<void> {
  await t.test('done: answered and calm', async (t) => {
    const store = await make(t);
    await passOnce(store, { kind: 'retry', afterMs: 0, error: ERROR });
    await passOnce(store, { kind: 'done' });
    t.match(await readOnly(store), { ...CALM, state: 'active', dirtySeq: 2, doneSeq: 2 });
    await passOnce(store, { kind: 'done', outOfScope: true });
    t.match(await readOnly(store), { ...CALM, state: 'out_of_scope', dirtySeq: 3, doneSeq: 3 });
  });

  await t.test('again: at once, and less and less often when it does not end', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const claim = await claimOne(store);
      t.match(claim.links[0], { attempts: attempt, seq: '1' });
      await settle(store, claim, { next: { kind: 'again' } });
      const { nextAttemptAt } = await readOnly(store);
      if (attempt < 5) t.equal(nextAttemptAt, null, 'at once');
      else t.type(nextAttemptAt, 'number', 'the sixth time in a row it has to wait');
      await store.advance(6_000);
    }
    for (let attempt = 6; attempt < 14; attempt += 1) {
      await settle(store, await claimOne(store), { next: { kind: 'again' } });
      if (attempt === 10)
        checkNear(t, (await readOnly(store)).nextAttemptAt, store.now() + 8_000, 'twice as long each time');
      if (attempt === 13)
        checkNear(t, (await readOnly(store)).nextAttemptAt, store.now() + MINUTE_MS, 'a minute at most');
      await store.advance(65_000);
    }
    await settle(store, await claimOne(store));
    t.match(await readOnly(store), CALM, 'forgotten when it is done');
  });

  await t.test('retry: later, and the attempt counts', async (t) => {
    const store = await make(t);
    await passOnce(store, { kind: 'retry', afterMs: 30 * MINUTE_MS, error: ERROR });
    const row = await readOnly(store);
    t.match(row, { state: 'active', attempts: 1, error: ERROR, doneSeq: 0, leaseToken: null });
    checkNear(t, row.nextAttemptAt, store.now() + 30 * MINUTE_MS, 'after its time');
    await store.advance(29 * MINUTE_MS);
    t.same(await store.links.findDirty(), []);
    t.equal(await claimAll(store), null);
    await store.advance(2 * MINUTE_MS);
    t.same(await store.links.findDirty(), ['teacher']);
    t.match((await claimOne(store)).links[0], { attempts: 1, seq: '1' });
  });

  await t.test("wait: later, but nobody's fault", async (t) => {
    const store = await make(t);
    await passOnce(store, { kind: 'retry', afterMs: 0, error: ERROR });
    await passOnce(store, { kind: 'wait', afterMs: 30 * MINUTE_MS, error: { ...ERROR, code: 'unknown_outcome' } });
    const row = await readOnly(store);
    t.match(row, { state: 'active', attempts: 1, error: { code: 'unknown_outcome' }, doneSeq: 0 });
    checkNear(t, row.nextAttemptAt, store.now() + 30 * MINUTE_MS, 'after its time');
  });

  await t.test('a mark meanwhile ends the delay of a retry, not that of a wait', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1', '2');
    const claim = await claimAll(store);
    const [first, second] = claim?.links ?? [];
    if (!claim || !first || !second) throw new Error('two links expected');
    await markTeachers(store, '1', '2');
    await settle(store, { ...claim, links: [first] }, { next: { kind: 'retry', afterMs: MINUTE_MS, error: ERROR } });
    await settle(store, { ...claim, links: [second] }, { next: { kind: 'wait', afterMs: MINUTE_MS, error: ERROR } });
    t.equal((await readLink(store, first.id))?.nextAttemptAt, null);
    checkNear(t, (await readLink(store, second.id))?.nextAttemptAt, store.now() + MINUTE_MS, 'the call may still land');
    t.equal((await claimOne(store)).links[0].seq, '2');
  });

  await t.test('park: answered, with the error, until it is edited', async (t) => {
    const store = await make(t);
    await passOnce(store, { kind: 'park', error: ERROR });
    t.match(await readOnly(store), { ...CALM, state: 'parked', attempts: 1, error: ERROR, doneSeq: 1 });
    t.equal(await claimAll(store), null);
    await markTeachers(store, '1');
    t.equal((await readOnly(store)).state, 'parked', 'until the next pass says otherwise');
    const claim = await claimOne(store);
    t.equal(claim.links[0].attempts, 1);
    await settle(store, claim);
    t.match(await readOnly(store), { ...CALM, state: 'active' });
  });

  await t.test('hold: answered, with what a person has to decide', async (t) => {
    const store = await make(t);
    await passOnce(store, { kind: 'hold', hold: HOLD });
    t.match(await readOnly(store), { ...CALM, state: 'held', hold: HOLD, doneSeq: 1 });
    await passOnce(store, { kind: 'retry', afterMs: 0, error: ERROR });
    t.match(await readOnly(store), { state: 'active', hold: null, error: ERROR });
  });

  await t.test('forget: the row goes, unless it was marked meanwhile', async (t) => {
    const store = await make(t);
    await store.links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.live);
    const claim = await claimOne(store);
    await store.links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.live);
    await settle(store, claim, { next: { kind: 'forget' }, base: BASE });
    t.match(await readOnly(store), { state: 'active', doneSeq: 1, dirtySeq: 2 });
    await settle(store, await claimOne(store), { next: { kind: 'forget' }, logged: true });
    const rows = await store.read();
    t.equal(rows.links.length, 0);
    t.equal(rows.bases.size, 0, 'and with it what hung on it');
    t.equal(rows.logs.length, 1, 'but not what was logged');
    await store.links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.live);
    t.same(toMarks(await store.read()), ['teacher - 7 0/1'], 'it may come back');
  });

  await t.test('since when it is in a state counts from the change, not from the last pass', async (t) => {
    const store = await make(t);
    await passOnce(store, { kind: 'park', error: ERROR });
    await store.advance(MINUTE_MS);
    await passOnce(store, { kind: 'park', error: { ...ERROR, code: 'other' } });
    checkNear(t, (await readOnly(store)).stateSince, store.now() - MINUTE_MS, 'parked for a minute');
    await passOnce(store, { kind: 'done' });
    checkNear(t, (await readOnly(store)).stateSince, store.now(), 'active since now');
  });

  await t.test('a refused settlement among others stops none of them', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1', '2', '3');
    const claim = await claimAll(store);
    const [first, ...rest] = claim?.links ?? [];
    if (!claim || !first) throw new Error('links expected');
    await store.links.release({ ...claim, links: [first] }, 0);
    t.equal(await settle(store, claim), 1);
    const rows = await store.read();
    t.same(
      rows.links.map(({ doneSeq }) => doneSeq),
      [0, 1, 1],
    );
    t.equal(rest.length, 2);
  });

  await t.test('a write to Odoo marks the other links on that record, and only them', async (t) => {
    const store = await make(t);
    await store.links.markOdoo(MODEL, [7, 8], ['teacher', 'guest', 'tenant'], PRIORITY.poll);
    await store.links.markOdoo('product.template', [7], ['apartment'], PRIORITY.poll);
    for (const entity of ['guest', 'tenant', 'apartment']) {
      const claim = await claimAll(store, entity);
      if (claim) await settle(store, claim);
    }
    await store.advance(30_000);
    const claim = await claimAll(store);
    const [first, second] = claim?.links ?? [];
    if (!claim || !first || !second) throw new Error('two links expected');
    await settle(store, { ...claim, links: [first] }, { wroteOdoo: true });
    await settle(store, { ...claim, links: [second] });
    t.same(toMarks(await store.read()), [
      'apartment - 7 1/1',
      'guest - 7 1/2',
      'guest - 8 1/1',
      'teacher - 7 1/1',
      'teacher - 8 1/1',
      'tenant - 7 1/2',
      'tenant - 8 1/1',
    ]);
    checkNear(t, (await claimOne(store, 'guest')).links[0].dirtyAt, store.now(), 'they wait since now');
  });

  await t.test('a record that lost its tag leaves the Odoo record to the other kinds, which hear of it', async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    await store.links.markOdoo(MODEL, [7], ['guest', 'tenant'], PRIORITY.poll);
    const next = { kind: 'done', outOfScope: true } as const;
    await settle(store, await claimOne(store, 'tenant'), { next });
    await settle(store, await claimOne(store, 'guest'));
    await settle(store, await claimOne(store), { next });
    t.same(toMarks(await store.read()), ['guest - 7 2/3', 'teacher 1 7 3/3', 'tenant - 7 1/1']);
    const occupants = await store.links.findOccupants('odoo', 'teacher', MODEL, ['7']);
    t.same(occupants.map(({ entity, inScope }) => `${entity} ${inScope}`).sort(), [
      'guest true',
      'teacher false',
      'tenant false',
    ]);
    await settle(store, await claimOne(store, 'guest'), { next });
    t.same(
      toMarks(await store.read()),
      ['guest - 7 3/3', 'teacher 1 7 3/3', 'tenant - 7 1/1'],
      'and no more when none is left',
    );
  });

  await t.test('a lost lease marks nobody', async (t) => {
    const store = await make(t);
    const id = await tie(store, '1', 7);
    await store.links.markOdoo(MODEL, [7], ['guest'], PRIORITY.poll);
    await settle(store, await claimOne(store));
    await settle(store, await claimOne(store, 'guest'));
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    await store.links.release(claim, 0);
    const before = toMarks(await store.read());
    t.equal(await settle(store, claim, { wroteOdoo: true, next: { kind: 'forget' } }), 1);
    t.same(toMarks(await store.read()), before);
    t.ok(await readLink(store, id), 'nor is anything forgotten');
  });
}
