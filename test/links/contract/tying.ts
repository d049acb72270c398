import type { Test } from 'tap';
import { LEASE_MS } from '../../../src/links/claim.ts';
import { PRIORITY } from '../../../src/links/links.ts';
import {
  attachOdoo,
  BASE,
  claimAll,
  claimOne,
  ERROR,
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

/** Which record belongs to which. */
export async function contractTying(t: Test, make: Make): Promise<void> {
  await t.test('attach: the counterpart is known at once, whatever happens to the worker then', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    t.equal(await attachOdoo(store.links, claim, 7), true);
    t.match(await readOnly(store), { appId: '1', odooId: 7, dirtySeq: 1, leaseToken: claim.token });
    await store.advance(LEASE_MS + 10_000);
    t.equal((await claimOne(store)).links[0].odooId, 7);
    t.equal(await attachOdoo(store.links, claim, 8), false, 'a late worker attaches nothing');
    t.equal((await readOnly(store)).odooId, 7);
  });

  await t.test('attach: a half link of the same record is folded, and its mark kept', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    await store.links.markOdoo(MODEL, [7], ['teacher', 'guest'], PRIORITY.live);
    t.equal(await attachOdoo(store.links, claim, 7), true);
    t.same(toMarks(await store.read()), ['guest - 7 0/1', 'teacher 1 7 0/2'], "another entity's is not touched");
    await settle(store, claim);
    t.match((await claimOne(store)).links[0], { odooId: 7, seq: '2' }, 'it may tell of an edit that was not seen');
  });

  await t.test(
    'attach: a half link that is being worked on is folded all the same; its worker settles nothing',
    async (t) => {
      const store = await make(t);
      await store.links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.live);
      const half = await claimOne(store);
      await markTeachers(store, '1');
      const claim = await claimOne(store);
      t.equal(await attachOdoo(store.links, claim, 7), true);
      t.equal(await settle(store, half, { base: BASE, wroteOdoo: true }), 1);
      t.equal(await attachOdoo(store.links, half, 7), false);
      const rows = await store.read();
      t.same(toMarks(rows), ['teacher 1 7 0/2']);
      t.equal(rows.bases.size, 0);
    },
  );

  await t.test("attach: a record that is another link's is not taken", async (t) => {
    const store = await make(t);
    await tie(store, '1', 7);
    await markTeachers(store, '2');
    const claim = await claimOne(store);
    t.equal(await attachOdoo(store.links, claim, 7), false);
    t.same(toMarks(await store.read()), ['teacher 1 7 1/1', 'teacher 2 - 0/1']);
    t.equal(await attachOdoo(store.links, claim, 8), true);
    await store.links.markOdoo(MODEL, [9], ['guest'], PRIORITY.live);
    const guest = await claimOne(store, 'guest');
    const toApp = (id: string) => store.links.attach(guest, guest.links[0].id, { side: 'app', id, odooModel: MODEL });
    t.equal(await toApp('1'), true, "another entity's id is another record");
    await settle(store, guest);
    await store.links.markOdoo(MODEL, [10], ['guest'], PRIORITY.live);
    const next = await claimOne(store, 'guest');
    t.equal(await store.links.attach(next, next.links[0].id, { side: 'app', id: '1', odooModel: MODEL }), false);
    await store.links.markApp([{ entity: 'guest', id: '3' }], MODEL, PRIORITY.live);
    t.equal(await store.links.attach(next, next.links[0].id, { side: 'app', id: '3', odooModel: MODEL }), true);
    t.ok(toMarks(await store.read()).includes('guest 3 10 0/2'), 'towards the app it folds as well');
  });

  await t.test('attach: many at once, while webhooks tell of the same records', async (t) => {
    const store = await make(t);
    const other = await store.connect();
    const ids = Array.from({ length: 20 }, (_, index) => index + 1);
    await markTeachers(store, ...ids.map(String));
    const claim = await claimAll(store);
    if (!claim) throw new Error('nothing to claim');
    await Promise.all(
      claim.links.flatMap((link) => [
        store.links.attach(claim, link.id, { side: 'odoo', id: String(link.appId), odooModel: MODEL }),
        other.links.markOdoo(MODEL, [Number(link.appId)], ['teacher'], PRIORITY.live),
      ]),
    );
    const { links } = await store.read();
    t.equal(links.length, 20);
    t.equal(
      links.every(({ appId, odooId, dirtySeq }) => appId === String(odooId) && dirtySeq === 2),
      true,
      'no mark is lost',
    );
  });

  await t.test('repoint: the link follows its record into the one it was merged into', async (t) => {
    const store = await make(t);
    const id = await tie(store, '1', 7);
    await store.links.markOdoo(MODEL, [8], ['teacher', 'guest'], PRIORITY.live);
    await markTeachers(store, '1');
    const claim = await store.links.claim('teacher', MODEL, 10);
    if (!claim) throw new Error('nothing to claim');
    t.equal(await store.links.repoint(claim, id, MODEL, 8), 'moved');
    t.same(
      toMarks(await store.read()),
      ['guest - 8 0/1', 'teacher 1 8 1/3'],
      'the half link is folded, and the link looked at again',
    );
    t.same((await store.read()).bases.get(id), BASE);
    await settle(store, claim);
    t.equal((await claimOne(store)).links[0].odooId, 8);
  });

  await t.test('repoint: what was known of the old record says nothing of the new one', async (t) => {
    const store = await make(t);
    const id = await tie(store, '1', 7);
    await markTeachers(store, '1');
    const known = { from: 1, to: 2, strayed: {} };
    const own = { ownAppStamp: 'a', ownOdooStamp: 'o', edits: { app: known, odoo: known } };
    await settle(store, await claimOne(store), { ...own, next: { kind: 'again' } });
    const claim = await claimOne(store);
    t.equal(await store.links.repoint(claim, id, MODEL, 8), 'moved');
    await settle(store, claim, { next: { kind: 'again' }, edits: { app: known, odoo: null } });
    t.match((await claimOne(store)).links[0], {
      ownAppStamp: 'a',
      ownOdooStamp: null,
      edits: { app: known, odoo: null },
    });
  });

  await t.test("repoint: not to a record that is another link's, nor by a late worker", async (t) => {
    const store = await make(t);
    const id = await tie(store, '1', 7);
    await tie(store, '2', 8);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    t.equal(await store.links.repoint(claim, id, MODEL, 8), 'linked');
    t.same(toMarks(await store.read()), ['teacher 1 7 1/2', 'teacher 2 8 1/1']);
    await settle(store, claim);
    t.equal(await store.links.repoint(claim, id, MODEL, 9), 'busy');
    t.equal((await readLink(store, id))?.odooId, 7);
  });

  await t.test('attach and repoint: not to a record for which a counterpart is being made', async (t) => {
    const store = await make(t);
    await store.links.markOdoo(MODEL, [7], ['teacher'], PRIORITY.live);
    const half = await claimOne(store);
    await store.links.recordIntents(half, [toIntent(half.links[0].id, { kind: 'create', side: 'app' })]);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    const found = { side: 'odoo', id: '7', odooModel: MODEL } as const;
    t.equal(await store.links.attach(claim, claim.links[0].id, found), false);
    t.same(toMarks(await store.read()), ['teacher - 7 0/1', 'teacher 1 - 0/1']);
    await tie(store, '2', 8);
    await markTeachers(store, '2');
    const merged = await claimOne(store);
    t.equal(await store.links.repoint(merged, merged.links[0].id, MODEL, 7), 'busy');
    await settle(store, half, { openIntents: [] });
    t.equal(await store.links.attach(claim, claim.links[0].id, found), true);
    t.same(toMarks(await store.read()), ['teacher 1 7 0/2', 'teacher 2 8 1/2']);
  });

  await t.test('occupants: who is linked to a record, of any entity in Odoo, of one in the app', async (t) => {
    const store = await make(t);
    const id = await tie(store, '1', 7, { ...BASE, app: { name: 'Anna', active: false } });
    const otherId = await tie(store, '2', 8);
    t.same(
      (await store.links.findOccupants('app', 'teacher', MODEL, ['2', '1'])).map(({ linkId }) => linkId),
      [id, otherId],
      'in the order of their links',
    );
    const half = { entity: 'guest', id: '7', appId: null, odooId: 7, appActive: true, inScope: true, creating: false };
    const full = {
      linkId: id,
      entity: 'teacher',
      appId: '1',
      odooId: 7,
      appActive: false,
      inScope: true,
      creating: false,
    };
    await store.links.markOdoo(MODEL, [7], ['guest'], PRIORITY.live);
    const onOdoo = await store.links.findOccupants('odoo', 'teacher', MODEL, ['7', '9', '7']);
    const guestId = (await store.read()).links[2]?.id;
    t.same(onOdoo, [
      { ...full, id: '7' },
      { ...half, linkId: guestId },
    ]);
    t.same(await store.links.findOccupants('app', 'teacher', MODEL, ['1', '3']), [{ ...full, id: '1' }]);
    t.same(await store.links.findOccupants('app', 'guest', MODEL, ['1']), []);
    t.same(await store.links.findOccupants('odoo', 'teacher', 'product.template', ['7']), []);
    t.same(await store.links.findOccupants('odoo', 'teacher', MODEL, []), []);
    const claim = await claimOne(store, 'guest');
    await store.links.recordIntents(claim, [toIntent(guestId ?? '', { kind: 'create', side: 'app' })]);
    const making = await store.links.findOccupants('odoo', 'teacher', MODEL, ['7']);
    t.same(
      making.map(({ entity, creating }) => `${entity} ${creating}`),
      ['teacher false', 'guest true'],
      'a counterpart is being made for it',
    );
  });

  await t.test('maybe ours: a link made while a worker creates such a record', async (t) => {
    const store = await make(t);
    await store.links.markOdoo(MODEL, [5], ['teacher'], PRIORITY.live);
    await markTeachers(store, '1');
    const claim = await claimAll(store);
    const creator = claim?.links.find(({ appId }) => appId === '1');
    if (!claim || !creator) throw new Error('nothing to claim');
    const before = claim.links.find(({ odooId }) => odooId === 5)?.id ?? '';
    await store.advance(1_000);
    const overAt = store.now() + 150_000;
    await store.links.recordIntents(claim, [toIntent(creator.id, { kind: 'create', overAt })]);
    await store.advance(1_000);
    await store.links.markOdoo(MODEL, [6], ['teacher', 'guest'], PRIORITY.live);
    const { links } = await store.read();
    const after = links.find(({ entity, odooId }) => entity === 'teacher' && odooId === 6)?.id ?? '';
    const guest = links.find(({ entity }) => entity === 'guest')?.id ?? '';
    const ask = (side: 'app' | 'odoo', ...ids: string[]) => store.links.findMaybeOurs(side, ids);
    t.same(await ask('odoo', before, after, guest, creator.id, '999'), new Set([after]));
    t.same(await ask('app', after), new Set(), 'the creation is in Odoo');
    t.same(await ask('odoo'), new Set());
    await store.advance(160_000);
    t.same(await ask('odoo', after), new Set([after]), 'the call is over, but nobody has looked what became of it');
  });

  await t.test('maybe ours: where the creator waits for a person, until its call is surely over', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    const creation = toIntent(claim.links[0].id, { kind: 'create', key: 'c1', overAt: store.now() + 150_000 });
    await store.links.recordIntents(claim, [creation]);
    await store.links.markOdoo(MODEL, [6], ['teacher'], PRIORITY.live);
    const id = (await store.read()).links.find(({ odooId }) => odooId === 6)?.id ?? '';
    await settle(store, claim, { next: { kind: 'park', error: ERROR }, openIntents: ['c1'] });
    t.same(await store.links.findMaybeOurs('odoo', [id]), new Set([id]));
    await store.advance(160_000);
    t.same(await store.links.findMaybeOurs('odoo', [id]), new Set());
  });

  await t.test('maybe ours: a second try at a creation is as old as the first', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1');
    const claim = await claimOne(store);
    const announce = (key: string) =>
      store.links.recordIntents(claim, [toIntent(claim.links[0].id, { kind: 'create', key })]);
    await announce('c1');
    await store.links.markOdoo(MODEL, [6], ['teacher'], PRIORITY.live);
    await announce('c2');
    const id = (await store.read()).links.find(({ odooId }) => odooId === 6)?.id ?? '';
    t.same(await store.links.findMaybeOurs('odoo', [id]), new Set([id]));
  });

  await t.test('maybe ours: not any more once the creation is settled, nor for an update', async (t) => {
    const store = await make(t);
    await markTeachers(store, '1', '2');
    const claim = await claimAll(store);
    const [first, second] = claim?.links ?? [];
    if (!claim || !first || !second) throw new Error('two links expected');
    const overAt = store.now() + 150_000;
    await store.links.recordIntents(claim, [
      toIntent(first.id, { kind: 'create', overAt }),
      toIntent(second.id, { overAt }),
    ]);
    await store.links.markOdoo(MODEL, [6], ['teacher'], PRIORITY.live);
    const id = (await store.read()).links.find(({ odooId }) => odooId === 6)?.id ?? '';
    t.same(await store.links.findMaybeOurs('odoo', [id]), new Set([id]));
    await settle(store, { ...claim, links: [first] });
    t.same(await store.links.findMaybeOurs('odoo', [id]), new Set());
  });
}
