import type { Test } from 'tap';
import { digestRecord } from '../../../src/links/digest.ts';
import { type Listed, PRIORITY } from '../../../src/links/links.ts';
import { BASE, claimOne, ERROR, MODEL, markTeachers, readOnly, settle, tie, toMarks } from './steps.ts';
import type { Make, Subject } from './subject.ts';

const SAME = { app: digestRecord(BASE.app), odoo: digestRecord(BASE.odoo) };
const HOLD = { kind: 'create', detail: 'Too many at once.' } as const;
const listed = (id: string, digest: string, member = true) => ({ id, digest, member });
const sorted = ({ changed, unlinked }: Listed) => ({ changed: [...changed].sort(), unlinked: [...unlinked].sort() });

async function settleOne(store: Subject, next: Parameters<typeof settle>[2]): Promise<void> {
  await markTeachers(store, '1');
  await settle(store, await claimOne(store), next);
}

/** What a listing of a side has to do with the links. */
export async function contractListing(t: Test, make: Make): Promise<void> {
  await t.test('a listing tells what differs in content, on its own side, and what is not linked', async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    const app = (...rows: ReturnType<typeof listed>[]) => store.links.filterChanged('app', 'teacher', MODEL, rows);
    t.same(await app(listed('1', SAME.app), listed('2', SAME.app)), { changed: [], unlinked: ['2'] });
    t.same(await app(listed('1', SAME.odoo)), { changed: ['1'], unlinked: [] }, 'edited');
    t.same(await app(listed('1', SAME.app, false)), { changed: ['1'], unlinked: [] }, 'a member no more');
    t.same(await app(listed('3', 'x', false)), { changed: [], unlinked: [] }, 'no member, no link: no matter');
    t.same(await app(), { changed: [], unlinked: [] });
    const elsewhere = await store.links.filterChanged('app', 'teacher', 'product.template', [listed('1', SAME.app)]);
    t.same(elsewhere, { changed: [], unlinked: ['1'] }, 'another model, another link');
    const odoo = (entity: string, model: string, digest: string) =>
      store.links.filterChanged('odoo', entity, model, [listed('7', digest)]);
    t.same(await odoo('teacher', MODEL, SAME.odoo), { changed: [], unlinked: [] });
    t.same(await odoo('teacher', MODEL, SAME.app), { changed: ['7'], unlinked: [] });
    t.same(await odoo('guest', MODEL, SAME.odoo), { changed: [], unlinked: ['7'] });
    t.same(await odoo('teacher', 'product.template', SAME.odoo), { changed: [], unlinked: ['7'] });
  });

  await t.test('what never was agreed, or is not at rest, is looked at again', async (t) => {
    const store = await make(t);
    const ask = async (member = true) =>
      sorted(await store.links.filterChanged('app', 'teacher', MODEL, [listed('1', SAME.app, member)]));
    await markTeachers(store, '1');
    t.same(await ask(), { changed: ['1'], unlinked: [] }, 'no base yet');
    await settle(store, await claimOne(store), { base: BASE });
    t.same(await ask(), { changed: [], unlinked: [] });
    await settleOne(store, { next: { kind: 'park', error: ERROR } });
    t.same(await ask(), { changed: ['1'], unlinked: [] }, 'parked');
    await settleOne(store, { next: { kind: 'hold', hold: { kind: 'delete', detail: 'd' } } });
    t.same(await ask(), { changed: ['1'], unlinked: [] }, 'held');
    await settleOne(store, { next: { kind: 'done', outOfScope: true } });
    t.same(await ask(false), { changed: [], unlinked: [] }, 'out of scope, and no member');
    t.same(await ask(), { changed: ['1'], unlinked: [] }, 'a member again');
  });

  await t.test('too many new ones wait for a person, and later listings leave them be', async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    await store.links.holdNew('app', 'teacher', MODEL, ['1', '2', '3', '3'], HOLD);
    await store.links.holdNew('odoo', 'teacher', MODEL, ['7', '8'], { ...HOLD, candidates: ['1'] });
    const { links } = await store.read();
    t.same(toMarks(await store.read()), ['teacher - 8 0/0', 'teacher 1 7 1/1', 'teacher 2 - 0/0', 'teacher 3 - 0/0']);
    t.match(links[0], { state: 'active', hold: null }, 'a link that was there stays as it is');
    t.match(links[1], { state: 'held', hold: HOLD, dirtyAt: null });
    t.same(links.find(({ odooId }) => odooId === 8)?.hold, { ...HOLD, candidates: ['1'] });
    t.same(await store.links.findDirty(), []);
    const rows = [listed('2', 'x'), listed('3', 'x', false), listed('4', 'x')];
    t.same(await store.links.filterChanged('app', 'teacher', MODEL, rows), { changed: [], unlinked: ['4'] });
    await store.links.holdNew('app', 'teacher', MODEL, [], HOLD);
    await markTeachers(store, '2');
    t.equal((await claimOne(store)).links[0].appId, '2', 'an edit takes it up');
    t.equal(await store.decisions.release({ kind: 'create' }), 3);
  });

  await t.test('only links of two records count as linked', async (t) => {
    const store = await make(t);
    t.equal(await store.links.countLinked('teacher'), 0);
    await tie(store, '1', 7);
    await tie(store, '2', 8);
    await markTeachers(store, '3');
    await store.links.markOdoo(MODEL, [9], ['teacher', 'guest'], PRIORITY.live);
    t.equal(await store.links.countLinked('teacher'), 2);
    t.equal(await store.links.countLinked('guest'), 0);
    const other = await make(t);
    await tie(other, '1', 7);
    t.equal((await readOnly(other)).odooId, 7);
    t.equal(await other.links.countLinked('teacher'), 1);
  });

  await t.test('pairs are listed in order, a few at a time, with what was agreed', async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    await tie(store, '2', 8);
    await tie(store, '3', 9);
    await markTeachers(store, '4');
    const pairs = await store.links.listPairs('teacher', MODEL, null, 10);
    t.match(
      pairs.map(({ appId, odooId, agreed, dirtyAt }) => ({ appId, odooId, agreed, dirtyAt })),
      [7, 8, 9].map((odooId, index) => ({
        appId: String(index + 1),
        odooId,
        agreed: { app: SAME.app, odoo: SAME.odoo, at: Number },
        dirtyAt: null,
      })),
    );
    t.equal(pairs.length, 3, 'what has no counterpart is no pair');
    const first = await store.links.listPairs('teacher', MODEL, null, 2);
    const rest = await store.links.listPairs('teacher', MODEL, first.at(-1)?.linkId ?? null, 2);
    t.same([...first, ...rest], pairs);
    t.same(await store.links.listPairs('guest', MODEL, null, 10), []);
    t.same(await store.links.listPairs('teacher', 'product.template', null, 10), []);
    await markTeachers(store, '1');
    const [dirty] = await store.links.listPairs('teacher', MODEL, null, 1);
    t.type(dirty?.dirtyAt, 'number', 'something is to be done');
    t.ok((dirty?.dirtyAt ?? 0) >= (dirty?.agreed?.at ?? 0));
  });

  await t.test('a pair counts in each state but out of scope, also before it ever agreed', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    await store.links.attach(claim, claim.links[0].id, { side: 'odoo', id: '7', odooModel: MODEL });
    const ask = () => store.links.listPairs('teacher', MODEL, null, 10);
    t.match(await ask(), [{ appId: '1', odooId: 7, agreed: null }]);
    await settle(store, claim, { next: { kind: 'park', error: ERROR } });
    t.match(await ask(), [{ agreed: null, dirtyAt: null }]);
    await settleOne(store, { next: { kind: 'hold', hold: { kind: 'delete', detail: 'd' } }, base: BASE });
    t.match(await ask(), [{ agreed: { app: SAME.app, odoo: SAME.odoo } }]);
    await settleOne(store, { next: { kind: 'done', outOfScope: true } });
    t.same(await ask(), []);
  });

  await t.test('what has no counterpart is told of as long as it waits for a person', async (t) => {
    const store = await make(t);
    const ask = (side: 'app' | 'odoo') => store.links.listHalves(side, 'teacher', MODEL);
    await tie(store, '1', 7);
    await settleOne(store, { next: { kind: 'park', error: ERROR } });
    await store.links.holdNew('app', 'teacher', MODEL, ['3'], HOLD);
    t.same(await ask('app'), [], 'a pair, and what was too much at once');
    await markTeachers(store, '2');
    t.same(await ask('app'), [], 'nobody has looked at it yet');
    await settle(store, await claimOne(store), { next: { kind: 'park', error: ERROR } });
    t.same(await ask('app'), ['2']);
    t.same(await ask('odoo'), []);
    await store.links.markOdoo(MODEL, [8], ['teacher'], PRIORITY.live);
    await settle(store, await claimOne(store), { next: { kind: 'hold', hold: { kind: 'match', detail: 'd' } } });
    t.same(await ask('odoo'), ['8']);
    t.same(await store.links.listHalves('odoo', 'guest', MODEL), []);
    t.same(await store.links.listHalves('odoo', 'teacher', 'product.template'), []);
    await store.links.markOdoo(MODEL, [8], ['teacher'], PRIORITY.live);
    await settle(store, await claimOne(store), { next: { kind: 'done', outOfScope: true } });
    t.same(await ask('odoo'), []);
  });
}
