import type { Test } from 'tap';
import { checkNear } from './steps.ts';
import type { Make } from './subject.ts';

/** Small durable facts: how far the polls have come. */
export async function contractCursors(t: Test, make: Make): Promise<void> {
  await t.test('a cursor moves forward, never back', async (t) => {
    const { cursors } = await make(t);
    t.equal(await cursors.read('poll:app:teacher'), null);
    await cursors.advance('poll:app:teacher', '2026-11-23T14:00:00.000Z');
    await cursors.advance('poll:app:teacher', '2026-11-23T13:59:59.999Z');
    t.equal(await cursors.read('poll:app:teacher'), '2026-11-23T14:00:00.000Z');
    await cursors.advance('poll:app:teacher', '2026-11-23T15:00:00+02:00');
    t.equal(await cursors.read('poll:app:teacher'), '2026-11-23T14:00:00.000Z', 'times, not texts, are compared');
    await cursors.advance('poll:app:teacher', '2026-11-23T14:00:00.000001Z');
    t.equal(await cursors.read('poll:app:teacher'), '2026-11-23T14:00:00.000001Z', 'down to microseconds');
    t.equal(await cursors.read('poll:odoo:teacher'), null);
  });

  await t.test('any process sees what another one wrote', async (t) => {
    const { cursors, connect } = await make(t);
    const other = await connect();
    await cursors.write('odoo:tag:teacher', '12');
    await other.cursors.write('odoo:tag:teacher', '3');
    t.equal(await cursors.read('odoo:tag:teacher'), '3', 'a fact is replaced');
    await cursors.remove('odoo:tag:teacher');
    await cursors.remove('odoo:tag:teacher');
    t.equal(await other.cursors.read('odoo:tag:teacher'), null);
  });

  await t.test('when polls moved: the one that is furthest behind', async (t) => {
    const store = await make(t);
    const { cursors } = store;
    t.equal(await cursors.movedAt('poll:app:'), null);
    await cursors.advance('poll:app:teacher', '2026-11-23T14:00:00Z');
    await cursors.advance('poll:odoo:teacher', '2026-11-23T14:00:00Z');
    await store.advance(60_000);
    await cursors.advance('poll:app:guest', '2026-11-23T14:00:00Z');
    const movedAt = async () => (await cursors.movedAt('poll:app:'))?.getTime();
    checkNear(t, await movedAt(), store.now() - 60_000, 'the teachers');
    await cursors.advance('poll:app:teacher', '2026-11-23T13:00:00Z');
    checkNear(t, await movedAt(), store.now() - 60_000, 'what does not move has not moved');
    await cursors.advance('poll:app:teacher', '2026-11-23T14:01:00Z');
    checkNear(t, await movedAt(), store.now(), 'now both did');
    await store.advance(60_000);
    await cursors.write('poll:app:teacher', '2026-11-23T14:01:00Z');
    await cursors.write('poll:app:guest', '2026-11-23T14:01:00Z');
    checkNear(t, await movedAt(), store.now(), 'writing counts as moving');
  });

  await t.test('one process at a time: the others wait, or go without', async (t) => {
    const { cursors, connect } = await make(t);
    const other = await connect();
    const order: string[] = [];
    let waiting: Promise<void> | undefined;
    const got = await cursors.withTryLock('poll', async () => {
      order.push('first');
      t.equal(await other.cursors.withTryLock('poll', async () => void order.push('meanwhile')), false);
      t.equal(await cursors.withTryLock('poll', async () => void order.push('itself')), false);
      t.equal(await other.cursors.withTryLock('resync', async () => void order.push('other lock')), true);
      waiting = other.cursors.withLock('poll', async () => void order.push('waited'));
    });
    await waiting;
    t.equal(got, true);
    t.same(order, ['first', 'other lock', 'waited']);
    t.equal(await other.cursors.withTryLock('poll', async () => void order.push('free')), true);
    t.equal(order.at(-1), 'free');
  });

  await t.test('a failure frees the lock and is handed on', async (t) => {
    const { cursors } = await make(t);
    const failure = new Error('the side is away');
    const fail = () => Promise.reject(failure);
    await t.rejects(cursors.withTryLock('poll', fail), failure);
    await t.rejects(cursors.withLock('poll', fail), failure);
    t.equal(await cursors.withTryLock('poll', async () => {}), true);
  });

  await t.test('a process that dies leaves no lock behind', async (t) => {
    const { cursors, connect } = await make(t);
    const dying = await connect();
    let leave = () => {};
    const entered = new Promise<void>((enter) => {
      void dying.cursors
        .withLock('poll', () => {
          enter();
          return new Promise((resolve) => {
            leave = resolve;
          });
        })
        .catch(() => {});
    });
    await entered;
    t.equal(await cursors.withTryLock('poll', async () => {}), false);
    await dying.crash();
    await cursors.withLock('poll', async () => void t.pass('free'));
    leave();
  });
}
