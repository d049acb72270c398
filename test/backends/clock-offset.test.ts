import fc from 'fast-check';
import t from 'tap';
import { createClockEstimate, UNMEASURED } from '../../src/backends/clock-offset.ts';

t.test('before the first reading nothing is known, and nothing proved', async (t) => {
  const clock = createClockEstimate();
  t.same(clock.current(), UNMEASURED);
  t.ok(UNMEASURED.uncertaintyMs > 3_600_000, 'any two edits of a day are a tie');
  t.equal(clock.isMeasured(), false);
  clock.observe({ from: 0, to: 0, sentAt: 0, receivedAt: 0 });
  t.equal(clock.isMeasured(), true);
});

t.test('one reading gives the middle of what it allows', async (t) => {
  const clock = createClockEstimate();
  clock.observe({ from: 61_000, to: 62_000, sentAt: 1_000, receivedAt: 1_200 });
  t.same(clock.current(), { offsetMs: 60_400, uncertaintyMs: 600 }, 'from 59,800 to 61,000 ahead');
});

t.test('the true offset is within the bounds, which only get narrower', async (t) => {
  const gap = fc.integer({ min: 0, max: 5_000 });
  const call = fc.record({ pause: gap, there: gap, back: gap });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.integer({ min: -300_000, max: 300_000 }),
        fc.array(call, { minLength: 1, maxLength: 60 }),
        (offset, calls) => {
          const clock = createClockEstimate();
          let now = 1_000_000_000;
          let before = Number.POSITIVE_INFINITY;
          for (const [index, { pause, there, back }] of calls.entries()) {
            const sentAt = now + pause;
            // The side tells its whole seconds only, as a `Date` header does.
            const from = Math.floor((sentAt + there + offset) / 1_000) * 1_000;
            now = sentAt + there + back;
            clock.observe({ from, to: from + 1_000, sentAt, receivedAt: now });
            const { offsetMs, uncertaintyMs } = clock.current();
            if (Math.abs(offsetMs - offset) > uncertaintyMs + 1) return false;
            // Beyond the readings that are kept, an old narrow one is forgotten.
            if (index < 32 && uncertaintyMs > before) return false;
            before = uncertaintyMs;
          }
          return true;
        },
      ),
    ),
  );
});

t.test('a clock that is set is followed at once', async (t) => {
  const clock = createClockEstimate();
  for (let at = 0; at < 10; at += 1) clock.observe({ from: at, to: at, sentAt: at, receivedAt: at + 10 });
  t.same(clock.current(), { offsetMs: -5, uncertaintyMs: 5 });
  clock.observe({ from: -300_000, to: -300_000, sentAt: 0, receivedAt: 20 });
  t.match(clock.current(), { offsetMs: -300_010, uncertaintyMs: 10 }, 'five minutes back');
  clock.observe({ from: 0, to: 0, sentAt: 24, receivedAt: 28 });
  t.match(clock.current(), { offsetMs: -26, uncertaintyMs: 2 }, 'and forward again');
  t.same(
    clock.current().formerly,
    [
      { offsetMs: -5, uncertaintyMs: 5, until: 20 },
      { offsetMs: -300_010, uncertaintyMs: 10, until: 28 },
    ],
    'what it showed before is remembered, with the time at which that was over',
  );
});

t.test('a clock that drifts is followed, for old readings are forgotten', async (t) => {
  const clock = createClockEstimate();
  clock.observe({ from: 0, to: 0, sentAt: 0, receivedAt: 0 });
  for (let at = 1; at <= 31; at += 1) clock.observe({ from: -100, to: 100, sentAt: 0, receivedAt: 0 });
  t.same(clock.current(), { offsetMs: 0, uncertaintyMs: 0 }, 'the narrow one counts as long as it is kept');
  clock.observe({ from: -100, to: 100, sentAt: 0, receivedAt: 0 });
  t.same(clock.current(), { offsetMs: 0, uncertaintyMs: 100 });
});

t.test("the bridge's own clock may jump back during a call", async (t) => {
  const clock = createClockEstimate();
  clock.observe({ from: 5_000, to: 5_000, sentAt: 1_000, receivedAt: 400 });
  t.same(clock.current(), { offsetMs: 4_300, uncertaintyMs: 300 }, 'uncertain, never less than certain');
});
