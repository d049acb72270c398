import type { Test } from 'tap';
import type { Make } from './subject.ts';

/** Something to wait for. */
function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** Locks for matching: who looks for a counterpart, or makes one, is alone with its keys. */
export async function contractLocks(t: Test, make: Make): Promise<void> {
  await t.test('the same key, in whatever order and process, is one at a time', async (t) => {
    const store = await make(t);
    const other = await store.connect();
    const inside = new Map<string, number>();
    let most = 0;
    let done = 0;
    const enter = (keys: readonly string[], by: number) => {
      for (const key of keys) {
        const now = (inside.get(key) ?? 0) + by;
        inside.set(key, now);
        most = Math.max(most, now);
      }
    };
    await Promise.all(
      [['a', 'b'], ['b', 'a'], ['b', 'c'], ['a'], ['c', 'a'], ['b']].map((keys, index) =>
        (index % 2 ? other : store).links.withMatchLocks(keys, async () => {
          enter(keys, 1);
          await new Promise((resolve) => setTimeout(resolve, 2));
          enter(keys, -1);
          done += 1;
        }),
      ),
    );
    t.equal(most, 1);
    t.equal(done, 6);
  });

  await t.test('other keys do not wait; the result and the failure of the work are handed on', async (t) => {
    const store = await make(t);
    t.equal(await store.links.withMatchLocks([], async () => 'free'), 'free');
    const result = await store.links.withMatchLocks(['a', 'a'], () =>
      store.links.withMatchLocks(['b'], async () => 'both'),
    );
    t.equal(result, 'both');
    const failure = new Error('no counterpart');
    await t.rejects(
      store.links.withMatchLocks(['a'], () => Promise.reject(failure)),
      failure,
    );
    t.equal(await store.links.withMatchLocks(['a', 'b'], async () => 'free again'), 'free again');
  });

  await t.test('a process that dies frees its locks', async (t) => {
    const store = await make(t);
    const dying = await store.connect();
    const never = createGate();
    const held = createGate();
    const orphan = dying.links.withMatchLocks(['a', 'b'], async () => {
      held.open();
      await never.opened;
    });
    await held.opened;
    const order: string[] = [];
    const waiting = store.links.withMatchLocks(['b'], async () => {
      order.push('b');
    });
    await store.links.withMatchLocks(['c'], async () => {
      order.push('c');
    });
    await dying.crash();
    await waiting;
    t.same(order, ['c', 'b']);
    never.open();
    await Promise.allSettled([orphan]);
    t.equal(await store.links.withMatchLocks(['a'], async () => 'free'), 'free');
  });
}
