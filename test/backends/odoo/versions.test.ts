import t from 'tap';
import { firstVersionWith, hasFeature } from '../../../src/backends/odoo/versions.ts';

t.test('a feature holds from its first version on', async (t) => {
  const majors = [14, 16, 17, 18, 19, 22];
  const has = (feature: Parameters<typeof hasFeature>[1]) =>
    majors.filter((major) => hasFeature({ major, full: `${major}.0` }, feature));
  t.same(has('bareRelations'), [16, 17, 18, 19, 22]);
  t.same(has('lineKinds'), [16, 17, 18, 19, 22]);
  t.same(has('refundMoves'), [17, 18, 19, 22]);
  t.same(has('webhooks'), [17, 18, 19, 22]);
  t.same(has('hasAccess'), [18, 19, 22]);
  t.same(has('postsAfterCommit'), [19, 22]);
  t.equal(firstVersionWith('json2'), 19);
});
