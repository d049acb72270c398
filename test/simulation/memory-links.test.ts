/** What the store in memory has beyond the contract: connections that end, virtual time, and eyes for the checks. */
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { PRIORITY } from '../../src/links/links.ts';
import { BASE, claimOne, MODEL, markTeachers, settle, toIntent } from '../links/contract/steps.ts';
import { ConnectionClosed } from './memory-connection.ts';
import { createMemoryStore } from './memory-links.ts';
import type { SettleEntry } from './memory-settle.ts';

const NEVER = Symbol('never');

function setUp() {
  const entries: SettleEntry[] = [];
  let now = 1_000;
  const store = createMemoryStore({
    settings: { entitiesOf: () => ['teacher'], guardPercent: 5, looksAgain: () => false },
    now: () => now,
    random: () => 0.25,
    onSettle: (entry) => entries.push(entry),
  });
  return { store, entries, pass: (ms: number) => (now += ms) };
}

/** What a promise has come to when everything that can go on has gone on. */
const outcomeOf = (promise: Promise<unknown>) =>
  Promise.race([
    promise.then(
      (value) => value,
      (error: unknown) => error,
    ),
    turn(NEVER),
  ]);

t.test('through a closed connection nothing is done any more', async (t) => {
  const { store } = setUp();
  const other = store.connect();
  for (const afterwards of ['reject', 'hang'] as const) {
    const dying = store.connect();
    await markTeachers(dying, '1');
    const before = store.viewLinks();
    dying.disconnect(afterwards);
    const calls = [
      markTeachers(dying, '1', '2'),
      dying.cursors.write('a', '1'),
      dying.cursors.withLock('a', async () => {}),
      dying.cursors.withTryLock('a', async () => {}),
      dying.links.withMatchLocks(['a'], async () => {}),
      dying.decisions.release({}),
    ];
    for (const call of calls) {
      const outcome = await outcomeOf(call);
      t.ok(afterwards === 'hang' ? outcome === NEVER : outcome instanceof ConnectionClosed, afterwards);
    }
    t.same(store.viewLinks(), before);
    t.equal(await other.cursors.read('a'), null);
  }
});

t.test('the first look at a delivery is the first, though time goes on while it is received', async (t) => {
  let now = 1_000;
  const store = createMemoryStore({
    settings: { entitiesOf: () => ['teacher'], guardPercent: 5, looksAgain: () => true },
    now: () => {
      now += 1;
      return now;
    },
    random: () => 0.25,
  });
  const connection = store.connect();
  const { links } = connection;
  await links.receive([{ source: 'odoo', deliveryId: null, entity: null, odooModel: MODEL, recordId: '7' }]);
  t.equal(await links.markDelivered(), 1);
  const { links: claimed } = await claimOne(connection);
  t.equal(claimed[0]?.priority, PRIORITY.live);
});

t.test('who waited for a lock through it waits no more, and keeps nobody else waiting', async (t) => {
  for (const afterwards of ['reject', 'hang'] as const) {
    const { store } = setUp();
    const [holder, dying, next] = [store.connect(), store.connect(), store.connect()];
    const order: string[] = [];
    const work = (name: string) => async () => void order.push(name);
    let leave = () => {};
    const held = holder.links.withMatchLocks(['b'], () => new Promise<void>((resolve) => (leave = resolve)));
    const waiting = dying.links.withMatchLocks(['a', 'b'], work('dying'));
    const after = next.links.withMatchLocks(['b'], work('next'));
    const first = next.links.withMatchLocks(['a'], work('first'));
    dying.disconnect(afterwards);
    const outcome = await outcomeOf(waiting);
    t.ok(afterwards === 'hang' ? outcome === NEVER : outcome instanceof ConnectionClosed, afterwards);
    await first;
    t.same(order, ['first'], 'what it held already is free');
    leave();
    await Promise.all([held, after]);
    t.same(order, ['first', 'next'], 'its place in the queue is given up');
  }
});

t.test('those who wait for a lock get it in turn', async (t) => {
  const { store } = setUp();
  const { links } = store.connect();
  const order: number[] = [];
  await Promise.all(
    [1, 2, 3, 4].map((number) =>
      links.withMatchLocks(['a'], async () => {
        await turn();
        order.push(number);
      }),
    ),
  );
  t.same(order, [1, 2, 3, 4]);
});

t.test('each settlement is shown with the row that it left', async (t) => {
  const { store, entries, pass } = setUp();
  const connection = store.connect();
  await markTeachers(connection, '1');
  const first = await claimOne(connection);
  pass(500);
  await settle(connection, first, { base: BASE, next: { kind: 'again' } });
  await settle(connection, first);
  await settle(connection, await claimOne(connection), { next: { kind: 'forget' } });
  t.match(entries, [
    { at: 1_500, accepted: true, row: { dirtySeq: 1, doneSeq: 0 }, settlement: { base: BASE } },
    { at: 1_500, accepted: false, row: { dirtySeq: 1, doneSeq: 0 } },
    { accepted: true, row: null, settlement: { next: { kind: 'forget' } } },
  ]);
});

t.test('time and chance come from outside only', async (t) => {
  const { store, pass } = setUp();
  const { links } = store.connect();
  await markTeachers({ links }, '1');
  await links.release(await claimOne({ links }), 1_000);
  t.match([...store.tables.links.values()], [{ dirtyAt: 1_000, nextAttemptAt: 1_750 }]);
  pass(749);
  t.equal(await links.claim('teacher', MODEL, 1), null);
  pass(1);
  t.equal((await links.claim('teacher', MODEL, 1))?.token, 'lease-2');
});

t.test('what is stored cannot be changed from outside, nor what is handed out', async (t) => {
  const { store } = setUp();
  const { links } = store.connect();
  await markTeachers({ links }, '1');
  const claim = await claimOne({ links });
  const base = structuredClone(BASE);
  await links.recordIntents(claim, [toIntent(claim.links[0].id)]);
  await settle({ links }, claim, { base, next: { kind: 'again' }, openIntents: ['k1'] });
  Object.assign(base.app, { name: 'changed' });
  const { links: claimed } = await claimOne({ links });
  t.equal(claimed[0].base?.app.name, 'Anna');
  for (const part of [claimed[0], claimed[0].base?.app, claimed[0].intents[0]?.fields, claimed[0].edits])
    t.throws(() => Object.assign(part ?? {}, { name: 'changed' }), TypeError);
});

t.test('the checks see states, marks and reasons', async (t) => {
  const { store } = setUp();
  const connection = store.connect();
  await markTeachers(connection, '1');
  t.match(store.viewLinks(), [
    { entity: 'teacher', appId: '1', odooId: null, state: 'active', dirty: true, reason: null },
  ]);
  await settle(connection, await claimOne(connection), {
    next: { kind: 'hold', hold: { kind: 'match', detail: 'd' } },
  });
  t.match(store.viewLinks(), [{ state: 'held', dirty: false, reason: 'match' }]);
  await markTeachers(connection, '1');
  const error = { code: 'flapping', message: 'm', remedy: 'r' };
  await settle(connection, await claimOne(connection), { next: { kind: 'park', error } });
  t.match(store.viewLinks(), [{ state: 'parked', dirty: false, reason: 'flapping' }]);
});
