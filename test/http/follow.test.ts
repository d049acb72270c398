/** A stream of what has changed: only news, a sign of life in between, and an end. */
import t from 'tap';
import { follow } from '../../src/http/follow.ts';

const TIMES = { everyMs: 1, heartbeatMs: 60_000 };

/** The next so many chunks. */
async function take(stream: AsyncGenerator<string>, count: number): Promise<string[]> {
  const chunks: string[] = [];
  while (chunks.length < count) chunks.push((await stream.next()).value ?? 'END');
  return chunks;
}

t.test('each part is sent when it differs from what was sent before', async (t) => {
  const states = [
    { a: 1, b: [1] },
    { a: 1, b: [1] },
    { a: 2, b: [1] },
    { a: 2, b: [] },
  ];
  const ending = new AbortController();
  const stream = follow(async () => states.shift() ?? { a: 3, b: [] }, ending.signal, TIMES);
  t.same(await take(stream, 4), [
    'event: a\ndata: 1\n\nevent: b\ndata: [1]\n\n',
    'event: a\ndata: 2\n\n',
    'event: b\ndata: []\n\n',
    'event: a\ndata: 3\n\n',
  ]);
  ending.abort();
  t.same(await stream.next(), { done: true, value: undefined });
});

t.test('a reading that fails is told once; what comes after it is told whole', async (t) => {
  let isAway = false;
  let reads = 0;
  const ending = new AbortController();
  const read = async () => {
    reads += 1;
    if (isAway) throw new Error('the database is away');
    return { a: 1 };
  };
  const stream = follow(read, ending.signal, TIMES);
  t.same(await take(stream, 1), ['event: a\ndata: 1\n\n']);
  isAway = true;
  t.same(await take(stream, 1), ['event: trouble\ndata: {}\n\n']);
  const next = stream.next();
  const before = reads;
  while (reads < before + 3) await new Promise((resolve) => setTimeout(resolve, 1));
  isAway = false;
  t.equal((await next).value, 'event: a\ndata: 1\n\n', 'no second word of the trouble, and all of what is back');
  ending.abort();
});

t.test('where nothing changes, a comment tells that it is alive', async (t) => {
  const ending = new AbortController();
  const stream = follow(async () => ({ a: 1 }), ending.signal, { everyMs: 1, heartbeatMs: 20 });
  const [first, second, third] = await take(stream, 3);
  t.equal(first, 'event: a\ndata: 1\n\n');
  t.same([second, third], [': still here\n\n', ': still here\n\n']);
  ending.abort();
});

t.test('the end comes at once, from a pause as from a reading', async (t) => {
  const ending = new AbortController();
  const calm = follow(async () => ({ a: 1 }), ending.signal);
  await calm.next();
  const end = calm.next();
  ending.abort();
  t.same(await end, { done: true, value: undefined }, 'not after the pause of a second');
  const reading = new AbortController();
  const slow = follow(
    async () => {
      reading.abort();
      return { a: 1 };
    },
    reading.signal,
    TIMES,
  );
  t.same(await slow.next(), { done: true, value: undefined }, 'what was read is not sent any more');
});
