import t from 'tap';
import { readOnly } from '../../../src/backends/odoo/read-only.ts';
import type { OdooCall, OdooTransport } from '../../../src/backends/odoo/transport.ts';

function open() {
  const sent: OdooCall[] = [];
  const transport: OdooTransport = {
    kind: 'json2',
    call: async (call) => sent.push(call),
    userId: async () => 2,
    close: async () => {},
  };
  return { sent, odoo: readOnly(transport, async () => 7) };
}

t.test('what reads passes; what writes is refused, whatever it is called', async (t) => {
  const { sent, odoo } = open();
  const model = 'res.partner';
  for (const method of ['search_read', 'read', 'fields_get', 'get_installed', 'has_access'])
    await odoo.call({ model, method });
  await odoo.call({ model: 'ir.actions.server', method: 'run', ids: [7] });
  t.equal(sent.length, 6);
  for (const method of ['write', 'create', 'load', 'unlink', 'web_save_multi', 'action_post', 'run', 'copy']) {
    await t.rejects(odoo.call({ model, method, ids: [7] }), /a plan must not call/, method);
  }
  const others: Partial<OdooCall>[] = [{ ids: [8] }, { ids: [] }, {}];
  for (const which of others) {
    await t.rejects(odoo.call({ model: 'ir.actions.server', method: 'run', ...which }), TypeError);
  }
  t.equal(sent.length, 6, 'nothing of it was sent');
  t.same([odoo.kind, await odoo.userId()], ['json2', 2]);
});

t.test('what is only planned is not asked for', async (t) => {
  const { sent, odoo } = open();
  const model = 'crm.lead';
  const domain = ['&', ['id', 'in', [3, -1, -2]], ['name', 'in', ['-1', '2']], ['stage_id', '=', -4]];
  await odoo.call({ model, method: 'search_read', args: { domain, limit: 1 } });
  t.same(sent[0]?.args, {
    domain: ['&', ['id', 'in', [3]], ['name', 'in', ['-1', '2']], ['stage_id', '=', -4]],
    limit: 1,
  });
  await odoo.call({ model, method: 'read', ids: [5, -1] });
  t.same(sent[1]?.ids, [5]);
  t.same(await odoo.call({ model, method: 'read', ids: [-1] }), []);
  await odoo.call({ model, method: 'has_access', ids: [], args: { operation: 'write' } });
  t.equal(sent.length, 3, 'a call without a record goes through');
});
