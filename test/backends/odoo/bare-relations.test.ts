import t from 'tap';
import { withBareRelations } from '../../../src/backends/odoo/bare-relations.ts';
import type { OdooCall, OdooTransport } from '../../../src/backends/odoo/transport.ts';

const pairs = [{ id: 7, parent_id: [3, 'School'], category_id: [1, 2], name: 'Ada', country_id: false }];
const search = { model: 'res.partner', method: 'search_read' };
const bare = { ...search, args: { domain: [], fields: ['name'], load: '' } };

/** Keeps what it is asked, and always gives the same answer. */
function witness(answer: unknown) {
  const asked: OdooCall[] = [];
  const transport: OdooTransport = {
    kind: 'xmlrpc',
    userId: async () => 2,
    close: async () => {},
    async call(call) {
      asked.push(call);
      return answer;
    },
  };
  return { asked, transport };
}

t.test('where search_read has no `load`, its pairs are made bare ids', async (t) => {
  const { asked, transport } = witness(pairs);
  const odoo = withBareRelations(transport, { major: 14, full: '14.0' });
  t.same(await odoo.call({ ...bare, context: { active_test: false } }), [
    { id: 7, parent_id: 3, category_id: [1, 2], name: 'Ada', country_id: false },
  ]);
  t.same(asked, [{ ...search, args: { domain: [], fields: ['name'] }, context: { active_test: false } }]);
  t.equal(await odoo.userId(), 2);
});

t.test('all else passes as it is', async (t) => {
  const { asked, transport } = witness(pairs);
  const odoo = withBareRelations(transport, { major: 14, full: '14.0' });
  const calls = [search, { ...search, args: { domain: [] } }, { ...bare, method: 'read' }];
  for (const call of calls) t.equal(await odoo.call(call), pairs);
  t.same(asked, calls);
  t.equal(await withBareRelations(witness(null).transport, { major: 14, full: '14.0' }).call(bare), null);
  const odd = witness([null, 5]).transport;
  t.same(await withBareRelations(odd, { major: 14, full: '14.0' }).call(bare), [null, 5], 'whatever it may be');
  t.equal(withBareRelations(transport, { major: 15, full: '15.0' }), transport, 'and newer versions are left alone');
});
