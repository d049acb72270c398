import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { look } from '../../src/backends/look.ts';
import { createRateLimit } from '../../src/backends/rate-limit.ts';
import { busiestSecond } from '../support/busiest-second.ts';

t.test('without a limit all calls leave at once', async (t) => {
  const limit = createRateLimit({ callsPerSecond: 0 });
  let under = 0;
  await Promise.all(
    Array.from({ length: 50 }, () =>
      limit(async () => {
        under += 1;
        if (under === 50) t.pass('all together');
        await sleep(1);
      }),
    ),
  );
  t.equal(under, 50);
});

t.test('no second sees more calls arrive than allowed, however long they travel, and the rate is used', async (t) => {
  const limit = createRateLimit({ callsPerSecond: 10.9 });
  const arrivals: number[] = [];
  const before = performance.now();
  // Travelling 0 to 300 ms: some overtake others by far.
  const call = async (index: number) => {
    await sleep((index * 137) % 300);
    arrivals.push(performance.now());
    if (index % 7 === 0) throw new Error('an answer like any other');
    return index;
  };
  const results = await Promise.allSettled(Array.from({ length: 35 }, (_, index) => limit(() => call(index))));
  t.equal(results.filter(({ status }) => status === 'rejected').length, 5);
  t.equal(arrivals.length, 35);
  t.ok(busiestSecond(arrivals) <= 10, `${busiestSecond(arrivals)} in the busiest second`);
  t.ok(performance.now() - before < 6_000, 'ten at a time, four rounds');
});

t.test('half a call a second is one in two seconds', async (t) => {
  const limit = createRateLimit({ callsPerSecond: 0.5 });
  const arrivals = await Promise.all([1, 2].map(() => limit(async () => performance.now())));
  const apart = (arrivals[1] ?? 0) - (arrivals[0] ?? 0);
  t.ok(apart >= 2_000 && apart < 3_000, `${apart} ms apart`);
});

t.test('in order of arrival; a look goes first', async (t) => {
  const limit = createRateLimit({ callsPerSecond: 1 });
  const order: string[] = [];
  const call = (name: string) => limit(async () => void order.push(name));
  const calls = [call('first'), call('second'), call('third'), look(() => call('look'))];
  await Promise.all(calls);
  t.same(order, ['first', 'look', 'second', 'third']);
});

t.test('who would wait too long is told so, and the others keep their places', async (t) => {
  const limit = createRateLimit({ callsPerSecond: 1, longestWaitMs: 1_500 });
  const started: number[] = [];
  const settled = await Promise.allSettled([0, 1, 2].map((index) => limit(async () => void started.push(index))));
  t.same(started, [0, 1]);
  t.match(settled[2], {
    reason: { name: 'RetryableError', code: 'calls_waiting', outcome: 'not-applied', remedy: /ODOO_CALLS_PER_SECOND/ },
  });
  await limit(async () => t.pass('a turn that nobody took is not lost'));
});

t.test('a call that takes long does not hold the others up', async (t) => {
  const limit = createRateLimit({ callsPerSecond: 1, arrivesWithinMs: 100 });
  const end = Promise.withResolvers<void>();
  const long = limit(() => end.promise);
  const next = limit(async () => 'meanwhile');
  t.equal(await next, 'meanwhile');
  end.resolve();
  await long;
  const before = performance.now();
  await limit(async () => {});
  await limit(async () => {});
  t.ok(performance.now() - before >= 1_000, 'and has one turn, not two');
});
