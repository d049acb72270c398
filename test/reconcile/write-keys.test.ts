import fc from 'fast-check';
import t from 'tap';
import { guest } from '../../src/entities/guest.ts';
import { teacher } from '../../src/entities/teacher.ts';
import type { ClaimedLink } from '../../src/links/links.ts';
import { createKey, externalName, readKey, updateKey } from '../../src/reconcile/write-keys.ts';

const link = (appId: string | null, odooId: number | null = null) =>
  ({ id: '7', appId, odooId, renewals: 0 }) as ClaimedLink;

t.test('a creation is named for ever, and its name tells whose it is', async (t) => {
  t.equal(createKey('main', teacher, link('42'), 'odoo'), 'bridge_main.teacher_42');
  t.equal(createKey('main', teacher, link(null, 9), 'app'), 'bridge:main:create:teacher:res.partner:9');
  t.match(externalName('teacher', 'a.b'), /^teacher-[A-Za-z0-9_-]+$/, 'what Odoo would refuse is encoded');
  t.match(createKey('main', teacher, link(null), 'odoo'), /teacher-$/, 'an app id that is not known names nobody');
  t.equal(readKey('main', teacher, 'bridge_main.teacher-'), null);
  t.equal(readKey('main', guest, 'bridge_main.teacher_42'), null, 'another entity');
  t.equal(readKey('test', teacher, 'bridge_main.teacher_42'), null, 'another bridge');
  t.equal(readKey('main', teacher, 'bridge_main.teachers42'), null);
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (one, two) => {
        const key = (id: string) => createKey('main', teacher, link(id), 'odoo');
        return readKey('main', teacher, key(one)) === one && (one === two || key(one) !== key(two));
      },
    ),
  );
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
  t.equal(readKey('main', teacher, 'bridge_main.r2_teacher_42'), '42');
  t.equal(readKey('main', teacher, 'bridge_main.r2_guest_42'), null);
});
