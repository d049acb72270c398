import t from 'tap';
import { backoffMs, lookAgainMs } from '../../src/reconcile/backoff.ts';

t.test('each try waits for twice as long, at most five minutes', async (t) => {
  t.same([backoffMs(0, 0), backoffMs(0, 1)], [500, 1_000]);
  t.same([backoffMs(3, 0), backoffMs(3, 1)], [4_000, 8_000]);
  t.same([backoffMs(1_000, 0), backoffMs(1_000, 1)], [150_000, 300_000]);
});

t.test('what the other side asked for is kept', async (t) => {
  t.equal(backoffMs(0, 0, 7_000), 7_000);
  t.equal(backoffMs(5, 0, 7_000), 16_000, 'who waits longer anyway does');
});

t.test('a look waits for half as long as it took so far', async (t) => {
  t.equal(lookAgainMs(0), 250);
  t.equal(lookAgainMs(-5_000), 250, 'the clock of the store is ahead');
  t.equal(lookAgainMs(3_000), 1_500);
  t.equal(lookAgainMs(3_600_000), 5_000, 'it is looked for all the same');
  let [waited, looks] = [0, 0];
  for (; waited < 90_000; looks += 1) waited += lookAgainMs(waited);
  t.ok(looks < 30, `${looks} looks within the lease of a worker that died`);
});
