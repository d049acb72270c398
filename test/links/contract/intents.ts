import type { Test } from 'tap';
import { LEASE_MS } from '../../../src/links/claim.ts';
import type { ConflictEntry } from '../../../src/links/links.ts';
import { checkNear, claimAll, claimOne, markTeachers, readOnly, settle, toIntent } from './steps.ts';
import type { Make } from './subject.ts';

const LOSER: ConflictEntry = {
  field: 'address',
  base: { street: 'Old', zip: '1' },
  app: { value: { street: 'A', zip: '2' }, at: 1_000 },
  odoo: { value: { street: null, zip: '3' }, at: 2_000.5 },
  winner: 'odoo',
  rule: 'later',
  close: true,
};

/** Intents: what was about to be written when the worker was last heard of. */
export async function contractIntents(t: Test, make: Make): Promise<void> {
  await t.test('an intent is there for the next worker, with what loses by it', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    const intent = toIntent(claim.links[0].id, {
      conflicts: [LOSER],
      edited: { from: 10, to: 20 },
      strayed: { name: 'edited', vat: null },
      onStamp: '2026-11-23T10:00:00.123456Z',
      fields: { phone: '2', active: false, rank: 3, note: null },
      sentAt: store.now(),
      overAt: store.now() + 500_000,
    });
    t.same(await store.links.recordIntents(claim, [intent]), { ours: new Set([claim.links[0].id]), held: new Map() });
    await store.advance(LEASE_MS + 10_000);
    const [found] = (await claimOne(store)).links[0].intents;
    t.same({ ...found, sentAt: 0, overAt: 0 }, { ...intent, sentAt: 0, overAt: 0 });
    checkNear(t, found?.sentAt, store.now() - LEASE_MS - 10_000, 'with when it was sent');
    checkNear(t, found?.overAt, store.now() + 500_000 - LEASE_MS - 10_000, 'and when it is surely over');
  });

  await t.test('only links under the lease may be written, and only theirs are announced', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1', '2');
    const claim = await claimAll(store);
    const [first, second] = claim?.links ?? [];
    if (!claim || !first || !second) throw new Error('two links expected');
    await settle(store, { ...claim, links: [first] });
    const announced = await store.links.recordIntents(claim, [toIntent(first.id), toIntent(second.id, { key: 'k2' })]);
    t.same(announced.ours, new Set([second.id]));
    t.same(
      (await store.read()).intents.map(({ key }) => key),
      ['k2'],
    );
    const forged = { ...claim, token: '00000000-0000-4000-8000-00000000dead' };
    t.same((await store.links.recordIntents(forged, [toIntent(second.id)])).ours, new Set());
    t.equal((await store.read()).intents.length, 1);
  });

  await t.test('announcing renews the lease', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    await store.advance(LEASE_MS - 20_000);
    await store.links.recordIntents(claim, [toIntent(claim.links[0].id)]);
    checkNear(t, (await readOnly(store)).leaseUntil, store.now() + LEASE_MS, 'from now on');
  });

  await t.test('a settlement ends all intents but those whose outcome is unknown', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1', '2');
    const claim = await claimAll(store);
    const [first, second] = claim?.links ?? [];
    if (!claim || !first || !second) throw new Error('two links expected');
    await store.links.recordIntents(claim, [
      toIntent(first.id, { key: 'open' }),
      toIntent(first.id, { key: 'known', side: 'app' }),
      toIntent(second.id, { key: 'open' }),
    ]);
    await settle(store, { ...claim, links: [first] }, { next: { kind: 'again' }, openIntents: ['open'] });
    const again = await claimOne(store);
    t.same(
      again.links[0].intents.map(({ key }) => key),
      ['open'],
    );
    await settle(store, claim, { next: { kind: 'again' } });
    t.same(
      (await store.read()).intents.map(({ linkId }) => linkId),
      [first.id],
      'the settled one of the claim that is still its own',
    );
    await settle(store, again);
    t.equal((await store.read()).intents.length, 0);
  });

  await t.test('updates add up, a creation takes the place of the last one', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    const { id } = claim.links[0];
    await store.links.recordIntents(claim, [toIntent(id, { kind: 'create', key: 'c1' }), toIntent(id, { key: 'u1' })]);
    await store.links.recordIntents(claim, [toIntent(id, { kind: 'create', key: 'c2' }), toIntent(id, { key: 'u2' })]);
    t.same(
      (await store.read()).intents.map(({ key }) => key),
      ['u1', 'c2', 'u2'],
    );
  });

  await t.test("a worker that lost its lease takes nothing away of the new one's creation", async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const late = await claimOne(store);
    await store.advance(LEASE_MS + 10_000);
    const claim = await claimOne(store);
    const { id } = claim.links[0];
    await store.links.recordIntents(claim, [toIntent(id, { kind: 'create', key: 'new' })]);
    t.same((await store.links.recordIntents(late, [toIntent(id, { kind: 'create', key: 'late' })])).ours, new Set());
    t.same(
      (await store.read()).intents.map(({ key }) => key),
      ['new'],
    );
  });
}
