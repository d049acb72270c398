import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { createNetwork } from './network.ts';
import { createProcess } from './process.ts';
import { createRandom } from './random.ts';
import { createScheduler, EPOCH, StepLimit } from './scheduler.ts';
import { createTrace } from './trace.ts';

function start(seed = 1) {
  const trace = createTrace(true);
  return { trace, scheduler: createScheduler(createRandom(seed), trace, 1_000) };
}

t.test('the same seed gives the same numbers, another seed or stream others', async (t) => {
  const draw = (seed: number, stream = 0) => {
    const random = createRandom(seed, stream);
    return Array.from({ length: 20 }, () => random.between(0, 1_000));
  };
  t.same(draw(7), draw(7));
  t.notSame(draw(7), draw(8));
  t.notSame(draw(7), draw(7, 1));
  t.ok(draw(7).every((number) => number >= 0 && number <= 1_000));
  t.throws(() => createRandom(1).pick([]), RangeError);
  t.throws(() => createRandom(1).weighted({ never: 0 }), RangeError);
});

t.test('time is virtual, and promises come to rest between two events', async (t) => {
  const { scheduler } = start();
  const seen: string[] = [];
  scheduler.after(3_600_000, () => seen.push('an hour later'));
  scheduler.after(10, () => {
    void (async () => {
      for (let hops = 0; hops < 50; hops += 1) await null;
      seen.push('fifty promises later');
    })();
  });
  scheduler.after(11, () => seen.push('the next event'));
  await scheduler.runUntil(EPOCH + 4_000_000);
  t.same(seen, ['fifty promises later', 'the next event', 'an hour later']);
  t.equal(scheduler.now(), EPOCH + 4_000_000);
});

t.test('events of one instant come in an order that only the seed decides', async (t) => {
  const orderOf = async (seed: number) => {
    const { scheduler, trace } = start(seed);
    for (const name of 'abcdefgh') scheduler.after(5, () => scheduler.note(name));
    await scheduler.runUntil(EPOCH + 10);
    return { lines: trace.lines().join(), hash: trace.hash() };
  };
  t.same(await orderOf(1), await orderOf(1));
  t.not((await orderOf(1)).hash, (await orderOf(2)).hash);
});

t.test('time stands still while something real is under way', async (t) => {
  const { scheduler } = start();
  const seen: string[] = [];
  scheduler.after(10, () => {
    const work = pause(50).then(() => {
      seen.push(`answer at ${scheduler.now() - EPOCH}`);
      scheduler.after(0, () => seen.push(`what follows at ${scheduler.now() - EPOCH}`));
    });
    scheduler.awaitReal(work);
    scheduler.awaitReal(work.then(() => Promise.reject(new Error('nobody is told'))));
  });
  scheduler.after(11, () => seen.push('the next event'));
  await scheduler.runUntil(EPOCH + 10);
  t.same(seen, ['answer at 10', 'what follows at 10']);
  await scheduler.runUntil(EPOCH + 20);
  t.equal(seen[2], 'the next event');
});

t.test('a run that does not end is stopped', async (t) => {
  const { scheduler } = start();
  const again = () => scheduler.after(1, again);
  again();
  await t.rejects(scheduler.runUntil(EPOCH + 1_000_000), StepLimit);
});

t.test('a dead process never goes on; one that stands still goes on later', async (t) => {
  const { scheduler } = start();
  const [mortal, slow] = [createProcess(scheduler, 'mortal'), createProcess(scheduler, 'slow')];
  let steps = 0;
  void (async () => {
    for (;;) {
      await mortal.sleep(10);
      steps += 1;
    }
  })();
  mortal.crashAfter(4);
  slow.stallAfter(1, 4_990);
  let wokeAt = 0;
  void slow.sleep(10).then(() => {
    wokeAt = scheduler.now() - EPOCH;
  });
  await scheduler.runUntil(EPOCH + 60_000);
  t.equal(steps, 3);
  t.equal(mortal.isAlive(), false);
  t.equal(wokeAt, 5_000);
});

t.test('each fault of a call leaves the server and the caller as it does in truth', async (t) => {
  const cases = [
    { fault: 'unreachable', executed: false, outcome: 'not-applied' },
    { fault: 'dropped', executed: false, outcome: 'unknown' },
    { fault: 'lost_answer', executed: true, outcome: 'unknown' },
    { fault: 'late', executed: true, outcome: 'unknown' },
    { fault: 'slow', executed: true, outcome: undefined },
  ] as const;
  for (const { fault, executed, outcome } of cases) {
    const { scheduler } = start();
    const network = createNetwork(scheduler);
    const process = createProcess(scheduler, 'bridge');
    network.arm('odoo', fault, 1, true);
    const seen = { reads: 0, writes: 0, error: null as unknown };
    const call = (writes: boolean, run: () => void) => network.call(process, { side: 'odoo', name: 'x', writes, run });
    void call(false, () => {
      seen.reads += 1;
    });
    void call(true, () => {
      seen.writes += 1;
    }).catch((error: unknown) => {
      seen.error = error;
    });
    await scheduler.runUntil(EPOCH + 200_000);
    t.match(seen, { reads: 1, writes: executed ? 1 : 0 }, fault);
    t.equal((seen.error as { outcome?: string } | null)?.outcome, outcome, fault);
  }
});
