import t from 'tap';
import { teacher } from '../../src/entities/teacher.ts';
import type { ClaimedLink } from '../../src/links/links.ts';
import { createKey, updateKey } from '../../src/reconcile/write-keys.ts';

const link = (appId: string | null, odooId: number | null = null) =>
  ({ id: '7', appId, odooId, renewals: 0 }) as ClaimedLink;

t.test('a creation is named for ever', async (t) => {
  t.equal(createKey('main', teacher, link('42'), 'odoo'), 'bridge_main.teacher_42');
  t.equal(createKey('main', teacher, link(null, 9), 'app'), 'bridge:main:create:teacher:res.partner:9');
  t.equal(createKey('main', teacher, link(null), 'odoo'), 'bridge_main.teacher-', 'an unknown app id names nobody');
});

t.test('the same changes on the same version are the same attempt', async (t) => {
  const key = (stamp: string, name: string) => updateKey('main', link('1'), stamp, { name });
  t.equal(key('s', 'a'), key('s', 'a'));
  t.not(key('s', 'a'), key('s', 'b'));
  t.not(key('s', 'a'), key('t', 'a'));
});

t.test('what takes the place of a spent record has a name of its own, which tells the same record', async (t) => {
  const renewed = { ...link('42'), renewals: 2 };
  t.equal(createKey('main', teacher, renewed, 'odoo'), 'bridge_main.r2_teacher_42');
});
