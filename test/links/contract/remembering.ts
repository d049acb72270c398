import type { Test } from 'tap';
import type { ConflictEntry } from '../../../src/links/links.ts';
import { BASE, checkNear, claimOne, ERROR, INFO, markTeachers, readOnly, settle, tie, toSettlement } from './steps.ts';
import type { Make, Subject } from './subject.ts';

const LOSER: ConflictEntry = {
  field: 'name',
  base: 'Ann',
  app: { value: 'Anna', at: 1_000 },
  odoo: { value: 'Anne', at: 2_000 },
  winner: 'app',
  rule: 'later',
  close: true,
};
const ADDRESS: ConflictEntry = {
  ...LOSER,
  field: 'address',
  base: null,
  app: { value: { street: 'A', zip: null }, at: 1_000 },
  odoo: { value: { street: 'B', zip: '3' }, at: 2_000 },
  winner: 'odoo',
  close: false,
};
const EDITS = { app: { from: 1, to: 2, strayed: {} }, odoo: { from: 3.5, to: 4, strayed: { vat: 'X', notes: null } } };
const RETRY = { kind: 'retry', afterMs: 0, error: ERROR } as const;
const HOLD = { kind: 'rewrite', detail: 'Too many.' } as const;

async function claimAgain(store: Subject) {
  await markTeachers(store, '1');
  return claimOne(store);
}

/** What outlives a pass. */
export async function contractMemory(t: Test, make: Make): Promise<void> {
  await t.test('the base is what the next pass starts from, until there is a new one', async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    const claim = await claimAgain(store);
    t.same(claim.links[0].base, BASE);
    await settle(store, claim, { next: { kind: 'park', error: ERROR } });
    const kept = await claimAgain(store);
    t.same(kept.links[0].base, BASE);
    const bare = { app: {}, odoo: { rank: 3, note: null }, stamps: { app: null, odoo: null }, mapping: null };
    await settle(store, kept, { base: bare });
    t.same((await claimAgain(store)).links[0].base, bare);
    t.equal((await store.read()).bases.size, 1);
  });

  await t.test('the stamps of own writes stay until the next own write', async (t) => {
    const store = await make(t);
    await settle(store, await claimAgain(store), { ownAppStamp: 'a1', ownOdooStamp: 'o1' });
    await settle(store, await claimAgain(store), { ownAppStamp: null });
    await settle(store, await claimAgain(store), { ownOdooStamp: 'o2' });
    t.match((await claimAgain(store)).links[0], { ownAppStamp: 'a1', ownOdooStamp: 'o2' });
  });

  await t.test('who edited when is remembered until all is agreed', async (t) => {
    const store = await make(t);
    await settle(store, await claimAgain(store), { edits: EDITS, next: RETRY });
    const first = await claimOne(store);
    t.same(first.links[0].edits, EDITS);
    await settle(store, first, { next: { kind: 'hold', hold: HOLD } });
    const second = await claimAgain(store);
    t.same(second.links[0].edits, EDITS, 'left out is as it was');
    await settle(store, second, { edits: { app: null, odoo: EDITS.odoo }, next: { kind: 'again' } });
    const third = await claimOne(store);
    t.same(third.links[0].edits, { app: null, odoo: EDITS.odoo });
    await settle(store, third, { edits: EDITS });
    t.same((await claimAgain(store)).links[0].edits, { app: null, odoo: null }, 'done forgets them in any case');
  });

  await t.test('what goes back and forth is remembered beyond an agreement', async (t) => {
    const store = await make(t);
    const flips = {
      name: [
        { to: 'odoo', at: 1_000 },
        { to: 'app', at: 2_000 },
      ],
    } as const;
    await settle(store, await claimAgain(store), { flips });
    const kept = await claimAgain(store);
    t.same(kept.links[0].flips, flips);
    await settle(store, kept);
    const last = await claimAgain(store);
    t.same(last.links[0].flips, flips);
    await settle(store, last, { flips: {} });
    t.same((await claimAgain(store)).links[0].flips, {});
  });

  await t.test('warnings stay until the next pass looks again', async (t) => {
    const store = await make(t);
    const warnings = [{ field: 'language', reason: 'not installed' }];
    await settle(store, await claimAgain(store), { warnings });
    await settle(store, await claimAgain(store));
    t.same((await readOnly(store)).warnings, warnings, 'left out is as they were');
    await settle(store, await claimAgain(store), { warnings: [] });
    t.equal((await readOnly(store)).warnings, null);
  });

  await t.test('conflicts keep both values and both clocks', async (t) => {
    const store = await make(t);
    const id = await tie(store, '1', 7);
    await settle(store, await claimAgain(store), { conflicts: [LOSER, ADDRESS] });
    const { conflicts } = await store.read();
    const common = { linkId: id, entity: 'teacher', appId: '1', odooId: 7, clocks: INFO.clocks, restoredAt: null };
    t.same(
      conflicts.map((row) => ({ ...row, id: '' })),
      [
        { ...LOSER, ...common, id: '' },
        { ...ADDRESS, ...common, id: '' },
      ],
    );
  });

  await t.test('the log tells the outcome, why, and what to do', async (t) => {
    const store = await make(t);
    const id = await tie(store, '1', 7);
    const pass = async (more: Parameters<typeof settle>[2]) =>
      settle(store, await claimAgain(store), { logged: true, ...more });
    await pass({ outcome: 'update', direction: 'to_odoo', fields: ['name', 'phone'] });
    await pass({ outcome: 'park', next: { kind: 'park', error: ERROR } });
    await pass({ outcome: 'hold', next: { kind: 'hold', hold: HOLD } });
    await pass({ logged: false });
    const common = { reconcileId: INFO.reconcileId, entity: 'teacher', linkId: id, appId: '1', odooId: 7 };
    const nothing = { direction: null, fields: null, errorCode: null, message: null, remedy: null };
    t.same((await store.read()).logs, [
      { ...common, ...nothing, outcome: 'update', direction: 'to_odoo', fields: ['name', 'phone'] },
      { ...common, ...nothing, outcome: 'park', errorCode: ERROR.code, message: ERROR.message, remedy: ERROR.remedy },
      { ...common, ...nothing, outcome: 'hold', errorCode: 'held_rewrite', message: HOLD.detail },
    ]);
  });

  await t.test('a settlement tells the log what the link has become, not what it was claimed as', async (t) => {
    const store = await make(t);
    const claim = await claimAgain(store);
    const [link] = claim.links;
    await store.links.attach(claim, link.id, { side: 'odoo', id: '7', odooModel: 'res.partner' });
    await store.links.settle(claim, [toSettlement(link, { logged: true, conflicts: [LOSER] })], INFO);
    const { logs, conflicts } = await store.read();
    t.match([logs[0], conflicts[0]], [{ odooId: 7 }, { odooId: 7 }]);
  });

  await t.test(
    'a loser that a person wants back is carried to the next passes until it is on both sides',
    async (t) => {
      const store = await make(t);
      await tie(store, '1', 7);
      await settle(store, await claimAgain(store), { conflicts: [LOSER, ADDRESS, { ...LOSER, rule: 'owner' }] });
      const [name, address, governed] = (await store.read()).conflicts;
      t.equal(await store.decisions.restore(governed?.id ?? ''), 'governed');
      await store.advance(60_000);
      t.equal(await store.decisions.restore(address?.id ?? ''), 'restoring');
      const claim = await claimOne(store);
      const restoring = { conflictId: address?.id, values: { street: 'A', zip: null } };
      t.same(claim.links[0].restoring, restoring, 'a group as a whole');
      t.equal(await store.decisions.restore(name?.id ?? ''), 'busy', 'the first would be lost');
      t.equal(await store.decisions.restore(address?.id ?? ''), 'restoring', 'twice is once');
      await settle(store, claim, { next: { kind: 'park', error: ERROR } });
      t.equal(await store.decisions.restore(name?.id ?? ''), 'restoring', 'what cannot be written gives way');
      t.equal(await store.decisions.restore(address?.id ?? ''), 'restoring');
      const again = await claimAgain(store);
      t.same(again.links[0].restoring, restoring);
      t.same(
        (await store.read()).conflicts.map(({ restoredAt }) => restoredAt),
        [null, null, null],
      );
      await settle(store, again);
      const [, restored] = (await store.read()).conflicts;
      checkNear(t, restored?.restoredAt, store.now(), 'noted when it was done');
      t.equal((await claimAgain(store)).links[0].restoring, null);
      t.equal(await store.decisions.restore(name?.id ?? ''), 'restoring');
      t.same((await readOnly(store)).restoring, { conflictId: name?.id, values: { name: 'Anne' } });
      t.equal(await store.decisions.restore('999'), 'unknown');
    },
  );

  await t.test('a decision about a held record is carried to the next passes until it is done', async (t) => {
    const store = await make(t);
    await settle(store, await claimAgain(store), { next: { kind: 'hold', hold: { kind: 'match', detail: 'd' } } });
    const { id } = await readOnly(store);
    const decision = { kind: 'link', id: '8' } as const;
    t.equal(await store.decisions.resolve(id, decision), true);
    const claim = await claimOne(store);
    t.same(claim.links[0].decision, decision);
    t.equal(claim.links[0].released, false);
    await settle(store, claim, { next: { kind: 'hold', hold: { kind: 'match', detail: 'd' } } });
    t.same((await readOnly(store)).decision, decision);
    await settle(store, await claimAgain(store));
    t.equal((await readOnly(store)).decision, null);
    t.equal(await store.decisions.resolve(id, { kind: 'ignore' }), false, 'nothing is held any more');
  });

  await t.test('what a person decides while the record is worked on is for the next pass', async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    const match = { kind: 'hold', hold: { kind: 'match', detail: 'd' } } as const;
    await settle(store, await claimAgain(store), { next: match, conflicts: [LOSER] });
    const [link] = (await store.read()).links;
    const [conflict] = (await store.read()).conflicts;
    await store.decisions.resolve(link?.id ?? '', { kind: 'create' });
    const first = await claimOne(store);
    t.equal(await store.decisions.resolve(link?.id ?? '', { kind: 'ignore' }), true);
    t.equal(await store.decisions.restore(conflict?.id ?? ''), 'restoring');
    await settle(store, first);
    const second = await claimOne(store);
    t.match(second.links[0], { decision: { kind: 'ignore' }, restoring: { conflictId: conflict?.id } });
    t.equal((await store.read()).conflicts[0]?.restoredAt, null);
    await settle(store, second, { next: { kind: 'hold', hold: HOLD } });
    const third = await claimAgain(store);
    t.equal(await store.decisions.release({}), 1);
    await settle(store, third);
    t.match((await claimOne(store)).links[0], { released: true, decision: null, restoring: null });
  });

  await t.test(
    'a person lets held ones pass: all of a kind, of an entity, or some; a match needs a decision',
    async (t) => {
      const store = await make(t);
      const hold = async (appId: string, kind: 'delete' | 'rewrite' | 'create' | 'match', entity = 'teacher') => {
        await store.links.markApp([{ entity, id: appId }], 'res.partner', 3);
        await settle(store, await claimOne(store, entity), { next: { kind: 'hold', hold: { kind, detail: 'd' } } });
      };
      await hold('1', 'delete');
      await hold('2', 'rewrite');
      await hold('3', 'create', 'guest');
      await hold('4', 'match');
      const [first] = (await store.read()).links;
      t.equal(await store.decisions.release({ kind: 'match' }), 0);
      t.equal(await store.decisions.release({ ids: [] }), 0);
      t.equal(await store.decisions.release({ entity: 'guest', kind: 'delete' }), 0);
      t.equal(await store.decisions.release({ entity: 'guest' }), 1);
      t.equal(await store.decisions.release({ kind: 'rewrite' }), 1);
      t.equal(await store.decisions.release({ ids: [first?.id ?? ''] }), 1);
      const { links } = await store.read();
      t.same(
        links.map(({ released, dirtySeq, priority }) => [released, dirtySeq, priority]),
        [
          [true, 2, 0],
          [true, 2, 0],
          [true, 2, 0],
          [false, 1, 3],
        ],
      );
      await settle(store, await claimOne(store, 'guest'), { next: { kind: 'park', error: ERROR } });
      t.equal((await store.read()).links[2]?.released, false, 'once');
    },
  );
}
