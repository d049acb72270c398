import t from 'tap';
import { median, summarizeLatencies } from '../../../sandbox/bench/statistics.ts';

t.test('percentiles are values that were seen, whatever their order', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  t.same(summarizeLatencies(hundred), { p50_ms: 50, p95_ms: 95, p99_ms: 99, max_ms: 100 });
  t.same(summarizeLatencies([7.4]), { p50_ms: 7, p95_ms: 7, p99_ms: 7, max_ms: 7 });
  t.equal(median([9, 1, 5]), 5);
});
