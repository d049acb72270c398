/** Records that need the counterpart of another one first. */
import type { Test } from 'tap';
import { PRIORITY } from '../../../src/links/links.ts';
import { attachOdoo, claimOne, ERROR, MODEL, readLink, settle, tie } from './steps.ts';
import type { Make, Subject } from './subject.ts';

const TRAVEL = 'crm.lead';
const claimTravel = async ({ links }: Subject) => (await links.claim('travel', TRAVEL, 10))?.links ?? [];

async function makeTravelWait(store: Subject, afterMs: number): Promise<string> {
  await store.links.markApp([{ entity: 'travel', id: '5' }], TRAVEL, PRIORITY.live);
  const claim = await store.links.claim('travel', TRAVEL, 10);
  if (!claim?.links[0]) throw new Error('the travel could not be claimed');
  const waitsFor = { entity: 'teacher', id: '1' };
  await settle(store, claim, { next: { kind: 'wait', afterMs, error: ERROR, waitsFor } });
  return claim.links[0].id;
}

export async function contractWaiting(t: Test, make: Make): Promise<void> {
  await t.test('who waits for a parent goes on as soon as that has its counterpart', async (t) => {
    const store = await make(t);
    const id = await makeTravelWait(store, 600_000);
    t.match(await readLink(store, id), { waitsFor: { entity: 'teacher', id: '1' }, error: ERROR });
    t.same(await claimTravel(store), [], 'not before');
    await store.links.markApp([{ entity: 'teacher', id: '1' }], MODEL, PRIORITY.live);
    const parent = await claimOne(store);
    await settle(store, parent, { next: { kind: 'again' } });
    t.same(await claimTravel(store), [], 'not while it has none');
    const claim = await claimOne(store);
    await attachOdoo(store.links, claim, 7);
    await settle(store, claim);
    t.match(await readLink(store, id), { waitsFor: null, nextAttemptAt: null });
    t.match(await claimTravel(store), [{ id, seq: '2' }]);
  });

  await t.test('another parent, or one that had its counterpart before, wakes nobody', async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    const id = await makeTravelWait(store, 600_000);
    await tie(store, '2', 8);
    await store.links.markApp([{ entity: 'teacher', id: '1' }], MODEL, PRIORITY.live);
    await settle(store, await claimOne(store));
    t.match(await readLink(store, id), { waitsFor: { entity: 'teacher', id: '1' }, dirtySeq: 1 });
  });

  await t.test('the wait has an end of its own, and the next pass forgets whom it was for', async (t) => {
    const store = await make(t);
    const id = await makeTravelWait(store, 1_000);
    await store.advance(1_500);
    const claim = await store.links.claim('travel', TRAVEL, 10);
    if (!claim) throw new Error('the travel could not be claimed');
    await settle(store, claim);
    t.match(await readLink(store, id), { waitsFor: null, error: null });
  });

  await t.test('the counterparts of app records are found by kind and id', async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    await store.links.markApp([{ entity: 'teacher', id: '2' }], MODEL, PRIORITY.live);
    const keys = ['1', '2', '3'].map((id) => ({ entity: 'teacher', id }));
    const found = await store.links.findLinked([...keys, { entity: 'guest', id: '1' }]);
    t.same([...found], [['teacher:1', 7]]);
    t.equal((await store.links.findLinked([])).size, 0);
  });
}
