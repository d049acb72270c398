import { test } from 'tap';
import { asPast, onBridgeClock, readClocks } from '../../src/reconcile/bridge-clock.ts';

const DAY_MS = 86_400_000;
const now = Date.UTC(2026, 10, 25, 12);
const second = (from: number) => ({ modified: { from, to: from + 1_000 } });

test('a stamp is an interval of bridge time, as wide as its resolution and what is known of the clock', async (t) => {
  const fast = { offsetMs: 60_000, uncertaintyMs: 20 };
  t.same(onBridgeClock(second(now), fast), { from: now - 60_020, to: now - 58_980 });
});

test('both clocks are kept as they are, without what they were', async (t) => {
  const fast = { offsetMs: 60_000, uncertaintyMs: 20 };
  const clock = () => ({ ...fast, formerly: [{ offsetMs: 0, uncertaintyMs: 1, until: now }] });
  t.same(readClocks({ app: { clock }, odoo: { clock: () => fast } }), { app: fast, odoo: fast });
});

test('what is remembered of an edit', async (t) => {
  t.same(asPast({ from: now - 2_000, to: now - 1_000 }, now), { from: now - 2_000, to: now - 1_000 });
  t.same(asPast({ from: now, to: now + 1_040 }, now), { from: now, to: now + 1_040 }, 'it may be of this very moment');
  const setBack = onBridgeClock(second(now - 5_000), { offsetMs: -300_000, uncertaintyMs: 20 });
  t.same(asPast(setBack, now), { from: now - DAY_MS, to: now }, 'of the future: any time until now');
});
