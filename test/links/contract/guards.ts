import type { Test } from 'tap';
import { GUARD_WINDOW_HOURS } from '../../../src/links/guard.ts';
import { type Claim, type ClaimedLink, type GuardKind, PRIORITY } from '../../../src/links/links.ts';
import { claimAll, INFO, MODEL, markTeachers, settle, toIntent, toSettlement } from './steps.ts';
import type { Make, Subject } from './subject.ts';

const HOUR_MS = 3_600_000;

/** Makes so many full links of the entity and claims them all. */
async function claimTied(store: Subject, count: number, entity = 'teacher'): Promise<Claim> {
  const keys = Array.from({ length: count }, (_, index) => ({ entity, id: String(index + 1) }));
  await store.links.markApp(keys, MODEL, PRIORITY.live);
  const claim = await store.links.claim(entity, MODEL, count);
  if (!claim) throw new Error('nothing to claim');
  for (const { id, appId } of claim.links)
    await store.links.attach(claim, id, { side: 'odoo', id: String(appId), odooModel: MODEL });
  return claim;
}

const guard = (store: Subject, claim: Claim, links: readonly Pick<ClaimedLink, 'id'>[], kind: GuardKind = 'archive') =>
  store.links.recordIntents(
    claim,
    links.map(({ id }, index) => toIntent(id, { guard: kind, key: `${kind}-${id}-${index}` })),
  );

/** Guards: how much may be archived or rewritten within a day. */
export async function contractGuards(t: Test, make: Make): Promise<void> {
  await t.test('five archives may pass where few are linked; what is over is held and not announced', async (t) => {
    const store = await make(t);
    const claim = await claimTied(store, 7);
    const { ours, held } = await guard(store, claim, claim.links);
    const over = claim.links.slice(5).map(({ id }) => id);
    t.same(held, new Map(over.map((id) => [id, 'archive'])), 'the first find a place');
    t.equal(ours.size, 7, 'the lease on all of them is still there');
    const rows = await store.read();
    t.same(
      rows.intents.map(({ linkId }) => linkId),
      claim.links.slice(0, 5).map(({ id }) => id),
    );
    t.equal('guard' in (rows.intents[0] ?? {}), false);
    t.equal(rows.guardUses.length, 5);
  });

  await t.test('the share of DELETE_GUARD_PERCENT counts where many are linked, up to twenty', async (t) => {
    const store = await make(t, { guardPercent: 30 });
    const claim = await claimTied(store, 30);
    await markTeachers(store, 'not linked');
    t.equal((await guard(store, claim, claim.links)).held.size, 30 - 9);
    const generous = await make(t, { guardPercent: 100 });
    const all = await claimTied(generous, 30);
    t.equal((await guard(generous, all, all.links)).held.size, 30 - 20);
  });

  await t.test('rewrites have places of their own: twenty, or half of what is linked', async (t) => {
    const store = await make(t);
    const claim = await claimTied(store, 42);
    t.equal((await guard(store, claim, claim.links.slice(0, 6))).held.size, 1);
    t.equal((await guard(store, claim, claim.links.slice(10), 'rewrite')).held.size, 32 - 21);
    t.same(new Set((await guard(store, claim, claim.links.slice(-1), 'rewrite')).held.values()), new Set(['rewrite']));
  });

  await t.test('each entity has its own places', async (t) => {
    const store = await make(t);
    const teachers = await claimTied(store, 6);
    t.equal((await guard(store, teachers, teachers.links)).held.size, 1);
    await settle(store, teachers);
    const guests = await claimTied(store, 6, 'guest');
    t.equal((await guard(store, guests, guests.links)).held.size, 1);
  });

  await t.test('a second try counts once', async (t) => {
    const store = await make(t);
    const claim = await claimTied(store, 6);
    t.equal((await guard(store, claim, claim.links.slice(0, 5))).held.size, 0);
    t.equal((await guard(store, claim, claim.links.slice(0, 5))).held.size, 0, 'they have their places');
    t.same([...(await guard(store, claim, claim.links)).held.keys()], [claim.links[5]?.id]);
    const doubled = claim.links.slice(0, 1);
    t.equal((await guard(store, claim, [...doubled, ...doubled])).held.size, 0);
    t.equal((await store.read()).guardUses.length, 5);
  });

  await t.test('a place is free again after a day, counted from each use', async (t) => {
    const store = await make(t);
    const claim = await claimTied(store, 8);
    await guard(store, claim, claim.links.slice(0, 2));
    await store.advance(10 * HOUR_MS);
    await guard(store, claim, claim.links.slice(2, 5));
    t.equal((await guard(store, claim, claim.links.slice(5))).held.size, 3);
    await store.advance((GUARD_WINDOW_HOURS - 10) * HOUR_MS - 60_000);
    t.equal((await guard(store, claim, claim.links.slice(5))).held.size, 3, 'not yet');
    await store.advance(120_000);
    t.same([...(await guard(store, claim, claim.links.slice(5))).held.keys()], [claim.links[7]?.id], 'the first two');
    await store.advance(24 * HOUR_MS);
    t.equal((await guard(store, claim, claim.links.slice(0, 5))).held.size, 0, 'who had one may have one again');
    t.equal((await guard(store, claim, claim.links.slice(5))).held.size, 3);
  });

  await t.test('what a person let pass takes no place', async (t) => {
    const store = await make(t);
    const claim = await claimTied(store, 8);
    await guard(store, claim, claim.links.slice(0, 5));
    const hold = { kind: 'delete', detail: 'too many at once' } as const;
    await settle(store, claim, { next: { kind: 'hold', hold } });
    t.equal(await store.decisions.release({}), 8);
    const released = await claimAll(store);
    if (!released) throw new Error('nothing to claim');
    t.equal(
      released.links.every((link) => link.released),
      true,
    );
    t.same(await guard(store, released, released.links.slice(5)), {
      ours: new Set(released.links.map(({ id }) => id)),
      held: new Map(),
    });
    t.equal((await store.read()).guardUses.length, 5);
    await settle(store, released, {
      next: { kind: 'retry', afterMs: 0, error: { code: 'c', message: 'm', remedy: 'r' } },
    });
    t.equal((await claimAll(store))?.links[0]?.released, true, 'until it is done');
  });

  await t.test('what carries no guard is never held', async (t) => {
    const store = await make(t);
    const claim = await claimTied(store, 7);
    await guard(store, claim, claim.links.slice(0, 5));
    const [, , , , , sixth, seventh] = claim.links;
    const { held } = await store.links.recordIntents(claim, [
      toIntent(sixth?.id ?? '', { guard: 'archive', key: 'a' }),
      toIntent(seventh?.id ?? '', { key: 'b' }),
    ]);
    t.same([...held.keys()], [sixth?.id]);
    t.ok((await store.read()).intents.some(({ key }) => key === 'b'));
  });

  await t.test('two workers at once share the places', async (t) => {
    const store = await make(t);
    const other = await store.connect();
    await settle(store, await claimTied(store, 12));
    await markTeachers(store, ...Array.from({ length: 12 }, (_, index) => String(index + 1)));
    const one = await store.links.claim('teacher', MODEL, 6);
    const two = await other.links.claim('teacher', MODEL, 6);
    if (!one || !two) throw new Error('nothing to claim');
    const announced = await Promise.all([
      guard(store, one, one.links),
      other.links.recordIntents(
        two,
        two.links.map(({ id }) => toIntent(id, { guard: 'archive', key: id })),
      ),
    ]);
    t.equal(
      announced.reduce((sum, { held }) => sum + held.size, 0),
      12 - 5,
    );
    t.equal((await store.read()).guardUses.length, 5);
  });

  await t.test('a worker that lost its lease takes no place', async (t) => {
    const store = await make(t);
    const claim = await claimTied(store, 6);
    const [first, ...others] = claim.links;
    if (!first) throw new Error('nothing to claim');
    await store.links.settle(claim, [toSettlement(first)], INFO);
    t.equal((await guard(store, claim, claim.links)).held.size, 0, 'the five others find theirs');
    t.same(
      (await store.read()).guardUses.map(({ linkId }) => linkId),
      others.map(({ id }) => id),
    );
    await markTeachers(store, '1');
    const again = await claimAll(store);
    if (!again) throw new Error('nothing to claim');
    await settle(store, again, { next: { kind: 'forget' } });
    const late = await guard(store, again, again.links);
    t.same([late.ours.size, late.held.size], [0, 0], 'not even for a link that is gone');
  });

  await t.test('what is gone counts no more', async (t) => {
    const store = await make(t);
    const claim = await claimTied(store, 6);
    await guard(store, claim, claim.links.slice(0, 5));
    const [first] = claim.links;
    if (!first) throw new Error('nothing to claim');
    await store.links.settle(claim, [toSettlement(first, { next: { kind: 'forget' } })], INFO);
    t.equal((await store.read()).guardUses.length, 4);
  });
}
