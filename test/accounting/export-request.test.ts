import t from 'tap';
import { exportRequest } from '../../src/accounting/export-request.ts';

const GOOD = { from: '2026-01-01', to: '2026-12-31', format: 'fec' };

t.test('what an export needs to know', async (t) => {
  t.same(exportRequest.parse(GOOD), { ...GOOD, all_entries: false });
  t.same(exportRequest.parse({ ...GOOD, to: GOOD.from, all_entries: true }).all_entries, true);
  const wrong: readonly (readonly [string, object])[] = [
    ['from', { ...GOOD, from: '2026-02-29' }],
    ['from', { ...GOOD, from: '20260101' }],
    ['to', { ...GOOD, to: 'today' }],
    ['to', { ...GOOD, to: '2025-12-31' }],
    ['format', { ...GOOD, format: 'xml' }],
    ['all_entries', { ...GOOD, all_entries: 'yes' }],
    ['to', { from: GOOD.from, format: 'csv' }],
  ];
  for (const [field, given] of wrong) {
    t.equal(exportRequest.safeParse(given).error?.issues[0]?.path[0], field, JSON.stringify(given));
  }
  t.notOk(exportRequest.safeParse({ ...GOOD, other: 1 }).success);
  t.notOk(exportRequest.safeParse(undefined).success);
});
