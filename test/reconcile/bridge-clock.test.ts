import { test } from 'tap';
import { onBridgeClock, stampedAt } from '../../src/reconcile/bridge-clock.ts';

const DAY_MS = 86_400_000;
const now = Date.UTC(2026, 10, 25, 12);
const second = (from: number) => ({ modified: { from, to: from + 1_000 } });

test('a stamp is an interval of bridge time, as wide as its resolution and what is known of the clock', async (t) => {
  const fast = { offsetMs: 60_000, uncertaintyMs: 20 };
  t.same(onBridgeClock(second(now), fast), { from: now - 60_020, to: now - 58_980 });
  t.same(stampedAt(second(now), fast, now), onBridgeClock(second(now), fast));
});

test('a stamp that may be of this very moment is taken as it is', async (t) => {
  const clock = { offsetMs: 0, uncertaintyMs: 20 };
  t.same(stampedAt(second(now + 20), clock, now), { from: now, to: now + 1_040 });
});

test('a stamp of the future was given before the clock was set back: any time until now', async (t) => {
  const setBack = { offsetMs: -300_000, uncertaintyMs: 20 };
  t.same(stampedAt(second(now - 5_000), setBack, now), { from: now - DAY_MS, to: now });
});
