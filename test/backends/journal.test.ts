import t from 'tap';
import { createJournal } from '../../src/backends/journal.ts';

const anna = { entity: 'guest', side: 'odoo', id: '7' } as const;

t.test('what is planned for one record again and again is one entry', async (t) => {
  const journal = createJournal();
  journal.note({ ...anna, action: 'create', fields: { name: { from: null, to: 'Anna' } }, later: ['state'] });
  journal.note({ ...anna, action: 'update', fields: { name: { from: 'Anna', to: 'Ann' } }, steps: ['post'] });
  journal.note({ ...anna, action: 'link', writes: false });
  journal.note({ ...anna, side: 'app', action: 'update', fields: { phone: { from: '1', to: '2' } } });
  journal.note({ ...anna, entity: 'tenant', action: 'delete' });
  t.same(journal.entries(), [
    {
      ...anna,
      action: 'create',
      writes: true,
      fields: { name: { from: null, to: 'Ann' } },
      steps: ['post'],
      later: ['state'],
    },
    { ...anna, action: 'link', writes: false, fields: {}, steps: [], later: [] },
    {
      ...anna,
      side: 'app',
      action: 'update',
      writes: true,
      fields: { phone: { from: '1', to: '2' } },
      steps: [],
      later: [],
    },
    { ...anna, entity: 'tenant', action: 'delete', writes: true, fields: {}, steps: [], later: [] },
  ]);
});

t.test('archiving and restoring have names of their own; what came back is no change', async (t) => {
  const journal = createJournal();
  const active = (to: boolean) => ({ active: { from: !to, to } });
  journal.note({ ...anna, id: '1', action: 'update', fields: active(false) });
  journal.note({ ...anna, id: '2', action: 'update', fields: active(true) });
  journal.note({ ...anna, id: '3', action: 'update', fields: active(false) });
  journal.note({ ...anna, id: '3', action: 'update', fields: active(true) });
  journal.note({ ...anna, id: '4', action: 'update', steps: ['mark as won'] });
  t.same(
    journal.entries().map(({ id, action }) => [id, action]),
    [
      ['1', 'archive'],
      ['2', 'restore'],
      ['4', 'update'],
    ],
  );
});
