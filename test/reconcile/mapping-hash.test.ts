import t from 'tap';
import { guest } from '../../src/entities/guest.ts';
import { teacher } from '../../src/entities/teacher.ts';
import { mappingHash } from '../../src/reconcile/mapping-hash.ts';

t.test('another mapping has another name', async (t) => {
  t.equal(mappingHash(teacher), mappingHash(teacher));
  t.equal(mappingHash({ ...teacher }), mappingHash(teacher), 'not by identity');
  t.not(mappingHash(guest), mappingHash(teacher), 'other groups');
  t.not(mappingHash({ ...teacher, revision: teacher.revision + 1 }), mappingHash(teacher));
  const decode = () => ({ active: true });
  t.not(mappingHash({ ...teacher, app: { ...teacher.app, decode } }), mappingHash(teacher), 'other code');
});
