import t from 'tap';
import { createGroupCommit } from '../../src/sources/group-commit.ts';

/** A flush that ends when the test says so. */
function createGate() {
  const flushes: { items: readonly number[]; end: (error?: Error) => void }[] = [];
  const flush = (items: readonly number[]) =>
    new Promise<readonly number[]>((resolve, reject) => {
      flushes.push({ items, end: (error) => (error ? reject(error) : resolve(items.map((item) => item * 10))) });
    });
  return { flushes, commit: createGroupCommit(flush) };
}

t.test('a lone item goes at once; those that come meanwhile go together', async (t) => {
  const { flushes, commit } = createGate();
  const results = [1, 2, 3, 4].map((item) => commit(item));
  t.same(
    flushes.map(({ items }) => items),
    [[1], [2]],
    'two flushes are on their way, the others wait',
  );
  flushes[0]?.end();
  t.equal(await results[0], 10);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(flushes[2]?.items, [3, 4]);
  flushes[1]?.end();
  flushes[2]?.end();
  t.same(await Promise.all(results), [10, 20, 30, 40]);
});

t.test('a flush that fails fails for its own items only', async (t) => {
  const { flushes, commit } = createGate();
  const [first, second] = [commit(1), commit(2)];
  flushes[0]?.end(new Error('away'));
  flushes[1]?.end();
  await t.rejects(first, { message: 'away' });
  t.equal(await second, 20);
});

t.test('a burst is cut into flushes of bounded size', async (t) => {
  const { flushes, commit } = createGate();
  const all = Promise.all(Array.from({ length: 1_203 }, (_, item) => commit(item)));
  for (let index = 0; index < 5; index += 1) {
    flushes[index]?.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.same(
    flushes.map(({ items }) => items.length),
    [1, 1, 500, 500, 201],
  );
  t.equal((await all).length, 1_203);
});
