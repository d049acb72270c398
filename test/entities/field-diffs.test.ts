import t from 'tap';
import { diffRecords, joinDiffs } from '../../src/entities/field-diffs.ts';

t.test('only what differs is told; left out is empty', async (t) => {
  t.same(diffRecords({ name: 'A', phone: '1', city: null }, { name: 'A', phone: '2' }), {
    phone: { from: '1', to: '2' },
  });
  t.same(diffRecords({}, { name: 'A' }), { name: { from: null, to: 'A' } });
  t.same(diffRecords({ name: 'A' }, {}), { name: { from: 'A', to: null } });
});

t.test('two changes in a row are one, from the first value to the last', async (t) => {
  const first = { phone: { from: '1', to: '2' }, city: { from: null, to: 'Lyon' } };
  const second = { phone: { from: '2', to: '3' }, zip: { from: '1', to: null } };
  t.same(joinDiffs(first, second), {
    phone: { from: '1', to: '3' },
    city: { from: null, to: 'Lyon' },
    zip: { from: '1', to: null },
  });
  t.same(joinDiffs(first, { city: { from: 'Lyon', to: null } }), { phone: { from: '1', to: '2' } });
});
