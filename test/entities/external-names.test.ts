import fc from 'fast-check';
import t from 'tap';
import { externalKey, externalName, readExternalKey } from '../../src/entities/external-names.ts';

t.test('an external id tells whose it is', async (t) => {
  t.equal(externalKey('main', 'teacher', '42'), 'bridge_main.teacher_42');
  t.match(externalName('teacher', 'a.b'), /^teacher-[A-Za-z0-9_-]+$/, 'what Odoo would refuse is encoded');
  t.match(externalKey('main', 'teacher', ''), /teacher-$/, 'an app id that is not known names nobody');
  t.equal(readExternalKey('main', 'teacher', 'bridge_main.teacher-'), null);
  t.equal(readExternalKey('main', 'guest', 'bridge_main.teacher_42'), null, 'another entity');
  t.equal(readExternalKey('test', 'teacher', 'bridge_main.teacher_42'), null, 'another bridge');
  t.equal(readExternalKey('main', 'teacher', 'bridge_main.teachers42'), null);
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      (one, two) => {
        const key = (id: string) => externalKey('main', 'teacher', id);
        return readExternalKey('main', 'teacher', key(one)) === one && (one === two || key(one) !== key(two));
      },
    ),
  );
});

t.test('what takes the place of a spent record has a name of its own, which tells the same record', async (t) => {
  t.equal(externalKey('main', 'invoice', '42', 2), 'bridge_main.r2_invoice_42');
  t.equal(readExternalKey('main', 'invoice', 'bridge_main.r2_invoice_42'), '42');
  t.equal(readExternalKey('main', 'invoice', 'bridge_main.r2_guest_42'), null);
});
